"""A Redis that hangs: a webhook is answered in time all the same, and what it took is accepted once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from bots import delivery, server
from bots.channel import Channels, Received
from bots.delivery import Delivery
from bots.services import Services
from core.blobs import Blobs
from core.connection import client
from core.keys import Keys
from core.messages import Text, Update
from core.settings import Settings
from core.spool import Spool
from core.streams import Streams
from tests.redis_server import RedisServer, oldest_binary, valkey_binary
from tests.standins.channel import FakeChannel


class Hook(FakeChannel):
    """Three updates to a webhook, or a body that nobody can read."""

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        if body == b"unreadable":
            return Received(dead=body)
        return Received(
            tuple(Update("viber", f"{body.decode()}:{n}", "viber:1", "viber:1", Text("hi"), 1) for n in "abc")
        )


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    monkeypatch.setattr(delivery, "TAKE_S", 0.5)
    monkeypatch.setattr(delivery, "REPLAY_EVERY_S", 0.05)
    monkeypatch.setattr(server, "READY_S", 0.5)
    binary = valkey_binary() or oldest_binary()
    assert binary is not None
    running = RedisServer(binary)
    yield running
    running.thaw()
    running.close()


@pytest.fixture
async def redis(frozen: RedisServer) -> AsyncIterator[Redis]:
    connected = client(frozen.url)
    yield connected
    await connected.aclose()


async def test_a_webhook_is_answered_in_time_while_redis_hangs(
    redis: Redis, frozen: RedisServer, tmp_path: Path
) -> None:
    keys, settings = Keys(), Settings(data_dir=tmp_path, _env_file=None)
    streams, spool = Streams(redis, keys), Spool(tmp_path / "spool")
    await streams.prepare()
    taking = Delivery(streams, spool)
    services = Services(settings, redis, keys, streams, Blobs(redis, keys), Channels({"viber": Hook("viber")}), taking)
    stop = asyncio.Event()
    async with TestClient(TestServer(server.build_app(services))) as provider:
        frozen.freeze()
        async with asyncio.timeout(4):
            for body in ("1", "1", "2", "unreadable"):
                assert (await provider.post("/viber/webhook", data=body)).status == 200
            assert (await provider.get("/readyz")).status == 503
        assert not spool.is_empty()
        replaying = asyncio.create_task(taking.run(stop))
        frozen.thaw()
        await taking.drained()
        stop.set()
        await replaying
    assert (await streams.depths())["inbox"] == 6
    spool.close()
