"""What a dead process had in hand goes to others at once, where somebody saw it end."""

from __future__ import annotations

import pytest

from core.keys import CONVERSATION, SENDERS, WORKERS
from core.leases import acquire_lease
from core.messages import ByWords, Lane, Search
from core.presence import WORKER, Presence, announce, present, process_name
from core.streams import GroupConsumer, Streams
from core.streams.former import let_go

DEAD, ALIVE = "host-41", "host-410"


def search(number: int) -> Search:
    return Search(f"job{number}", "web:a", ByWords("boots"), 1, 2**53)


def worker(streams: Streams, name: str) -> GroupConsumer:
    lanes = [streams.keys.searches(lane) for lane in Lane.ALL]
    return GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name=name)


async def test_a_dead_workers_searches_are_taken_by_another_without_a_wait(streams: Streams) -> None:
    for number in range(3):
        await streams.append_search(search(number))
    assert len(await worker(streams, f"{DEAD}-ab").read(2, 0)) == 2
    assert len(await worker(streams, f"{ALIVE}-ab").read(2, 0)) == 1
    assert await let_go(streams, DEAD) == 2
    other = worker(streams, "host-9-ab")
    taken = [(await other.read(2, 0))[0] for _ in range(2)]
    assert [entry.job for entry in taken] == ["job0", "job1"]
    assert all(entry.deliveries > 1 for entry in taken), "it may be what killed them: each is tried alone"
    assert await other.read(2, 0) == [], "what a living worker has is left to it"


async def test_a_dead_process_is_counted_on_no_longer_and_its_leases_are_free(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis, keys = streams.redis, streams.keys
    held = {DEAD: keys.lease(keys.inbox(3)), ALIVE: keys.lease(keys.replies(4))}
    for process, key in held.items():
        monkeypatch.setattr("core.leases.process_name", lambda name=process: name)
        assert await acquire_lease(redis, key)
        for kind in (CONVERSATION, SENDERS, WORKER):
            await announce(redis, keys, kind, Presence(f"{process}-ab"))
    await let_go(streams, DEAD)
    assert not await redis.exists(held[DEAD])
    assert await redis.exists(held[ALIVE])
    for kind in (CONVERSATION, SENDERS, WORKER):
        assert [one.name for one in await present(redis, keys, kind)] == [f"{ALIVE}-ab"]


async def test_a_process_that_left_nothing_is_let_go_too(streams: Streams) -> None:
    assert await let_go(streams, process_name(1)) == 0
