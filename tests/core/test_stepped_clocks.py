"""A machine's clock that steps, or differs from another's, holds nobody's photo up: Redis's own clock counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from core.keys import CONVERSATION, SENDERS, Keys, partition_of
from core.leases import acquire_lease
from core.messages import Album, Photo, Update, decode_update
from core.presence import Presence, announce, present
from core.streams import Entry, Promoter, Streams
from core.streams.reading import read_new

CHAT = "telegram:7"
HOUR_S = 3600.0
Step = Callable[[float], None]


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    """Our clock is so much ahead from now on."""
    real = time.time

    def to(ahead_s: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + ahead_s)

    return to


async def test_a_process_that_died_while_its_clock_was_ahead_is_not_counted_on_for_an_hour(
    redis: Redis, keys: Keys, step: Step
) -> None:
    step(HOUR_S)
    await announce(redis, keys, SENDERS, Presence("dead"))
    step(0)
    assert [one.name for one in await present(redis, keys, SENDERS)] == ["dead"]
    shown = await redis.hget(keys.alive(SENDERS), "dead")
    seconds, _ = await redis.time()
    assert f'"at":{seconds // 100}' in str(shown).replace(" ", ""), "since Redis's now"


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S])
async def test_whose_clock_steps_forgets_nobody_who_is_at_work(
    redis: Redis, keys: Keys, step: Step, ahead_s: float
) -> None:
    await announce(redis, keys, SENDERS, Presence("other"))
    step(ahead_s)
    await announce(redis, keys, SENDERS, Presence("me"))
    assert {one.name for one in await present(redis, keys, SENDERS)} == {"other", "me"}


async def test_an_album_is_answered_though_the_clock_of_the_bots_is_behind(streams: Streams, step: Step) -> None:
    step(-HOUR_S)
    stream = streams.keys.inbox(partition_of(CHAT))
    lease = await acquire_lease(streams.redis, streams.keys.lease(stream))
    assert lease is not None
    update = Update("telegram", "1:1", CHAT, CHAT, Photo("m1", album="A"), at=1_000)
    await streams.claim_and_append(update)
    assert await streams.album_join(await _one(streams, stream), update, lease)
    stop = asyncio.Event()
    promoting = asyncio.create_task(Promoter(streams).run(stop))
    async with asyncio.timeout(10):
        while not await streams.redis.xlen(stream):  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.02)
    stop.set()
    await promoting
    assert isinstance(decode_update((await _one(streams, stream)).data).content, Album)


async def test_a_question_from_when_the_clock_was_ahead_holds_up_no_later_answer(streams: Streams) -> None:
    an_hour_hence = (time.time() + HOUR_S) * 1000
    await streams.redis.zadd(streams.keys.turns(CHAT), {"from-then": an_hour_hence, "now": an_hour_hence + 1})
    assert not await streams.earlier_turns(CHAT, "now")


async def _one(streams: Streams, stream: str) -> Entry:
    [entry] = await read_new(streams, CONVERSATION, "me", [stream], count=1, block_ms=None)
    return entry
