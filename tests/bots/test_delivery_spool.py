"""What the spool holds comes into Redis, whatever one of its records is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bots.delivery import Delivery
from core.connection import client
from core.keys import Keys
from core.messages import Text, Update, encode
from core.spool import Spool
from core.streams import Streams
from tests.redis_server import RedisServer

NEWER = b'{"kind": "update", "content": {"kind": "hologram"}}'


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    connected = client(redis_server.url)
    await connected.flushall()
    yield connected
    await connected.aclose()


def text(number: int) -> bytes:
    return encode(Update("viber", str(number), "viber:1", "viber:1", Text("hi"), at=1))


@pytest.mark.parametrize("unreadable", [NEWER, b"\xff\x00", b""], ids=["a newer version's", "no text", "nothing"])
async def test_a_record_that_cannot_be_read_is_buried_and_the_others_are_taken(
    redis: Redis, tmp_path: Path, unreadable: bytes
) -> None:
    streams, spool = Streams(redis, Keys()), Spool(tmp_path)
    await streams.prepare()
    for record in (text(1), unreadable, text(2)):
        spool.append(record)
    taking, stop = Delivery(streams, spool), asyncio.Event()
    running = asyncio.create_task(taking.run(stop))
    async with asyncio.timeout(20):
        await taking.drained()
    stop.set()
    await running
    depths = await streams.depths()
    assert (depths["inbox"], depths["dead"]) == (2, 1)
    [(_, dead)] = await streams.redis.xrange(streams.keys.dead)
    assert (dead[b"stream"], dead[b"reason"]) == (b"spool", b"unreadable")
    assert spool.is_empty()
    spool.close()
