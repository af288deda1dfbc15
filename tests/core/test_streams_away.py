"""What the streams keep when Redis goes away, comes back, loses an answer or is full."""

from __future__ import annotations

import asyncio
import time

import pytest
from redis.asyncio import Redis

from core.blobs import Blobs
from core.connection import Full
from core.keys import BLOB_AFTER_S, CONVERSATION, WORKERS, Keys, partition_of
from core.leases import Lease, acquire_lease
from core.limits import Bucket, acquire
from core.marks import keep, pass_on
from core.messages import ByPhoto, Notice, Search, Text, Update, job_id
from core.presence import Presence, announce, present
from core.streams import AdminQueue, Entry, GroupConsumer, PartitionConsumer, PartState, Promoter, Streams, partitions
from core.streams.reading import read_new
from tests.redis_server import RedisServer

CHAT = "telegram:7"


def text(number: int, chat: str = CHAT) -> Update:
    return Update("telegram", f"1:{number}", chat, chat, Text(f"t{number}"), at=1_000)


def search(job: str) -> Search:
    return Search(job, CHAT, ByPhoto((f"{{snapshelf}}:blob:{job}:0",)), at=1, deadline=2**50, photos=1)


@pytest.fixture
def chosen_server(own_server: RedisServer) -> RedisServer:
    return own_server


@pytest.fixture
async def streams(redis: Redis) -> Streams:
    prepared = Streams(redis, Keys())
    await prepared.prepare()
    return prepared


class Seen:
    """A handler that advances and notes; `until` waits for so many."""

    def __init__(self, streams: Streams) -> None:
        self.jobs: list[str] = []
        self._streams, self._changed = streams, asyncio.Condition()

    async def __call__(self, entry: Entry, lease: Lease) -> None:
        if await self._streams.advance(entry, lease=lease):
            async with self._changed:
                self.jobs.append(entry.job)
                self._changed.notify_all()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.jobs) >= count)


def jobs(*numbers: int) -> list[str]:
    return [job_id("telegram", f"1:{number}") for number in numbers]


async def test_a_full_redis_still_lets_accepted_work_start_go_on_and_end(streams: Streams) -> None:
    redis, keys = streams.redis, streams.keys
    await streams.claim_and_append(text(1))
    await redis.delete(keys.inbox(0))
    await redis.config_set("maxmemory", 1)
    await streams.prepare()
    with pytest.raises(Full):
        await streams.claim_and_append(text(2))
    seen, stop = Seen(streams), asyncio.Event()
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="a", handle=seen)
    running = asyncio.create_task(consumer.run(stop))
    await seen.until(1)
    assert await acquire_lease(redis, keys.singleton("polling")) is not None
    assert await acquire(redis, keys, [Bucket("chat", 1, 1)]) == 0
    assert await streams.take_part("job", 0) is PartState.FRESH
    await streams.mark_part("job", 0, PartState.SENT, "p1")
    assert await streams.take_part("job", 0) is PartState.SENT
    stop.set()
    await running


async def test_a_full_redis_takes_what_accepted_work_still_writes(streams: Streams) -> None:
    redis, keys = streams.redis, streams.keys
    blobs, blob = Blobs(redis, keys), keys.blob("a", 0)
    await blobs.put(blob, b"x" * 1000)
    await redis.config_set("maxmemory", 1)
    await announce(redis, keys, "worker", Presence("w", "generation"))
    assert [one.name for one in await present(redis, keys, "worker")] == ["w"]
    await blobs.release([blob])
    assert 0 < await redis.ttl(blob) <= BLOB_AFTER_S
    assert await redis.zscore(keys.blobs, f"1000:{blob}") < (time.time() + BLOB_AFTER_S + 1) * 1000 + 1
    await blobs.erase([blob])
    assert await blobs.get(blob) is None
    await keep(redis, ("mark", "1", 60), ("another", "2", 60))
    assert [await redis.get(key) for key in ("mark", "another")] == [b"1", b"2"]
    await pass_on(redis, keys.web("s"), "answer", into="stream", seconds=60)
    await pass_on(redis, keys.answer("j"), "answer", into="list", seconds=60)
    assert (await redis.xlen(keys.web("s")), await redis.llen(keys.answer("j"))) == (1, 1)
    assert 0 < await redis.ttl(keys.web("s")) <= 60
    words = Notice("j", CHAT, "searching")
    assert [await streams.append_reply(words, step="s") for _ in range(2)] == [True, False]
    await redis.config_set("maxmemory", 0)
    assert await blobs.has_room()
    assert await redis.get(keys.blob_bytes) == b"0"


@pytest.mark.slow
async def test_consumers_go_on_after_redis_was_killed_and_started_again(
    streams: Streams, own_server: RedisServer
) -> None:
    seen, stop = Seen(streams), asyncio.Event()
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="a", handle=seen)
    running = [asyncio.create_task(consumer.run(stop)), asyncio.create_task(Promoter(streams).run(stop))]
    await streams.claim_and_append(text(1))
    await seen.until(1)
    await asyncio.to_thread(own_server.kill)
    await asyncio.to_thread(own_server.start)
    await streams.claim_and_append(text(2))
    await seen.until(2)
    await streams.redis.flushall()
    await streams.claim_and_append(text(3))
    await seen.until(3)
    stop.set()
    await asyncio.gather(*running)
    assert seen.jobs == jobs(1, 2, 3)


async def test_what_was_delivered_into_a_lost_answer_is_swept_up(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "SWEEP_EVERY_S", 0.0)
    monkeypatch.setattr(partitions, "SWEEP_IDLE_MS", 1)
    monkeypatch.setattr(partitions, "LEASES_EVERY_S", 0.05)
    seen, stop = Seen(streams), asyncio.Event()
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="a", handle=seen)
    stream = streams.keys.inbox(partition_of(CHAT))
    running = asyncio.create_task(consumer.run(stop))
    await streams.claim_and_append(text(1))
    await seen.until(1)
    async with streams.redis.pipeline(transaction=True) as pipe:  # as if the consumer's own read had lost its answer
        pipe.xadd(stream, {"data": "{}", "chat": CHAT, "job": "lost", "attempt": "0", "at": "1"})
        pipe.xreadgroup(CONVERSATION, "a", {stream: ">"})
        await pipe.execute()
    await seen.until(2)
    stop.set()
    await running
    assert seen.jobs[-1] == "lost"


async def test_a_consumer_whose_loop_breaks_says_so(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> list[Entry]:
        raise ValueError("a bug")

    monkeypatch.setattr(partitions, "read_new", broken)
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="a", handle=Seen(streams))
    with pytest.raises(ValueError, match="a bug"):
        await consumer.run(asyncio.Event())


async def test_partitions_go_back_and_forth_between_consumers_and_nothing_is_left(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LEASES_EVERY_S", 0.05)
    seen = Seen(streams)
    stops = [asyncio.Event() for _ in range(2)]
    first, second = (
        PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name=name, handle=seen) for name in "ab"
    )
    running = [asyncio.create_task(first.run(stops[0]))]
    await first.ready()
    running.append(asyncio.create_task(second.run(stops[1])))
    await second.ready()
    chats = [f"telegram:{number}" for number in range(40)]
    for number, chat in enumerate(chats):
        await streams.claim_and_append(text(number, chat))
    await seen.until(40)
    stops[1].set()
    await running[1]
    for number, chat in enumerate(chats):
        await streams.claim_and_append(text(100 + number, chat))
    await seen.until(80)
    stops[0].set()
    await running[0]
    assert len(set(seen.jobs)) == len(seen.jobs) == 80


async def test_room_comes_back_when_photos_expire_though_none_is_put(redis: Redis) -> None:
    keys = Keys()
    blobs = Blobs(redis, keys, budget_mb=1)
    await blobs.put(keys.blob("a", 0), b"x" * 1024 * 1024)
    assert not await blobs.has_room()
    for member in await redis.zrange(keys.blobs, 0, -1):
        await redis.zadd(keys.blobs, {str(member, "utf-8"): 1})  # type: ignore[arg-type]
    assert await blobs.has_room()


async def test_questions_of_one_moment_are_answered_in_their_order(streams: Streams) -> None:
    stream = streams.keys.inbox(partition_of(CHAT))
    for number in range(8):
        await streams.claim_and_append(text(number))
        [entry] = await read_new(streams, CONVERSATION, "me", [stream], count=1, block_ms=None)
        await streams.advance(entry, [streams.search_output(search(entry.job))])
    turns = await streams.redis.zrange(streams.keys.turns(CHAT), 0, -1)
    assert [turn.decode() for turn in turns] == jobs(*range(8))


async def test_a_dead_letter_that_is_retried_is_answered_and_counted_once(streams: Streams) -> None:
    lanes = [streams.keys.searches("messengers")]
    worker = GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name="w")
    await streams.append_search(search("a"))
    [entry] = await worker.read(1, 0)
    await streams.bury(entry, "no good")
    await streams.take_part("a", 0)
    await streams.mark_part("a", 0, PartState.SENT)  # the apology
    queue = AdminQueue(streams)
    [dead] = [item for item in await queue.list() if item.state == "dead"]
    assert await queue.retry(dead.id)
    [entry] = await worker.read(1, 0)
    await streams.advance(entry, tally="answered")
    assert await streams.take_part("a", 0) is PartState.FRESH
    assert await streams.tally() == {"accepted": 1, "dead": 0, "answered": 1}


async def test_abandoned_entries_are_taken_over_one_by_one(streams: Streams) -> None:
    lanes = [streams.keys.searches("messengers")]
    for number in range(3):
        await streams.append_search(search(f"j{number}"))
    died = GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name="died")
    assert len(await died.read(8, 0)) == 3
    heir = GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name="heir", claim_idle_ms=0)
    [first] = await heir.read(8, 0)
    pending = await streams.redis.xpending_range(lanes[0], WORKERS, min="-", max="+", count=10)
    assert [row["consumer"] for row in pending] == [b"heir", b"died", b"died"]
    await streams.advance(first)
    assert [entry.job for entry in await heir.read(8, 0)] == ["j1"]
