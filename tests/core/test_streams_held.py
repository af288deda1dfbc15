"""A chat that was held back behind a retry goes on, whatever becomes of the entry at its head."""

from __future__ import annotations

import asyncio
import json

import pytest

from core.keys import CONVERSATION, Keys, partition_of
from core.leases import Lease
from core.messages import Album, Photo, Text, Update, decode_update
from core.streams import Entry, PartitionConsumer, Promoter, Streams
from core.streams.reading import read_new
from tests.redis_server import ON_BOTH_SERVERS

pytestmark = ON_BOTH_SERVERS
CHAT = "telegram:7"
STREAM = Keys().inbox(partition_of(CHAT))
HELD = Keys().held(STREAM, CHAT)


def photo(number: int, album: str | None = None) -> Update:
    return Update("telegram", f"1:{number}", CHAT, CHAT, Photo(f"m{number}", album=album), at=1_000 + number)


def text(number: int) -> Update:
    return Update("telegram", f"1:{number}", CHAT, CHAT, Text("hello?"), at=1_000 + number)


class Desk:
    """Puts the first update aside once; albums gather, all else is answered."""

    def __init__(self, streams: Streams, aside: str) -> None:
        self.answered: list[str] = []
        self.joined = 0
        self._streams, self._aside, self._changed = streams, {aside}, asyncio.Condition()

    async def __call__(self, entry: Entry, lease: Lease) -> None:
        update = decode_update(entry.data)
        if update.update_id in self._aside:
            self._aside.discard(update.update_id)
            await self._streams.retry(entry, "the provider is busy", after_ms=0, lease=lease)
            return
        joined = await self._streams.album_join(entry, update, lease)
        if not joined:
            await self._streams.advance(entry, lease=lease, tally="answered")
        async with self._changed:
            self.joined += int(joined)
            self.answered += [] if joined else [said(update)]
            self._changed.notify_all()

    async def until(self, joined: int, answered: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self.joined >= joined and len(self.answered) >= answered)


def said(update: Update) -> str:
    if isinstance(update.content, Album):
        return f"album of {len(update.content.photos)}"
    return update.update_id


@pytest.mark.parametrize("first", [photo(1), photo(1, "A")], ids=["a photo alone", "a photo of the album"])
async def test_an_album_behind_a_retried_photo_is_answered(streams: Streams, first: Update) -> None:
    for update in (first, photo(2, "A"), photo(3, "A"), text(4)):
        await streams.claim_and_append(update)
    desk, stop = Desk(streams, first.update_id), asyncio.Event()
    inbox = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="me", handle=desk)
    running = [asyncio.create_task(run(stop)) for run in (inbox.run, Promoter(streams).run)]
    in_album = 3 if first.content == photo(1, "A").content else 2
    await desk.until(in_album, 4 - in_album)
    [album] = await streams.redis.zrange(streams.keys.due, 0, -1)
    await streams.redis.zadd(streams.keys.due, {album: 0})
    await desk.until(in_album, 5 - in_album)
    stop.set()
    await asyncio.gather(*running)
    assert desk.answered == ([] if in_album == 3 else ["1:1"]) + ["1:4", f"album of {in_album}"]
    assert await streams.tally() == {"accepted": 3, "answered": 3}
    assert not await streams.redis.exists(HELD)


async def test_what_waits_behind_an_entry_that_nobody_can_read_goes_on(streams: Streams) -> None:
    await streams.claim_and_append(text(1))
    [entry] = await read_new(streams, CONVERSATION, "me", [STREAM], count=1, block_ms=None)
    waiting = Entry(STREAM, "", entry.data, CHAT, entry.job).fields(head=True)
    await streams.redis.rpush(HELD, "head", json.dumps(waiting))
    await streams.advance(entry)
    await streams.redis.xadd(STREAM, {"data": "{}", "chat": CHAT, "job": "j", "attempt": "many", "head": "1"})
    assert await read_new(streams, CONVERSATION, "me", [STREAM], count=1, block_ms=None) == []
    [behind] = await read_new(streams, CONVERSATION, "me", [STREAM], count=1, block_ms=None)
    assert (behind.job, behind.head) == (entry.job, True)
    await streams.advance(behind)
    assert not await streams.redis.exists(HELD)


async def test_a_head_that_waits_for_its_turn_lets_what_it_waits_for_go(streams: Streams) -> None:
    """2 heads the held chat and waits for 1, which came back from elsewhere and stands behind it."""
    order: list[str] = []
    done, failed = asyncio.Event(), set[str]()

    async def handle(entry: Entry, lease: Lease) -> None:
        said_first = said(decode_update(entry.data))
        if said_first == "1:0" and "1:0" not in failed:
            failed.add("1:0")
            for number in (2, 1):  # 1 came back from `later` after 2 had begun to wait
                await streams.claim_and_append(text(number))
            await streams.retry(entry, "the provider is busy", after_ms=300, lease=lease)
            return
        if said_first == "1:2" and "1:1" not in order:
            await streams.retry(entry, "waits for its turn", after_ms=50, count=False, hold=False, lease=lease)
            return
        order.append(said_first)
        await streams.advance(entry, lease=lease)
        if len(order) == 3:
            done.set()

    await streams.claim_and_append(text(0))
    stop = asyncio.Event()
    inbox = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="me", handle=handle)
    running = [asyncio.create_task(run(stop)) for run in (inbox.run, Promoter(streams).run)]
    async with asyncio.timeout(20):
        await done.wait()
    stop.set()
    await asyncio.gather(*running)
    assert order == ["1:0", "1:1", "1:2"]
    assert await streams.redis.llen(HELD) == 0
