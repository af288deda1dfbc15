"""Whatever consumers do, in whatever order they die and come back: each photo is somewhere, once.

A machine delivers updates, lets consumers take entries, finish, fail, give up, die and take over from each other (also
what another one still has in hand), against a real Redis. After each step the photos that were accepted are the photos
that ended plus those under way.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.connection import client
from core.keys import CONVERSATION, SENDERS, WORKERS, Keys, partition_of
from core.leases import acquire_lease
from core.messages import (
    ByPhoto,
    Lane,
    Notice,
    Photo,
    Reply,
    Search,
    Text,
    Update,
    decode_outgoing,
    decode_update,
    job_id,
)
from core.streams import Entry, Promoter, RetryState, Streams
from core.streams.entry import PartState, photos_in
from core.streams.reading import read_new, take_over
from tests.examples import few
from tests.redis_server import RedisServer

CHATS = ("telegram:0", "telegram:1")
PARTITIONS_USED = sorted({partition_of(chat) for chat in CHATS})
KINDS = st.sampled_from(["inbox", "searches", "replies"])
WHICH = st.integers(0, 30)
ENDED = ("answered", "apologised", "dead", "unknown")


class StreamsMachine(RuleBasedStateMachine):
    """Consumers that share their leases: what fences a step off is its entry alone."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._redis: Any = client(url)
        self._do(self._redis.flushall())
        self.keys = Keys()
        self.streams = Streams(self._redis, self.keys)
        self._do(self.streams.prepare())
        self._promoter = Promoter(self.streams)
        self.leases = {
            stream: self._do(acquire_lease(self._redis, self.keys.lease(stream), ms=3_600_000))
            for kind in ("inbox", "replies")
            for stream in self._of(kind)[1]
        }
        self.accepted: set[int] = set()
        self.hands: list[tuple[str, Entry]] = []
        self.sends: Counter[str] = Counter()
        self.given_up: set[str] = set()
        """Jobs whose answer itself was given up: nobody hears of them."""
        self._names = 0

    def _do(self, step: Any) -> Any:
        return self._runner.run(step)

    # --- what happens ---------------------------------------------------------------------------------------------

    @rule(number=st.integers(0, 7))
    def deliver(self, number: int) -> None:
        """Even numbers are photos."""
        whose = CHATS[number % len(CHATS)]
        content = Photo(f"m{number}") if number % 2 == 0 else Text("words")
        update = Update("telegram", f"1:{number}", whose, whose, content, at=1_000 + number)
        assert self._do(self.streams.claim_and_append(update)) is (number not in self.accepted)
        self.accepted.add(number)

    @rule(kind=KINDS)
    def take(self, kind: str) -> None:
        """A consumer that was never here before reads the next entry."""
        self._names += 1
        group, streams = self._of(kind)
        entries = self._do(read_new(self.streams, group, f"c{self._names}", streams, count=1, block_ms=None))
        self.hands += [(kind, entry) for entry in entries]

    @rule(kind=KINDS)
    def take_over(self, kind: str) -> None:
        """Another one thinks that all the others are dead; some of them are not."""
        self._names += 1
        group, streams = self._of(kind)
        for stream in streams:
            found = self._do(take_over(self.streams, group, f"c{self._names}", stream, min_idle_ms=0, at_most=1))
            self.hands += [(kind, entry) for entry in found]

    @precondition(lambda self: self.hands)
    @rule(which=WHICH)
    def die(self, which: int) -> None:
        self.hands.pop(which % len(self.hands))

    @precondition(lambda self: self.hands)
    @rule(which=WHICH, again=st.booleans())
    def finish(self, which: int, again: bool) -> None:
        """`again`: the answer of Redis got lost, and the step is done a second time."""
        kind, entry = self.hands.pop(which % len(self.hands))
        if self._waits(entry):
            return
        ours = self._is_there(entry)
        assert self._do(self._finish(kind, entry)) is ours
        if again:
            assert self._do(self._finish(kind, entry)) is False

    @precondition(lambda self: self.hands)
    @rule(which=WHICH, count=st.booleans(), hold=st.booleans())
    def fail(self, which: int, count: bool, hold: bool) -> None:
        kind, entry = self.hands.pop(which % len(self.hands))
        if self._waits(entry):
            return
        ours = self._is_there(entry)
        lease = self.leases.get(entry.stream)
        state = self._do(self.streams.retry(entry, "it broke", after_ms=0, count=count, hold=hold, lease=lease))
        assert (state is RetryState.GONE) is not ours
        if state is RetryState.DEAD and kind == "replies":
            self.given_up.add(entry.job)

    @precondition(lambda self: self.hands)
    @rule(which=WHICH)
    def give_up(self, which: int) -> None:
        kind, entry = self.hands.pop(which % len(self.hands))
        if self._waits(entry):
            return
        ours = self._is_there(entry)
        assert self._do(self.streams.bury(entry, "nobody can do it", lease=self.leases.get(entry.stream))) is ours
        if ours and kind == "replies":
            self.given_up.add(entry.job)

    @rule()
    def promote(self) -> None:
        """What was put aside is due."""
        self._do(self._promote())

    # --- what holds -----------------------------------------------------------------------------------------------

    @invariant()
    def every_photo_is_somewhere_once(self) -> None:
        tally = self._do(self.streams.tally())
        photos = len([number for number in self.accepted if number % 2 == 0])
        assert tally.get("accepted", 0) == photos
        assert photos == sum(tally.get(name, 0) for name in ENDED) + self._do(self._under_way())

    @invariant()
    def no_part_is_sent_more_than_twice(self) -> None:
        assert max(self.sends.values(), default=0) <= 2

    def teardown(self) -> None:
        try:
            self._do(self._drain())
            depths = self._do(self.streams.depths())
            assert {name: count for name, count in depths.items() if count and name != "dead"} == {}
            for kind in ("inbox", "searches", "replies"):
                group, streams = self._of(kind)
                for stream in streams:
                    assert self._do(self._redis.xpending(stream, group))["pending"] == 0
            jobs = {job_id("telegram", f"1:{number}") for number in self.accepted}
            assert jobs == self.sends.keys() | self.given_up
            repeated = self._do(self.streams.tally()).get("repeated", 0)
            assert repeated == sum(count - 1 for count in self.sends.values())
        finally:
            self._do(self._redis.aclose())
            self._runner.close()

    # --- how ------------------------------------------------------------------------------------------------------

    def _of(self, kind: str) -> tuple[str, list[str]]:
        if kind == "searches":
            return WORKERS, [self.keys.searches(lane) for lane in Lane.ALL]
        make = self.keys.inbox if kind == "inbox" else self.keys.replies
        return CONVERSATION if kind == "inbox" else SENDERS, [make(number) for number in PARTITIONS_USED]

    def _waits(self, entry: Entry) -> bool:
        """It went behind an earlier one of its chat that is being tried again, as each consumer looks first."""
        return bool(self._do(self._behind(entry)))

    async def _behind(self, entry: Entry) -> bool:
        lease = self.leases.get(entry.stream)
        if lease is None or entry.head:
            return False
        args = [entry.group, entry.id, lease.token, json.dumps(entry.fields(head=True))]
        held = self.keys.held(entry.stream, entry.chat)
        return bool(await self.streams.scripts.run("hold", [entry.stream, lease.key, held], args) != 0)

    def _is_there(self, entry: Entry) -> bool:
        return bool(self._do(self._redis.xrange(entry.stream, entry.id, entry.id)))

    async def _finish(self, kind: str, entry: Entry) -> bool:
        if kind == "inbox":
            return await self._converse(entry)
        if kind == "searches":
            reply = Reply(entry.job, entry.chat, "hits", photos=photos_in(entry.data))
            return await self.streams.advance(entry, [self.streams.reply_output(reply, step="worker")])
        return await self._send(entry)

    async def _converse(self, entry: Entry) -> bool:
        update = decode_update(entry.data)
        if isinstance(update.content, Photo):
            query = ByPhoto((self.keys.blob(entry.job, 0),))
            search = Search(entry.job, entry.chat, query, 1, 2**50, photos=1)
            return await self.streams.advance(
                entry, [self.streams.search_output(search)], lease=self.leases[entry.stream]
            )
        notice = Notice(entry.job, entry.chat, "help")
        outputs = [self.streams.reply_output(notice, step="talk", turn=True)]
        return await self.streams.advance(entry, outputs, lease=self.leases[entry.stream])

    async def _send(self, entry: Entry) -> bool:
        """As the outbox does: mark, send, mark, acknowledge; but who is fenced out finds that out at the end only."""
        job = decode_outgoing(entry.data).job
        state = await self.streams.take_part(job, 0)
        if state in (PartState.FRESH, PartState.SENDING):
            self.sends[job] += 1
            await self.streams.mark_part(job, 0, PartState.SENT)
        return await self.streams.advance(entry, tally="answered", finish_turn=True, lease=self.leases[entry.stream])

    async def _promote(self) -> None:
        for member in await self._redis.zrange(self.keys.later, 0, -1):
            await self._redis.zadd(self.keys.later, {member: 0})
        await self._promoter.tick()

    async def _under_way(self) -> int:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zrange(self.keys.later, 0, -1)
            for kind in ("inbox", "searches", "replies"):
                for stream in self._of(kind)[1]:
                    pipe.xrange(stream)
            for stream in self.leases:
                for chat in CHATS:
                    pipe.lrange(self.keys.held(stream, chat), 1, -1)  # the first stands for the one that is tried again
            later, *rest = await pipe.execute()
        held, streams = rest[-len(CHATS) * len(self.leases) :], rest[: -len(CHATS) * len(self.leases)]
        aside = [json.loads(member)["fields"] for member in later]
        aside += [json.loads(member) for members in held for member in members]
        data = [dict(zip(fields[::2], fields[1::2], strict=True))["data"].encode() for fields in aside]
        data += [fields[b"data"] for entries in streams for _, fields in entries]
        return sum(map(photos_in, data))

    async def _drain(self) -> None:
        """Everybody died; one consumer does all the rest."""
        for _ in range(60):
            await self._promote()
            for kind in ("inbox", "searches", "replies"):
                group, streams = self._of(kind)
                entries = await read_new(self.streams, group, "last", streams, count=100, block_ms=None)
                for stream in streams:
                    entries += await take_over(self.streams, group, "last", stream, min_idle_ms=0)
                for entry in {entry.id + entry.stream: entry for entry in entries}.values():
                    if not await self._behind(entry):
                        assert await self._finish(kind, entry)
            if not any(count for name, count in (await self.streams.depths()).items() if name != "dead"):
                return


@pytest.mark.parametrize("which", ["redis_server", "oldest_server"])
def test_properties_of_the_streams_hold_whatever_consumers_do(which: str, request: pytest.FixtureRequest) -> None:
    server: RedisServer = request.getfixturevalue(which)

    class Machine(StreamsMachine):
        def __init__(self) -> None:
            super().__init__(server.url)

    run_state_machine_as_test(Machine, settings=few(8, steps=20, shrink=False))
