"""A stand-in for Twilio, a public site with the shop's pictures, and our channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bots.whatsapp.channel import WhatsAppChannel
from core.keys import Keys
from core.picturestore import PictureWriter, path_of
from core.settings import Settings
from tests.standins.telegram_checks import jpeg
from tests.standins.twilio import TwilioServer


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioServer]:
    async with TwilioServer() as server:
        yield server


@pytest.fixture
async def settings(twilio: TwilioServer, tmp_path: Path) -> AsyncIterator[Settings]:
    made = Settings(data_dir=tmp_path, **twilio.settings(), _env_file=None)

    async def picture(request: web.Request) -> web.FileResponse:
        return web.FileResponse(path_of(made.pictures_dir, request.match_info["digest"]))

    app = web.Application()
    app.router.add_get("/pictures/{digest}.jpg", picture)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    twilio.service, twilio.statuses.silent = f"http://{host}:{port}", True
    yield made
    await runner.cleanup()


@pytest.fixture
async def channel(settings: Settings, redis: Redis, keys: Keys) -> AsyncIterator[WhatsAppChannel]:
    made = WhatsAppChannel(settings, redis, keys)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def pictures(settings: Settings) -> list[str]:
    """Digests of ten product pictures."""
    with PictureWriter(settings.pictures_dir) as writer:
        return [writer.put(jpeg(200 + n, 200, (20 * n, 90, 40))) for n in range(10)]
