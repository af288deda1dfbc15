"""The consumer of `inbox` and `replies`: leased partitions, chats side by side, each chat strictly in order."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal

from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import LEASE_MS, PARTITIONS
from core.leases import Lease, acquire_lease, refresh_lease, release_lease
from core.pace import Pace
from core.presence import Presence, announce, present, withdraw
from core.streams.entry import Entry
from core.streams.reading import read_new, take_over_rest
from core.streams.streams import Streams
from core.tasks import end
from core.telemetry import bound_job, get_logger

log = get_logger(__name__)

Handle = Callable[[Entry, Lease], Awaitable[None]]
READ_BLOCK_MS = 250
READ_COUNT = 50
IN_HAND_MAX = 1_000
AWAY_S = 0.5
SWEEP_EVERY_S = 10.0
SWEEP_IDLE_MS = 15_000
LEASES_EVERY_S = LEASE_MS / 3_000
SUSPECT_DELIVERIES = 3
"""Handed out so often, an entry was in hand at two deaths: it is handled while no other such entry is."""
DEATHS_MAX = 3
ALONE_S = 3600


class PartitionConsumer:
    """Takes its share of the 16 partitions and hands their entries to `handle`.

    `handle` ends each entry itself (advance, retry or bury). What it raises is logged once and becomes a retry.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        kind: Literal["inbox", "replies"],
        group: str,
        name: str,
        handle: Handle,
        pace: Pace | None = None,
    ) -> None:
        """`pace`: shared by the consumers of a process, which keeps it running; 64 chats at once without."""
        self._streams, self._kind, self._group, self._name, self._handle = streams, kind, group, name, handle
        stream_of = streams.keys.inbox if kind == "inbox" else streams.keys.replies
        self._all = [stream_of(number) for number in range(PARTITIONS)]
        self._leases: dict[str, Lease] = {}
        self._open: set[str] = set()
        """Partitions that new entries are read from: not before their pending ones, not while they are given up."""
        self._swept_at = 0.0
        self._queues: dict[str, deque[Entry]] = {}
        self._in_hand: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = (pace or Pace()).slots()
        self._alone = asyncio.Semaphore(1)
        self._stop = asyncio.Event()
        self._have_partitions = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`; then finish what is in hand and give the leases up."""
        self._stop = stop
        keeper = asyncio.create_task(self._keep_leases())
        beating = asyncio.create_task(self._keep_beating())
        reader = asyncio.create_task(self._read())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            # either ends before the stop only by an error that nobody expected: the process must not sit there idle
            await asyncio.wait([stopping, keeper, beating, reader], return_when=asyncio.FIRST_COMPLETED)
            for task in (keeper, beating, reader):
                if task.done():
                    task.result()
            await reader
            while self._tasks:
                await asyncio.wait(set(self._tasks))
        finally:
            await end(keeper, beating, reader, stopping)
            await self._leave()

    async def ready(self) -> None:
        """Returns once the first partitions are held."""
        await self._have_partitions.wait()

    # --- partitions -------------------------------------------------------------------------------------------

    async def _keep_leases(self) -> None:
        while True:
            try:
                await self._balance()
            except Unavailable:
                log.warning("redis away, holding partitions", consumer=self._group)
            await asyncio.sleep(LEASES_EVERY_S if len(self._leases) else 0.2)

    async def _balance(self) -> None:
        redis, keys = self._streams.redis, self._streams.keys
        with redis_errors():
            await self._beat()
            others = await present(redis, keys, self._group)
            share = -(-PARTITIONS // max(1, len(others)))
            for stream in list(self._leases)[share:]:
                await self._give_up(stream)
            for stream in list(self._leases)[:share]:
                if stream not in self._open:  # about to be given up when somebody left, or Redis went away meanwhile
                    await self._open_up(stream)
            free = [stream for stream in self._all if stream not in self._leases]
            random.shuffle(free)
            for stream in free[: max(0, share - len(self._leases))]:
                lease_or_none = await acquire_lease(redis, keys.lease(stream))
                if lease_or_none is not None:
                    await self._begin(stream, lease_or_none)
            await self._sweep()

    async def _keep_beating(self) -> None:
        """Beside the balancing, which takes long where many partitions are taken over at once."""
        while True:
            await asyncio.sleep(LEASES_EVERY_S)
            try:
                with redis_errors():
                    await self._beat()
            except Unavailable:
                continue  # the balancing says so

    async def _beat(self) -> None:
        """Say that we are here and keep what we hold, all at once: a loaded machine takes its time for each answer."""
        held = list(self._leases.items())
        saying = announce(self._streams.redis, self._streams.keys, self._group, Presence(self._name))
        kept = asyncio.gather(*(refresh_lease(self._streams.scripts, lease) for _, lease in held))
        await asyncio.gather(saying, kept)
        for (stream, lease), still_ours in zip(held, kept.result(), strict=True):
            if not still_ours and self._leases.get(stream) is lease:
                log.warning("a partition was lost to another process", stream=self._kind)
                self._open.discard(stream)
                del self._leases[stream]

    async def _begin(self, stream: str, lease: Lease) -> None:
        """First what was left pending, in order, then new ones."""
        self._forget(stream)
        self._leases[stream] = lease
        self._have_partitions.set()
        await self._open_up(stream)

    async def _open_up(self, stream: str) -> None:
        for entry in await self._pending(stream):
            self._dispatch(entry)
        if stream in self._leases:  # it may have been lost meanwhile
            self._open.add(stream)

    async def _sweep(self) -> None:
        """Take up what is pending under our name though nobody has it in hand: an answer of Redis got lost."""
        if time.monotonic() - self._swept_at < SWEEP_EVERY_S:
            return
        self._swept_at = time.monotonic()
        looked = (self._pending(stream, min_idle_ms=SWEEP_IDLE_MS) for stream in list(self._open))
        for entries in await asyncio.gather(*looked):
            for entry in entries:
                self._dispatch(entry)

    def _forget(self, stream: str) -> None:
        """What waits here from an earlier lease is read again; what runs from then is fenced out by its old token."""
        chats = {entry.chat for queue in self._queues.values() for entry in queue if entry.stream == stream}
        for chat in chats:
            self._queues[chat].clear()
        self._in_hand = {(held, entry_id) for held, entry_id in self._in_hand if held != stream}

    async def _pending(self, stream: str, *, min_idle_ms: int = 0) -> list[Entry]:
        in_hand = {entry_id for held, entry_id in self._in_hand if held == stream}
        return await take_over_rest(
            self._streams, self._group, self._name, stream, min_idle_ms=min_idle_ms, in_hand=in_hand
        )

    async def _give_up(self, stream: str) -> None:
        if stream in self._open or any(held == stream for held, _ in self._in_hand):
            self._open.discard(stream)
            return  # a later round gives it up, when no read is under way and nothing of it is in hand
        lease = self._leases.pop(stream, None)
        if lease is None:  # lost meanwhile
            return
        await release_lease(self._streams.scripts, lease)

    async def _leave(self) -> None:
        try:
            with redis_errors():
                for lease in self._leases.values():
                    await release_lease(self._streams.scripts, lease)
                await withdraw(self._streams.redis, self._streams.keys, self._group, self._name)
        except Unavailable:
            log.info("redis away while leaving; the leases run out by themselves", consumer=self._group)

    # --- entries ----------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        broken = False
        while not self._stop.is_set():
            held = list(self._open)
            if not held or len(self._in_hand) > IN_HAND_MAX:
                await asyncio.sleep(0.02)
                continue
            try:
                if broken:
                    for stream in held:
                        for entry in await self._pending(stream):
                            self._dispatch(entry)
                    broken = False
                entries = await read_new(
                    self._streams, self._group, self._name, held, count=READ_COUNT, block_ms=READ_BLOCK_MS
                )
            except Unavailable:
                broken = True  # what was delivered into the broken connection is pending under our name
                await asyncio.sleep(AWAY_S)
                continue
            for entry in entries:
                self._dispatch(entry)

    def _dispatch(self, entry: Entry) -> None:
        if (entry.stream, entry.id) in self._in_hand:
            return
        self._in_hand.add((entry.stream, entry.id))
        queue = self._queues.get(entry.chat)
        if queue is not None:
            queue.append(entry)
            return
        self._queues[entry.chat] = deque([entry])
        task = asyncio.create_task(self._serve(entry.chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, chat: str) -> None:
        queue = self._queues[chat]
        try:
            while queue:
                entry = queue.popleft()
                suspect = entry.deliveries >= SUSPECT_DELIVERIES
                try:
                    with bound_job(entry.job):
                        async with self._alone if suspect else self._slots:
                            await (self._suspect(entry) if suspect else self._one(entry))
                finally:
                    self._in_hand.discard((entry.stream, entry.id))
        finally:
            self._in_hand -= {(entry.stream, entry.id) for entry in queue}
            del self._queues[chat]

    async def _suspect(self, entry: Entry) -> None:
        """Handle what may have killed its process: only a death meanwhile counts, after the third it is given up."""
        key, lease = self._streams.keys.alone(entry.stream, entry.id), self._leases.get(entry.stream)
        try:
            with redis_errors():
                times = int(await self._streams.scripts.run("alone", [key], [ALONE_S]))
            if times > DEATHS_MAX and lease is not None:
                log.error("poison: every process that took it died", stream=self._kind)
                await self._streams.bury(entry, "poison: every process that took it died", lease=lease)
                return
            try:
                await self._one(entry)
            finally:
                with redis_errors():
                    await self._streams.redis.delete(key)  # it did no harm this time
        except Unavailable:
            log.warning("redis away, the entry stays pending until it is swept up", stream=self._kind)

    async def _one(self, entry: Entry) -> None:
        while True:
            lease = self._leases.get(entry.stream)
            if lease is None:
                return  # another consumer takes it over from the pending list
            try:
                if await self._waits_behind_another(entry, lease):
                    return
                await self._handle(entry, lease)
            except Unavailable:
                if self._stop.is_set():
                    return
                await asyncio.sleep(AWAY_S)
                continue
            except Exception:  # the one place where a consumer catches broadly
                log.exception("a step failed", stream=self._kind)
                await self._fail(entry, lease)
            return

    async def _fail(self, entry: Entry, lease: Lease) -> None:
        try:
            await self._streams.retry(entry, "a step failed, see the log", lease=lease)
        except Unavailable:
            log.warning("redis away, the entry stays pending until it is swept up", stream=self._kind)

    async def _waits_behind_another(self, entry: Entry, lease: Lease) -> bool:
        if entry.head:
            return False
        streams = self._streams
        held = streams.keys.held(entry.stream, entry.chat)
        with redis_errors():
            if not await streams.redis.exists(held):
                return False
            args = [entry.group, entry.id, lease.token, json.dumps(entry.fields(head=True), ensure_ascii=False)]
            return bool(await streams.scripts.run("hold", [entry.stream, lease.key, held], args) != 0)
