"""Redis goes while an answer is being sent: who sent it remembers, so that nothing is sent twice."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots.channel import Channels, Outcome, Part, Sent, Unknown
from core.connection import client
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams
from tests.bots.sending import House, PartedChannel
from tests.redis_server import RedisServer, oldest_binary, valkey_binary


class _CostsRedis(PartedChannel):
    """Redis dies while a part is on its way, and is there again a moment later."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__()
        self._server, self.restarted = server, asyncio.Event()

    async def send(self, part: Part) -> Outcome:
        outcome = await super().send(part)
        self._server.kill()
        asyncio.get_running_loop().call_later(0.5, self._restart)
        return outcome

    def _restart(self) -> None:
        self._server.start()
        self.restarted.set()


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    """One of its own: it is killed."""
    binary = valkey_binary() or oldest_binary()
    assert binary is not None
    running = RedisServer(binary)
    yield running
    running.close()


@pytest.mark.parametrize(
    ("outcome", "tally"),
    [
        (Sent(("fake-1",)), {"answered": 1}),
        (Unknown("no answer came"), {"unknown": 1}),
    ],
)
async def test_a_part_that_was_sent_just_before_redis_went_is_not_sent_again(
    tmp_path: Path, server: RedisServer, outcome: Outcome, tally: dict[str, int]
) -> None:
    redis = client(server.url)
    streams = Streams(redis, Keys())
    await streams.prepare()
    house = House(redis, streams, Settings(data_dir=tmp_path, _env_file=None))
    channel = house.channel = _CostsRedis(server)
    channel.plan[("fake:1", 0)] = [outcome]
    house.services = dataclasses.replace(house.services, channels=Channels({"fake": channel}))
    async with house.at_work():
        await house.answer("job1", "a")
        await channel.restarted.wait()
        assert await house.settled() == tally, "repeated 0"
    assert channel.tried == [("fake:1", "job1", 0)]
    await redis.aclose()
