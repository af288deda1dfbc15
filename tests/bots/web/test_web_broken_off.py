"""A connection that ends in the middle of a request is the network's everyday, and nothing in our log."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bots.channel import Channels
from bots.server import build_app
from bots.service import build_services
from bots.services import Services
from bots.web.security import COOKIE
from core.settings import Settings
from core.spool import Spool
from tests.standins.channel import FakeChannel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FORM = (
    'multipart/form-data; boundary=half\r\n\r\n--half\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"'
)


@pytest.fixture
async def services(redis: Redis, tmp_path: Path) -> Services:
    settings = Settings(data_dir=tmp_path, redis_url="redis://set-by-the-test")
    services = build_services(settings, redis, Spool(tmp_path / "spool"))
    await services.streams.prepare()
    channels = Channels({"telegram": FakeChannel("telegram")} | dict(services.channels.by_name))
    return dataclasses.replace(services, channels=channels)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/chat/messages", FORM),
        ("/chat/messages", "application/x-www-form-urlencoded\r\n\r\ntext=sho"),
        ("/api/search", FORM),
        ("/telegram/webhook", 'application/json\r\n\r\n{"update_id"'),
    ],
)
async def test_a_request_that_breaks_off_is_refused_and_leaves_no_traceback(
    services: Services, caplog: pytest.LogCaptureFixture, path: str, content: str
) -> None:
    reading, ended = asyncio.Event(), asyncio.get_running_loop().create_future()

    @web.middleware
    async def watching(request: web.Request, handler: Handler) -> web.StreamResponse:
        reading.set()
        try:
            response = await handler(request)
        except BaseException as error:
            ended.set_result(type(error))
            raise
        ended.set_result(response.status)
        return response

    app = build_app(services)
    app.middlewares.insert(0, watching)
    runner = web.AppRunner(app, access_log=None)  # as the service has it: aiohttp's own TestServer cancels handlers
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nCookie: {COOKIE}=someone\r\n"
        writer.write(f"{head}Content-Length: 5000\r\nContent-Type: {content}".encode())
        await reading.wait()
        writer.transport.abort()
        assert await ended == 400
    finally:
        await runner.cleanup()
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []
