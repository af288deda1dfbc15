"""The promise of the streams, against real servers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from core.blobs import Blobs
from core.connection import Full
from core.keys import CONVERSATION, SENDERS, WORKERS, Keys, partition_of
from core.leases import Lease, acquire_lease
from core.messages import Album, ByPhoto, Notice, Photo, Search, Text, Update, decode_outgoing, decode_update
from core.streams import (
    AdminQueue,
    Entry,
    GroupConsumer,
    PartitionConsumer,
    PartState,
    Promoter,
    RetryState,
    Streams,
)
from core.streams.reading import read_new
from tests.redis_server import ON_BOTH_SERVERS

pytestmark = ON_BOTH_SERVERS
CHAT = "telegram:7"


def photo(number: int, *, chat: str = CHAT, album: str | None = None) -> Update:
    return Update("telegram", f"1:{number}", chat, chat, Photo(f"m{number}", album=album), at=1_000 + number)


def text(number: int, chat: str = CHAT) -> Update:
    return Update("telegram", f"1:{number}", chat, chat, Text(f"t{number}"), at=1_000 + number)


def search(job: str, chat: str = CHAT) -> Search:
    return Search(job, chat, ByPhoto((f"{{snapshelf}}:blob:{job}:0",)), at=1, deadline=2**50, photos=1)


async def one(streams: Streams, stream: str, group: str, name: str = "me") -> Entry:
    entries = await read_new(streams, group, name, [stream], count=1, block_ms=None)
    return entries[0]


async def test_an_update_delivered_ten_times_at_once_is_accepted_once(streams: Streams) -> None:
    taken = await asyncio.gather(*(streams.claim_and_append(photo(1)) for _ in range(10)))
    assert sorted(taken) == [False] * 9 + [True]
    assert (await streams.depths())["inbox"] == 1
    assert await streams.tally() == {"accepted": 1}


async def test_a_steps_outputs_are_taken_once_however_often_it_is_done(streams: Streams) -> None:
    await streams.claim_and_append(photo(1))
    entry = await one(streams, streams.keys.inbox(partition_of(CHAT)), CONVERSATION)
    outputs = [streams.search_output(search(entry.job))]
    assert await streams.advance(entry, outputs) is True
    assert await streams.advance(entry, outputs) is False
    depths = await streams.depths()
    assert (depths["inbox"], depths["searches:messengers"]) == (0, 1)


async def test_a_fenced_out_holder_changes_nothing(streams: Streams) -> None:
    await streams.claim_and_append(photo(1))
    stream = streams.keys.inbox(partition_of(CHAT))
    entry = await one(streams, stream, CONVERSATION)
    lease = await acquire_lease(streams.redis, streams.keys.lease(stream))
    assert lease is not None
    stale = Lease(lease.key, "somebody else's")
    assert await streams.advance(entry, [streams.search_output(search(entry.job))], lease=stale) is False
    assert await streams.retry(entry, "x", lease=stale) is RetryState.GONE
    assert await streams.bury(entry, "x", lease=stale) is False
    assert (await streams.depths())["searches:messengers"] == 0
    assert await streams.advance(entry, lease=lease) is True


async def test_an_entry_dies_after_four_retries_and_the_shopper_hears_of_it(streams: Streams) -> None:
    await streams.claim_and_append(photo(1))
    stream = streams.keys.inbox(partition_of(CHAT))
    promoter = Promoter(streams)
    for attempt in range(4):
        entry = await one(streams, stream, CONVERSATION)
        assert entry.attempt == attempt
        assert await streams.retry(entry, "it broke") is RetryState.LATER
        await make_due(streams)
        await promoter.tick()
    entry = await one(streams, stream, CONVERSATION)
    assert await streams.retry(entry, "it broke") is RetryState.DEAD
    reply = decode_outgoing((await one(streams, streams.keys.replies(partition_of(CHAT)), SENDERS)).data)
    assert (reply.kind, reply.job) == ("reply", entry.job)
    assert await streams.tally() == {"accepted": 1, "dead": 1}


async def make_due(streams: Streams) -> None:
    for member in await streams.redis.zrange(streams.keys.later, 0, -1):
        await streams.redis.zadd(streams.keys.later, {member: 0})


@pytest.mark.parametrize("count", [True, False])
async def test_what_a_provider_asked_to_put_off_is_no_failure(streams: Streams, count: bool) -> None:
    await streams.claim_and_append(photo(1))
    stream = streams.keys.inbox(partition_of(CHAT))
    entry = await one(streams, stream, CONVERSATION)
    await streams.retry(entry, "busy", after_ms=0, count=count)
    await Promoter(streams).tick()
    assert (await one(streams, stream, CONVERSATION)).attempt == int(count)


class Collector:
    """A handler that notes what it gets; `fail` once for the named jobs."""

    def __init__(self, streams: Streams, fail: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.seen: list[str] = []
        self._streams, self._fail, self._changed = streams, set(fail), asyncio.Event()

    async def __call__(self, entry: Entry, lease: Lease) -> None:
        update = decode_update(entry.data)
        if update.update_id in self._fail:
            self._fail.discard(update.update_id)
            await self._streams.retry(entry, "once", after_ms=1, lease=lease)
            return
        if await self._streams.advance(entry, lease=lease):
            self.seen.append(update.update_id)
            self._changed.set()

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(20):
            while len(self.seen) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.seen


async def run_while(runs: list[Callable[[asyncio.Event], Awaitable[None]]], wanted: Awaitable[object]) -> None:
    stop = asyncio.Event()
    tasks = [asyncio.ensure_future(run(stop)) for run in runs]
    try:
        await wanted
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def test_a_retry_holds_back_its_own_chat_and_no_other(streams: Streams) -> None:
    other = next(f"telegram:{n}" for n in range(100, 200) if partition_of(f"telegram:{n}") == partition_of(CHAT))
    updates = [text(1), text(2), text(3), text(4, other), text(5)]
    for update in updates:
        await streams.claim_and_append(update)
    collect = Collector(streams, fail={"1:1", "1:3"})
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="a", handle=collect)
    await run_while([consumer.run, Promoter(streams).run], collect.until(5))
    mine = [seen for seen in collect.seen if seen != "1:4"]
    assert mine == ["1:1", "1:2", "1:3", "1:5"]
    assert collect.seen.index("1:4") < collect.seen.index("1:1")
    assert await streams.redis.exists(streams.keys.held(streams.keys.inbox(partition_of(CHAT)), CHAT)) == 0


async def test_what_a_dead_consumer_had_in_hand_comes_first_at_the_next_one(streams: Streams) -> None:
    stream = streams.keys.inbox(partition_of(CHAT))
    await streams.claim_and_append(text(1))
    await one(streams, stream, CONVERSATION, name="died")
    await streams.claim_and_append(text(2))
    collect = Collector(streams)
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="next", handle=collect)
    await run_while([consumer.run], collect.until(2))
    assert collect.seen == ["1:1", "1:2"]


async def test_two_consumers_share_the_partitions_and_each_update_is_handled_once(streams: Streams) -> None:
    for number in range(60):
        await streams.claim_and_append(text(number, f"telegram:{number % 13}"))
    collect = Collector(streams)
    consumers = [
        PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name=name, handle=collect) for name in "ab"
    ]
    await run_while([consumer.run for consumer in consumers], collect.until(60))
    assert sorted(collect.seen) == sorted(f"1:{n}" for n in range(60))


async def test_a_failing_handler_becomes_a_retry(streams: Streams) -> None:
    await streams.claim_and_append(text(1))
    failed = asyncio.Event()

    async def handle(entry: Entry, lease: Lease) -> None:
        failed.set()
        raise ValueError("a bug")

    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="a", handle=handle)
    await run_while([consumer.run], failed.wait())
    assert (await streams.depths())["later"] == 1


async def test_lanes_are_served_in_turn(streams: Streams) -> None:
    for number in range(3):
        await streams.append_search(search(f"m{number}", "telegram:1"))
        await streams.append_search(search(f"w{number}", "web:1"))
    lanes = [streams.keys.searches(lane) for lane in ("messengers", "web")]
    consumer = GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name="w")
    kinds = [(await consumer.read(1, 0))[0].job[0] for _ in range(6)]
    assert kinds in (["m", "w"] * 3, ["w", "m"] * 3)


async def test_a_search_that_kills_three_workers_alone_is_buried(streams: Streams) -> None:
    await streams.append_search(search("deadly"))
    lanes = [streams.keys.searches("messengers")]
    for death in range(4):
        worker = GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name=f"w{death}", claim_idle_ms=0)
        assert [entry.job for entry in await worker.read(8, 0)] == ["deadly"]
    last = GroupConsumer(streams, streams_by_turn=lanes, group=WORKERS, name="last", claim_idle_ms=0)
    assert await last.read(8, 0) == []
    [item] = [item for item in await AdminQueue(streams).list() if item.state == "dead"]
    assert item.reason.startswith("poison")
    assert await streams.tally() == {"accepted": 1, "dead": 1}


async def test_an_album_becomes_one_update_in_the_order_of_its_photos(streams: Streams) -> None:
    stream = streams.keys.inbox(partition_of(CHAT))
    lease = await acquire_lease(streams.redis, streams.keys.lease(stream))
    assert lease is not None
    for number in (2, 10, 1):
        update = photo(number, album="A")
        await streams.claim_and_append(update)
        assert await streams.album_join(await one(streams, stream, CONVERSATION), update, lease)
    for member in await streams.redis.zrange(streams.keys.due, 0, -1):
        await streams.redis.zadd(streams.keys.due, {member: 0})
    await Promoter(streams).tick()
    entry = await one(streams, stream, CONVERSATION)
    content = decode_update(entry.data).content
    assert isinstance(content, Album)
    assert [one_photo.media for one_photo in content.photos] == ["m1", "m2", "m10"]
    late = photo(11, album="A")
    await streams.claim_and_append(late)
    assert not await streams.album_join(await one(streams, stream, CONVERSATION), late, lease)


async def test_a_part_interrupted_is_sent_once_more_and_then_never_again(streams: Streams) -> None:
    assert await streams.take_part("j", 0) is PartState.FRESH
    assert await streams.take_part("j", 0) is PartState.SENDING
    assert await streams.take_part("j", 0) is PartState.RESENT
    await streams.mark_part("j", 0, PartState.SENT, "p:1")
    assert await streams.take_part("j", 0) is PartState.SENT
    assert (await streams.tally())["repeated"] == 1
    assert json.loads(await streams.redis.get(streams.keys.sent("p:1"))) == ["j", 0]


async def test_answers_wait_for_earlier_questions_of_their_chat(streams: Streams) -> None:
    stream = streams.keys.inbox(partition_of(CHAT))
    now = int(time.time() * 1000)
    jobs = []
    for number in range(2):
        update = Update("telegram", f"1:{number}", CHAT, CHAT, Photo("m"), at=now + number)
        await streams.claim_and_append(update)
        entry = await one(streams, stream, CONVERSATION)
        await streams.advance(entry, [streams.search_output(search(entry.job))])
        jobs.append(entry.job)
    assert not await streams.earlier_turns(CHAT, jobs[0])
    assert await streams.earlier_turns(CHAT, jobs[1])
    assert not await streams.earlier_turns(CHAT, jobs[1], wait_ms=0)


async def test_at_the_memory_limit_nothing_is_accepted_but_what_was_accepted_goes_on(streams: Streams) -> None:
    redis = streams.redis
    await streams.claim_and_append(photo(1))
    entry = await one(streams, streams.keys.inbox(partition_of(CHAT)), CONVERSATION)
    await streams.advance(entry, [])
    await streams.claim_and_append(photo(2))
    entry = await one(streams, streams.keys.inbox(partition_of(CHAT)), CONVERSATION)
    try:
        await redis.config_set("maxmemory", 1)
        with pytest.raises(Full):
            await streams.claim_and_append(photo(3))
        assert await streams.advance(entry, [streams.search_output(search(entry.job))]) is True
    finally:
        await redis.config_set("maxmemory", 0)
    assert (await streams.depths())["searches:messengers"] == 1
    assert await streams.claim_and_append(photo(3)) is True


async def test_scripts_that_a_server_forgot_are_loaded_again(streams: Streams) -> None:
    await streams.claim_and_append(photo(1))
    await streams.redis.script_flush()
    assert await streams.claim_and_append(photo(2)) is True


async def test_blobs_stop_at_their_budget_and_give_room_back(redis: Redis) -> None:
    keys = Keys()
    blobs = Blobs(redis, keys, budget_mb=1)
    half = b"x" * (600 * 1024)
    await blobs.put(keys.blob("a", 0), half)
    await blobs.put(keys.blob("a", 0), half)
    with pytest.raises(Full):
        await blobs.put(keys.blob("b", 0), half)
    assert await blobs.get(keys.blob("a", 0)) == half
    for member in await redis.zrange(keys.blobs, 0, -1):
        await redis.zadd(keys.blobs, {str(member, "utf-8"): 1})  # type: ignore[arg-type]
    await blobs.put(keys.blob("b", 0), half)
    assert await blobs.copy(keys.blob("gone", 0), keys.blob("c", 0)) is False


async def test_a_dead_letter_can_be_shown_retried_and_dropped(streams: Streams) -> None:
    queue = AdminQueue(streams)
    for job in ("a", "b"):
        await streams.append_search(search(job))
        await streams.bury(await one(streams, streams.keys.searches("messengers"), WORKERS), "no good")
    first, second = [item.id for item in await queue.list() if item.state == "dead"]
    shown = await queue.show(first)
    assert shown is not None
    assert shown["reason"] == "no good"
    assert await queue.retry(first)
    assert await queue.drop(second)
    assert not await queue.drop("dead/none")
    states = {item.state for item in await queue.list() if item.stream.startswith("searches")}
    assert states == {"waiting"}


async def test_a_notice_is_an_output_too(streams: Streams) -> None:
    await streams.claim_and_append(text(1))
    entry = await one(streams, streams.keys.inbox(partition_of(CHAT)), CONVERSATION)
    notice = Notice(entry.job, CHAT, "welcome")
    await streams.advance(entry, [streams.reply_output(notice, step="conversation")])
    got = decode_outgoing((await one(streams, streams.keys.replies(partition_of(CHAT)), SENDERS)).data)
    assert got == notice
