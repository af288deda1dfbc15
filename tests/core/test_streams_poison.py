"""Entries that kill whoever takes them, or that nobody can read, stop nothing but themselves."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from core.keys import CONVERSATION, PARTITIONS, SENDERS, WORKERS, Keys, partition_of
from core.leases import Lease
from core.messages import Photo, Reply, Text, Update, decode_outgoing, encode
from core.streams import AdminQueue, Entry, PartitionConsumer, Promoter, Streams, promoter
from core.streams.reading import read_new, take_over_rest
from tests.paths import ROOT
from tests.redis_server import ON_BOTH_SERVERS

pytestmark = ON_BOTH_SERVERS
CHAT = "telegram:7"
STREAM = Keys().inbox(partition_of(CHAT))


def text(number: int, said: str = "hello", chat: str = CHAT) -> Update:
    return Update("telegram", f"1:{number}", chat, chat, Text(said), at=1)


class Handled:
    """A handler that notes what it gets and ends it."""

    def __init__(self, streams: Streams) -> None:
        self.jobs: list[str] = []
        self._streams, self._changed = streams, asyncio.Condition()

    async def __call__(self, entry: Entry, lease: Lease) -> None:
        await self._streams.advance(entry, lease=lease)
        async with self._changed:
            self.jobs.append(entry.job)
            self._changed.notify_all()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.jobs) >= count)


async def run_until(consumer: PartitionConsumer, handled: Handled, count: int) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    await handled.until(count)
    stop.set()
    await running


def inbox(streams: Streams, handled: Handled, name: str = "me") -> PartitionConsumer:
    return PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name=name, handle=handled)


@pytest.mark.slow
async def test_an_update_that_kills_every_process_is_given_up_and_the_others_are_answered(
    streams: Streams, redis_url: str
) -> None:
    deadly = Update("telegram", "1:0", CHAT, CHAT, Text("deadly"), at=1)
    await streams.claim_and_append(deadly)
    for number in range(1, 9):
        await streams.claim_and_append(text(number, chat=f"telegram:{number}"))
    deaths = 0
    while await asyncio.to_thread(dies, redis_url):
        deaths += 1
        leases = [streams.keys.lease(streams.keys.inbox(number)) for number in range(PARTITIONS)]
        await streams.redis.delete(*leases, streams.keys.alive(CONVERSATION))  # both are believed for 10 s
        assert deaths < 8
    assert deaths == 5  # the first, the second, and three alone
    [dead] = [item for item in await AdminQueue(streams).list() if item.state == "dead"]
    assert dead.reason.startswith("poison")
    assert len(set(await streams.redis.lrange("handled", 0, -1))) == 8
    [told] = await read_new(streams, SENDERS, "me", [streams.keys.replies(partition_of(CHAT))], count=5, block_ms=None)
    reply = decode_outgoing(told.data)
    assert isinstance(reply, Reply)
    assert (reply.job, reply.outcome) == (deadly.job, "failed")


def dies(url: str) -> bool:
    command = [sys.executable, str(Path(__file__).with_name("poisoned.py")), url]
    return subprocess.run(command, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}).returncode == 9


async def handed_out(streams: Streams, times: int) -> None:
    """To consumers that died with it, the last of them just now."""
    await read_new(streams, CONVERSATION, "dead0", [STREAM], count=10, block_ms=None)
    for death in range(1, times):
        await take_over_rest(streams, CONVERSATION, f"dead{death}", STREAM, min_idle_ms=0, in_hand=())


async def test_entries_in_hand_at_two_deaths_are_handled_one_at_a_time(streams: Streams) -> None:
    for number in range(6):
        await streams.claim_and_append(text(number, chat=f"telegram:{700 + number}"))
    for number in range(PARTITIONS):
        stream = streams.keys.inbox(number)
        await read_new(streams, CONVERSATION, "dead0", [stream], count=10, block_ms=None)
        await take_over_rest(streams, CONVERSATION, "dead1", stream, min_idle_ms=0, in_hand=())
    at_once, most = 0, 0

    class Slow(Handled):
        async def __call__(self, entry: Entry, lease: Lease) -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1
            await super().__call__(entry, lease)

    handled = Slow(streams)
    await run_until(inbox(streams, handled), handled, 6)
    assert most == 1


async def test_only_deaths_while_alone_count(streams: Streams) -> None:
    """Handed out twenty times and never harmful: a Redis that comes and goes buries nothing."""
    await streams.claim_and_append(text(1))
    await handed_out(streams, 20)
    handled = Handled(streams)
    await run_until(inbox(streams, handled), handled, 1)
    assert await streams.redis.xlen(streams.keys.dead) == 0
    assert await streams.redis.keys("*alone*") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"data": "{}"},
        {"data": "{}", "chat": CHAT, "job": "j", "attempt": "many", "at": "1"},
        {"data": b"\xff\xfe", "chat": CHAT, "job": "j", "attempt": "0", "at": "1"},
        {"nothing": "of ours"},
    ],
)
@pytest.mark.parametrize("taken", [False, True], ids=["new", "taken over"])
async def test_an_entry_without_our_fields_stops_no_reader(
    streams: Streams, fields: dict[str, str | bytes], taken: bool
) -> None:
    await streams.redis.xadd(STREAM, fields)
    await streams.claim_and_append(text(1))
    if taken:
        await streams.redis.xreadgroup(CONVERSATION, "dead", {STREAM: ">"})
    handled = Handled(streams)
    await run_until(inbox(streams, handled), handled, 1)
    [(_, dead)] = await streams.redis.xrange(streams.keys.dead)
    assert dead[b"reason"] == b"unreadable"
    assert (await streams.depths())["inbox"] == 0


async def test_an_entry_deleted_while_it_was_pending_leaves_no_trace(streams: Streams) -> None:
    await streams.claim_and_append(text(1))
    await handed_out(streams, 1)
    [(entry_id, _)] = await streams.redis.xrange(STREAM)
    await streams.redis.xdel(STREAM, entry_id)
    assert await take_over_rest(streams, CONVERSATION, "me", STREAM, min_idle_ms=0, in_hand=()) == []
    assert (await streams.redis.xpending(STREAM, CONVERSATION))["pending"] == 0


async def test_what_is_in_hand_is_not_counted_as_handed_out_again(streams: Streams) -> None:
    for number in range(3):
        await streams.claim_and_append(text(number))
    entries = await read_new(streams, CONVERSATION, "me", [STREAM], count=10, block_ms=None)
    found = await take_over_rest(
        streams, CONVERSATION, "me", STREAM, min_idle_ms=0, in_hand={entries[0].id, entries[2].id}
    )
    assert [(entry.id, entry.deliveries) for entry in found] == [(entries[1].id, 2)]
    pending = await streams.redis.xpending_range(STREAM, CONVERSATION, min="-", max="+", count=10)
    assert [row["times_delivered"] for row in pending] == [1, 2, 1]


async def test_consumers_of_dead_processes_are_forgotten_when_they_left_nothing(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promoter, "CONSUMER_SILENT_MS", 30)
    await streams.claim_and_append(text(1))
    await read_new(streams, CONVERSATION, "busy", [STREAM], count=1, block_ms=None)
    await read_new(streams, CONVERSATION, "idle", [STREAM], count=1, block_ms=None)
    lane = streams.keys.searches("web")
    await streams.redis.xgroup_createconsumer(lane, WORKERS, "a killed worker")
    await asyncio.sleep(0.05)
    await streams.redis.xgroup_createconsumer(STREAM, CONVERSATION, "fresh")
    await Promoter(streams).tick()
    left = [row["name"] for row in await streams.redis.xinfo_consumers(STREAM, CONVERSATION)]
    assert sorted(left) == [b"busy", b"fresh"]
    assert await streams.redis.xinfo_consumers(lane, WORKERS) == []


async def test_a_photo_of_an_album_that_cannot_be_read_does_not_stop_the_clock(streams: Streams) -> None:
    keys = streams.keys
    album = keys.album(CHAT, "A")
    good = Update("telegram", "1:1", CHAT, CHAT, Photo("m1", album="A"), at=1)
    await streams.redis.hset(
        album, mapping={"u:1:1": encode(good).decode(), "u:1:2": '{"kind": "hologram"}', "first": "1"}
    )
    await streams.redis.zadd(keys.due, {f'["{CHAT}", "A"]': 0})
    await Promoter(streams).tick()
    assert await streams.redis.xlen(STREAM) == 1
    assert await streams.tally() == {"dead": 1}
    assert await streams.redis.xlen(keys.dead) == 1
