"""Photos whose work is done give way where room is needed; those that wait, and dead letters', never do."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from core import blobs as blobs_module
from core.blobs import Blobs
from core.connection import Full
from core.keys import BLOB_DEAD_S, WORKERS, Keys
from core.messages import ByPhoto, Search
from core.streams import GroupConsumer, Streams
from tests.redis_server import RedisServer

KEYS = Keys()
MIB = 1024 * 1024
QUARTER = b"x" * (MIB // 4)


@pytest.fixture
def chosen_server(own_server: RedisServer) -> RedisServer:
    return own_server


def key(name: str) -> str:
    return KEYS.blob(name, 0)


async def _refused(put: Coroutine[Any, Any, None]) -> bool:
    try:
        await put
    except Full:
        return True
    return False


async def there(redis: Any) -> set[str]:
    return {stored.decode().split(":")[-2] for stored in await redis.keys(f"{KEYS.prefix}blob:*")}


async def test_the_oldest_of_those_that_are_done_give_way_to_new_ones(redis: Any) -> None:
    blobs = Blobs(redis, KEYS, budget_mb=1)
    for name in "abcd":
        await blobs.put(key(name), QUARTER)
    await blobs.release([key("b")])
    await blobs.release([key("c")])
    await blobs.put(key("e"), QUARTER)
    assert await there(redis) == {"a", "c", "d", "e"}
    assert await redis.get(KEYS.blob_bytes) == str(MIB).encode()


async def test_those_that_wait_never_give_way(redis: Any) -> None:
    blobs = Blobs(redis, KEYS, budget_mb=1)
    for name in "abcd":
        await blobs.put(key(name), QUARTER)
    assert not await blobs.has_room()
    with pytest.raises(Full):
        await blobs.put(key("e"), QUARTER)
    assert await there(redis) == {"a", "b", "c", "d"}


async def test_there_is_room_as_soon_as_work_is_done(redis: Any) -> None:
    blobs = Blobs(redis, KEYS, budget_mb=1)
    for name in "abcd":
        await blobs.put(key(name), QUARTER)
    await blobs.release([key("a")])
    assert await blobs.has_room()
    await blobs.put(key("e"), QUARTER)


async def test_photos_of_dead_letters_stay_to_their_last_day(redis: Any) -> None:
    streams, blobs = Streams(redis, KEYS), Blobs(redis, KEYS, budget_mb=1)
    await streams.prepare()
    for name in "abcd":
        await blobs.put(key(name), QUARTER)
    await streams.append_search(Search("a", "api:1", ByPhoto((key("a"),)), at=1, deadline=2**50, photos=1))
    consumer = GroupConsumer(streams, streams_by_turn=[KEYS.searches("web")], group=WORKERS, name="w")
    (entry,) = await consumer.read(1, 0)
    assert await streams.bury(entry, "it would not be searched")
    (member,) = [one for one in await redis.zrange(KEYS.blobs, 0, -1) if one.endswith(b":a:0")]
    await redis.zincrby(KEYS.blobs, -(BLOB_DEAD_S - 3600) * 1000, member)  # six days and 23 hours later
    assert not await blobs.has_room()
    assert await there(redis) == {"a", "b", "c", "d"}


async def test_a_redis_that_fills_up_is_given_room_by_those_that_are_done(
    redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs_module, "_MEMORY_EVERY_S", 0)
    blobs = Blobs(redis, KEYS)
    names = [f"p{number}" for number in range(40)]
    for name in names:
        await blobs.put(key(name), QUARTER)
    used = (await redis.info("memory"))["used_memory"]
    await redis.config_set("maxmemory", int(used / 0.8))
    assert not await blobs.has_room()
    with pytest.raises(Full):
        await blobs.put(key("new"), QUARTER)
    await blobs.release([key(name) for name in names[:20]])
    await redis.config_set("maxmemory", int(used / 0.8))
    assert await blobs.has_room()
    await blobs.put(key("new"), QUARTER)
    left = await there(redis)
    assert {"new", *names[20:]} <= left
    assert 0 < len(left & set(names[:20])) < 20


async def test_at_the_memory_limit_itself_room_is_made_too(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs_module, "_MEMORY_EVERY_S", 0)
    blobs = Blobs(redis, KEYS)
    for number in range(8):
        await blobs.put(key(f"p{number}"), QUARTER)
    await blobs.release([key(f"p{number}") for number in range(8)])
    await redis.config_set("maxmemory", 1)
    assert not await blobs.has_room()
    assert await there(redis) == set()
    assert await redis.get(KEYS.blob_bytes) == b"0"


async def test_a_rush_between_two_looks_does_not_reach_the_limit(redis: Any) -> None:
    used = (await redis.info("memory"))["used_memory"]
    limit = used + 20 * MIB
    await redis.config_set("maxmemory", limit)
    blobs = Blobs(redis, KEYS)
    refused = [await _refused(blobs.put(key(f"p{number}"), QUARTER)) for number in range(100)]
    assert sum(refused) > 30
    assert 0.6 < (await redis.info("memory"))["used_memory"] / limit < 0.8
