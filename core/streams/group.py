"""The consumer of `searches` and `tasks`: any number side by side, lanes served in turn, poison set apart."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from redis.exceptions import ResponseError

from core.connection import redis_errors
from core.streams.entry import Entry
from core.streams.reading import read_new, take_over
from core.streams.streams import Streams
from core.telemetry import get_logger

log = get_logger(__name__)

CLAIM_IDLE_MS = 15_000
REFRESH_EVERY_S = 5.0
RECLAIM_EVERY_S = 3.0
DEATHS_MAX = 3
ALONE_S = 3600


class GroupConsumer:
    """Reads from several streams, each first in its turn, and takes over from consumers that stopped answering."""

    def __init__(
        self,
        streams: Streams,
        *,
        streams_by_turn: Sequence[str],
        group: str,
        name: str,
        claim_idle_ms: int = CLAIM_IDLE_MS,
    ) -> None:
        self._streams, self._lanes, self._group, self._name = streams, deque(streams_by_turn), group, name
        self._claim_idle_ms = claim_idle_ms
        self._reclaimed: deque[Entry] = deque()
        self._reclaim_at = 0.0

    async def read(self, count: int, block_ms: int) -> list[Entry]:
        """Up to `count` entries. One that was delivered before comes alone: it may have killed its consumer."""
        await self._reclaim()
        while self._reclaimed:
            entry = self._reclaimed.popleft()
            if await self._may_be_tried(entry):
                return [entry]
        self._lanes.rotate(-1)
        for lane in self._lanes:
            entries = await read_new(self._streams, self._group, self._name, [lane], count=count, block_ms=None)
            if entries:
                return entries
        if block_ms <= 0:
            return []
        share = max(1, count // len(self._lanes))
        lanes = list(self._lanes)
        return await read_new(self._streams, self._group, self._name, lanes, count=share, block_ms=block_ms)

    async def _reclaim(self) -> None:
        if time.monotonic() - self._reclaim_at < min(RECLAIM_EVERY_S, self._claim_idle_ms / 1000):
            return
        for lane in self._lanes:
            # one at a time: those that waited here for their turn would seem abandoned again
            found = await take_over(
                self._streams, self._group, self._name, lane, min_idle_ms=self._claim_idle_ms, at_most=1
            )
            if found:
                self._reclaimed.extend(found)
                return
        self._reclaim_at = time.monotonic()

    async def _may_be_tried(self, entry: Entry) -> bool:
        """Only a death while alone counts, the third sends it to `dead`."""
        key = self._streams.keys.alone(entry.stream, entry.id)
        with redis_errors():
            times = int(await self._streams.scripts.run("alone", [key], [ALONE_S]))
        if times <= DEATHS_MAX:
            return True
        log.error("poison: every worker that took it died", job=entry.job, stream=entry.stream)
        await self._streams.bury(entry, "poison: every worker that took it died")
        return False

    async def refresh(self, entries: Sequence[Entry]) -> None:
        """Say that these are still being worked on; call it every 5 s for long ones."""
        by_stream: dict[str, list[str]] = {}
        for entry in entries:
            by_stream.setdefault(entry.stream, []).append(entry.id)
        with redis_errors():
            for stream, ids in by_stream.items():
                await self._streams.redis.xclaim(stream, self._group, self._name, 0, list(ids), justid=True)

    async def close(self) -> None:
        """Leave the group; entries still in hand keep our name, so that another takes them over."""
        with redis_errors():
            for lane in self._lanes:
                try:
                    pending = await self._streams.redis.xpending_range(
                        lane, self._group, min="-", max="+", count=1, consumername=self._name
                    )
                    if not pending:
                        await self._streams.redis.xgroup_delconsumer(lane, self._group, self._name)
                except ResponseError as error:
                    log.info("leaving a group failed", error=str(error)[:80])
