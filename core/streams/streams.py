"""The steps of a photo's way through Redis, each one script: nothing is lost between two of them.

The promise, in numbers (`tally`): `accepted` photos = `answered` + `apologised` + `dead` + `unknown` once nothing is
under way. `accepted` is counted with the claim of an update, the others when its last step is acknowledged.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from core import tracing
from core.connection import redis_errors
from core.keys import (
    BLOB_AFTER_S,
    BLOB_DEAD_S,
    CONVERSATION,
    MAINTAINERS,
    PART_S,
    PARTITIONS,
    SEEN_S,
    SENDERS,
    WORKERS,
    Keys,
    partition_of,
)
from core.leases import Lease
from core.messages import ByPhoto, Lane, Notice, Photo, Progress, Reply, Search, Task, Update, encode
from core.scripts import Scripts
from core.streams.entry import Entry, Output, PartState, RetryState, blobs_in, entry_fields, language_in, photos_in

RETRY_AFTER_MS = (1_000, 5_000, 30_000, 120_000)
TURN_WAIT_MS = 10_000
TURNS_S = 600
ALBUM_IDLE_MS = 1_500
ALBUM_LONGEST_MS = 10_000
ALBUM_CLOSED_S = 60
UNREADABLE = "unreadable"
"""Reason of dead letters that nobody could read: they live for 24 h and cannot be retried."""
State = tuple[str, str | bytes, int]
"""key, value, seconds: written together with a step."""


class Streams:
    """Append, advance, retry, bury: what any process may do to the streams."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        # redis-py's types describe decoded and raw answers at once; ours are always bytes
        self.redis: Any = redis
        self.keys, self.scripts = keys, Scripts(redis)

    def groups(self) -> list[tuple[str, str]]:
        """Every stream that is read, with the group that reads it."""
        pairs = [(self.keys.inbox(n), CONVERSATION) for n in range(PARTITIONS)]
        pairs += [(self.keys.replies(n), SENDERS) for n in range(PARTITIONS)]
        return pairs + [(self.keys.searches(lane), WORKERS) for lane in Lane.ALL] + [(self.keys.tasks, MAINTAINERS)]

    async def prepare(self) -> None:
        """Create streams and groups where they are missing; safe at any time."""
        groups = self.groups()
        with redis_errors():
            await self.scripts.run("prepare", [stream for stream, _ in groups], [group for _, group in groups])

    # --- in ---------------------------------------------------------------------------------------------------

    async def claim_and_append(self, update: Update) -> bool:
        """False when this update was accepted before. Raises Unavailable; Full at the memory limit."""
        seen = self.keys.seen(update.channel, update.update_id)
        accepted = 1 if isinstance(update.content, Photo) else 0
        stream = self.keys.inbox(partition_of(update.chat))
        return await self._append(seen, stream, update, accepted)

    async def append_search(self, search: Search) -> bool:
        """A search that comes through no conversation (`/api/search`); False when its job was taken before."""
        accepted = len(search.query.blobs) if isinstance(search.query, ByPhoto) else 0
        taken, stream = self.keys.taken(f"search:{search.job}"), self.keys.searches(search.lane)
        return await self._append(taken, stream, search, accepted)

    async def append_task(self, task: Task) -> bool:
        """An admin's wish; False when its job was taken before."""
        taken = self.keys.taken(f"task:{task.job}")
        return await self._append(taken, self.keys.tasks, task, 0)

    async def append_reply(self, outgoing: Reply | Notice | Progress, *, step: str) -> bool:
        """Something to say that ends no entry (progress of a task); False when this step said it before.

        At the memory limit too.
        """
        stream, now = self.keys.replies(partition_of(outgoing.chat)), int(time.time() * 1000)
        fields = entry_fields(
            encode(outgoing),
            chat=outgoing.chat,
            job=outgoing.job,
            attempt=0,
            at_ms=now,
            head=False,
            trace=tracing.current(),
        )
        with redis_errors():
            return bool(
                await self.scripts.run("say", [self.keys.taken(f"{step}:{outgoing.job}"), stream], [SEEN_S, *fields])
            )

    async def _append(self, claim: str, stream: str, message: Update | Search | Task, accepted: int) -> bool:
        waited = message.trace if isinstance(message, Update) else ""
        fields = entry_fields(
            encode(message),
            chat=message.chat,
            job=message.job,
            attempt=0,
            at_ms=message.at,
            head=False,
            trace=waited or tracing.current(),
        )
        with redis_errors():
            done = await self.scripts.run("append", [claim, stream, self.keys.tally], [SEEN_S, accepted, *fields])
        return bool(done)

    def reply_output(self, outgoing: Reply | Notice | Progress, *, step: str, turn: bool = False) -> Output:
        """What puts an answer into `replies`."""
        stream = self.keys.replies(partition_of(outgoing.chat))
        return Output(stream, f"{step}:{outgoing.job}", encode(outgoing), outgoing.chat, outgoing.job, turn)

    def search_output(self, search: Search, *, step: str = "search") -> Output:
        """What puts a search into its lane; its chat's later answers wait for it."""
        stream = self.keys.searches(search.lane)
        return Output(stream, f"{step}:{search.job}", encode(search), search.chat, search.job, turn=True)

    def task_output(self, task: Task) -> Output:
        """What hands an admin's wish to the maintainers."""
        return Output(self.keys.tasks, f"task:{task.job}", encode(task), task.chat, task.job)

    # --- on ---------------------------------------------------------------------------------------------------

    async def advance(
        self,
        entry: Entry,
        outputs: Sequence[Output] = (),
        *,
        free: Sequence[str] = (),
        states: Sequence[State] = (),
        tally: str | None = None,
        tally_by: int | None = None,
        finish_turn: bool = False,
        lease: Lease | None = None,
    ) -> bool:
        """Acknowledge the entry and take its outputs, together. False when it was not ours any more.

        `tally` names what the entry's photos count as. Works at the memory limit too.
        """
        photos = photos_in(entry.data) if tally_by is None else tally_by
        plan: dict[str, Any] = {
            "outputs": [self._output(output, entry) for output in outputs],
            "states": [
                {"key": key, "value": value.decode() if isinstance(value, bytes) else value, "seconds": seconds}
                for key, value, seconds in states
            ],
            "free": list(free),
            "free_s": BLOB_AFTER_S,
            "tally": tally if photos else None,
            "tally_by": photos,
            "finish": finish_turn,
            "claim_s": SEEN_S,
            "turn_s": TURNS_S,
        }
        keys = [self.keys.tally, self.keys.turns(entry.chat), self.keys.blobs]
        return await self._step("advance", entry, keys, plan, lease)

    def _output(self, output: Output, entry: Entry) -> dict[str, Any]:
        at_ms, trace = output.at_ms or entry.at_ms, tracing.current() or entry.trace
        fields = entry_fields(
            output.data, chat=output.chat, job=output.job, attempt=0, at_ms=at_ms, head=False, trace=trace
        )
        turns = self.keys.turns(output.chat) if output.turn else None
        claim = self.keys.taken(output.id)
        turn = {"turns": turns, "turn_at": at_ms} if turns else {}
        return {"claim": claim, "stream": output.stream, "fields": fields, "job": output.job, **turn}

    async def retry(
        self,
        entry: Entry,
        reason: str,
        *,
        after_ms: int | None = None,
        count: bool = True,
        hold: bool = True,
        lease: Lease | None = None,
    ) -> RetryState:
        """Put it aside until it is due, its chat's later entries behind it; after four failures bury it.

        `count=False` with `after_ms`: the provider asked to wait, which is no failure. `hold=False`: the chat goes on.
        """
        if count and entry.attempt >= len(RETRY_AFTER_MS):
            buried = await self.bury(entry, reason, lease=lease)
            return RetryState.DEAD if buried else RetryState.GONE
        wait_ms = RETRY_AFTER_MS[min(entry.attempt, len(RETRY_AFTER_MS) - 1)] if after_ms is None else after_ms
        partitioned = hold and self._partitioned(entry)
        again = entry.fields(attempt=entry.attempt + int(count), head=partitioned)
        fields = [*again, "since", str(entry.since_ms)]
        now = int(time.time() * 1000)
        member = json.dumps({"stream": entry.stream, "fields": fields, "reason": reason, "job": entry.job, "put": now})
        keys = [entry.stream, self._lease_key(entry), self.keys.held(entry.stream, entry.chat), self.keys.later]
        args: list[str | bytes | int | float] = [entry.group, entry.id, lease.token if lease else "", wait_ms, member]
        with redis_errors():
            done = await self.scripts.run("retry", keys, [*args, str(int(partitioned)), str(int(entry.head))])
        return RetryState.LATER if done == 1 else RetryState.GONE

    async def bury(
        self,
        entry: Entry,
        reason: str,
        reply: Reply | Notice | None = None,
        *,
        lease: Lease | None = None,
        tell: bool = True,
    ) -> bool:
        """Give it up: it goes to `dead`, and unless it is an answer itself the shopper hears a `failed` reply."""
        fields = [*entry.fields(head=False), "stream", entry.stream, "reason", reason]
        is_answer = entry.stream.startswith(f"{self.keys.prefix}replies:")
        told = None
        if tell and not is_answer and entry.chat:
            told = reply or Reply(entry.job, entry.chat, "failed", language=language_in(entry.data))
        photos = photos_in(entry.data)
        plan: dict[str, Any] = {
            "fields": fields,
            "tally": "dead" if photos else None,
            "tally_by": photos,
            "blobs": blobs_in(entry.data),
            "blob_s": BLOB_DEAD_S,
            "claim_s": SEEN_S,
            "finish": is_answer,
        }
        if told is not None:
            plan["reply"] = self._output(self.reply_output(told, step="bury"), entry)
        keys = [self.keys.tally, self.keys.dead, self.keys.blobs, self.keys.turns(entry.chat)]
        return await self._step("bury", entry, keys, plan, lease)

    async def bury_unparsed(self, channel: str, body: bytes) -> None:
        """Keep a body that was verified but cannot be read for 24 h, for whoever mends the reader."""
        text = body.decode("utf-8", "backslashreplace")
        fields: dict[Any, Any] = {"data": text, "chat": "", "job": "", "attempt": "0", "at": int(time.time() * 1000)}
        with redis_errors():
            await self.redis.xadd(self.keys.dead, fields | {"stream": channel, "reason": UNREADABLE})

    async def bury_malformed(self, stream: str, group: str, entry_id: str, raw: Mapping[bytes, bytes]) -> None:
        """Keep an entry whose fields cannot be read (a newer version's, or not ours) for 24 h, out of the way."""
        text = {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in raw.items()}
        keys = [stream, self.keys.dead, self.keys.held(stream, text.get("chat", ""))]
        args: list[str | bytes | int | float] = [group, entry_id, str(int("head" in text))]
        args += ["data", json.dumps(text, ensure_ascii=False), "chat", "", "job", "", "attempt", "0"]
        args += ["at", int(time.time() * 1000), "stream", stream, "reason", UNREADABLE]
        with redis_errors():
            await self.scripts.run("bury_malformed", keys, args)

    async def _step(
        self, script: str, entry: Entry, keys: list[str], plan: dict[str, Any], lease: Lease | None
    ) -> bool:
        plan |= {"group": entry.group, "id": entry.id, "job": entry.job, "head": entry.head}
        if lease is not None:
            plan["token"] = lease.token
        plan = {name: value for name, value in plan.items() if value is not None and value is not False}
        first = [entry.stream, self._lease_key(entry), self.keys.held(entry.stream, entry.chat)]
        with redis_errors():
            return bool(await self.scripts.run(script, first + keys, [json.dumps(plan, ensure_ascii=False)]) == 1)

    def _partitioned(self, entry: Entry) -> bool:
        return entry.stream.startswith((f"{self.keys.prefix}inbox:", f"{self.keys.prefix}replies:"))

    def _lease_key(self, entry: Entry) -> str:
        return self.keys.lease(entry.stream)

    # --- albums -----------------------------------------------------------------------------------------------

    async def album_join(self, entry: Entry, update: Update, lease: Lease) -> bool:
        """Put a photo into its album; False when the album is closed already: the photo gets its own answer."""
        if not isinstance(update.content, Photo) or update.content.album is None:
            return False
        album = update.content.album
        held = self.keys.held(entry.stream, entry.chat)
        keys = [entry.stream, lease.key, self.keys.album(update.chat, album), self.keys.due, held]
        member = json.dumps([update.chat, album])
        update = dataclasses.replace(update, trace=tracing.current() or entry.trace)
        timing = [ALBUM_IDLE_MS, ALBUM_LONGEST_MS]
        args: list[str | bytes | int | float] = [entry.group, entry.id, lease.token, update.update_id]
        args += [encode(update), member, *timing, str(int(entry.head))]
        with redis_errors():
            return bool(await self.scripts.run("album_join", keys, args) != 0)

    # --- out --------------------------------------------------------------------------------------------------

    async def earlier_turns(self, chat: str, job: str, wait_ms: int = TURN_WAIT_MS) -> bool:
        """Whether an earlier question of this chat is still open and young enough to be waited for."""
        with redis_errors():
            open_turns = await self.redis.zrange(self.keys.turns(chat), 0, -1, withscores=True)
        now = time.time() * 1000
        for member, at_ms in open_turns:
            if member.decode() == job:
                return False
            if abs(now - float(at_ms)) < wait_ms:  # one from when the clock was ahead would hold up the chat till then
                return True
        return False

    async def is_open(self, chat: str, job: str) -> bool:
        """Whether a question of this chat is still to be answered."""
        with redis_errors():
            return await self.redis.zscore(self.keys.turns(chat), job) is not None

    async def take_part(self, job: str, part: int) -> PartState:
        """Mark a part `sending`; what stood there before."""
        with redis_errors():
            state = await self.scripts.run("take_part", [self.keys.parts(job), self.keys.tally], [part, PART_S])
        return PartState(state.decode() or "fresh")

    async def mark_part(
        self, job: str, part: int, state: PartState, provider_id: str | None = None, what: object = None
    ) -> None:
        """Say what became of a part; by `provider_id` a later callback finds it, and `what` was in it (48 h)."""
        keys = [self.keys.parts(job)] + ([self.keys.sent(provider_id)] if provider_id else [])
        found = json.dumps([job, part] if what is None else [job, part, what], ensure_ascii=False)
        with redis_errors():
            await self.scripts.run("mark_part", keys, [part, str(state), PART_S, found])

    # --- numbers ----------------------------------------------------------------------------------------------

    async def tally(self) -> dict[str, int]:
        """The promise in numbers."""
        with redis_errors():
            raw = await self.redis.hgetall(self.keys.tally)
        return {name.decode(): int(value) for name, value in raw.items()}

    async def depths(self) -> dict[str, int]:
        """How many entries wait in each stream; `later`, `albums` and `dead` too."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for number in range(PARTITIONS):
                pipe.xlen(self.keys.inbox(number))
                pipe.xlen(self.keys.replies(number))
            for lane in Lane.ALL:
                pipe.xlen(self.keys.searches(lane))
            pipe.xlen(self.keys.tasks)
            pipe.zcard(self.keys.later)
            pipe.zcard(self.keys.due)
            pipe.xlen(self.keys.dead)
            with redis_errors():
                sizes = [int(size) for size in await pipe.execute()]
        both, rest = sizes[: 2 * PARTITIONS], sizes[2 * PARTITIONS :]
        names = [f"searches:{lane}" for lane in Lane.ALL] + ["tasks", "later", "albums", "dead"]
        return {"inbox": sum(both[::2]), "replies": sum(both[1::2])} | dict(zip(names, rest, strict=True))
