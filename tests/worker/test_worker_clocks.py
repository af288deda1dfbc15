"""Two machines whose clocks differ answer each other's searches: how long one has waited goes by Redis's clock."""

from __future__ import annotations

import time

import pytest

from core.keys import WORKERS
from core.redisclock import RedisClock
from core.settings import Settings
from core.streams import Entry, GroupConsumer
from tests.standins.shop import Counter, GatedEmbedder, photo_of, working

HOUR_MS = 3_600_000


@pytest.mark.parametrize("behind_ms", [61_000, HOUR_MS, -61_000, -HOUR_MS])
async def test_a_search_is_answered_though_the_clock_of_the_bots_differs(
    settings: Settings, counter: Counter, embedder: GatedEmbedder, behind_ms: int
) -> None:
    at = int(time.time() * 1000) - behind_ms
    async with working(settings, embedder):
        reply = await counter.answer(photo_of(0), at=at, deadline=at + 60_000)
    assert reply.outcome == "hits"
    assert reply.timings["queued"] < 60_000


async def test_with_the_clock_of_the_bots_ahead_a_search_is_still_given_up_in_time(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    at = int(time.time() * 1000) + HOUR_MS
    search = await counter.ask(photo_of(0), at=at, deadline=at + 1)
    seconds, micros = await counter.redis.time()
    while (await counter.redis.time()) < (seconds, micros + 5_000):
        pass
    async with working(settings, embedder):
        reply = await counter.reply(search)
    assert reply.outcome == "failed"
    assert embedder.calls == []


async def test_a_workers_clock_that_steps_drops_no_search(
    settings: Settings, counter: Counter, embedder: GatedEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    async with working(settings, embedder):
        assert (await counter.answer(photo_of(0))).outcome == "hits"
        for ahead_s in (3_600, -3_600):
            monkeypatch.setattr(time, "time", lambda ahead_s=ahead_s: real() + ahead_s)
            at = int(real() * 1000)
            reply = await counter.answer(photo_of(1), at=at, deadline=at + 60_000)
            assert reply.outcome == "hits"
    monkeypatch.undo()


async def test_being_tried_again_gives_a_search_no_more_time(counter: Counter) -> None:
    search = await counter.ask(photo_of(0))
    lanes = [counter.keys.searches(search.lane)]
    consumer = GroupConsumer(counter.streams, streams_by_turn=lanes, group=WORKERS, name="me")
    await counter.streams.prepare()
    [entry] = await consumer.read(1, 1000)
    assert entry.since_ms == int(entry.id.split("-")[0])
    await counter.streams.retry(entry, "it failed", after_ms=5)
    again: tuple[Entry, ...] = ()
    while not again:
        await counter.streams.scripts.run("promote", [counter.keys.later], [10])
        again = tuple(await consumer.read(1, 100))
    assert again[0].id != entry.id
    assert again[0].since_ms == entry.since_ms
    await consumer.close()


async def test_redis_time_is_known_without_asking_each_time(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = RedisClock(counter.redis)
    assert not clock.known
    await clock.look()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    seconds, micros = await counter.redis.time()
    assert abs(clock.now_ms() - (seconds * 1000 + micros // 1000)) < 1_000
