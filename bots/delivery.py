"""Verified updates go into Redis, or into the spool while Redis is away; only then is a provider answered 200."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable

from core import tracing
from core.errors import Unavailable
from core.messages import BadMessage, Update, decode_update, encode
from core.spool import Spool
from core.streams import Streams
from core.telemetry import get_logger

log = get_logger(__name__)

REPLAY_EVERY_S = 1.0
TAKE_S = 3.0
"""A Redis that takes longer counts as away: Viber waits 5 s for an answer, Twilio 15 s. It may have taken the update
all the same; then the claim sorts it out when the spool is replayed."""


class Delivery:
    """Claims and appends updates; keeps them in their order when Redis comes and goes."""

    def __init__(self, streams: Streams, spool: Spool) -> None:
        self._streams = streams
        self._spool = spool
        self._spooled = asyncio.Event()
        self._replaying = asyncio.Lock()
        self._empty = asyncio.Event()
        if not spool.is_empty():
            self._spooled.set()

    async def take(self, updates: Iterable[Update]) -> None:
        """Returns when every update is safe. Raises core.spool.SpoolFull when neither Redis nor the spool takes it.

        While the spool holds anything, new updates go behind it, so that their order stays.
        """
        for update in updates:
            if not self._spooled.is_set():
                try:
                    async with asyncio.timeout(TAKE_S):
                        await self._streams.claim_and_append(update)
                except (Unavailable, TimeoutError) as error:
                    log.warning("redis away, writing to the spool", error=str(error) or "no answer in time")
                else:
                    continue
            kept = dataclasses.replace(update, trace=tracing.current())
            await asyncio.to_thread(self._spool.append, encode(kept))
            self._empty.clear()
            self._spooled.set()

    def spooled_bytes(self) -> int:
        """What waits on disk for Redis."""
        return self._spool.bytes_used()

    async def drained(self) -> None:
        """Returns once everything that was spooled is in Redis."""
        if self._spooled.is_set():
            await self._empty.wait()

    async def bury(self, channel: str, body: bytes) -> None:
        """Keep a body that was verified but cannot be read; while Redis is away only the log tells of it."""
        try:
            async with asyncio.timeout(TAKE_S):
                await self._streams.bury_unparsed(channel, body)
        except (Unavailable, TimeoutError) as error:
            log.warning("an unreadable update could not be kept", channel=channel, error=str(error) or "no answer")

    async def run(self, stop: asyncio.Event) -> None:
        """Bring the spool into Redis whenever both are there, until `stop`."""
        while not stop.is_set():
            if self._spooled.is_set():
                await self._replay()
            await _first_of(self._spooled if not self._spooled.is_set() else None, stop)

    async def _replay(self) -> None:
        async with self._replaying:
            try:
                count = await self._spool.replay(self._deliver)
            except (Unavailable, TimeoutError):
                return
            if self._spool.is_empty():
                self._spooled.clear()
                self._empty.set()
            if count:
                log.info("spool replayed", updates=count)

    async def _deliver(self, data: bytes) -> None:
        try:
            update = decode_update(data)
        except BadMessage as error:  # a newer version spooled it; what follows must not wait for that one
            log.error("a spooled update cannot be read, it is kept in the dead letters", error=str(error))
            async with asyncio.timeout(TAKE_S):
                await self._streams.bury_unparsed("spool", data)
            return
        async with asyncio.timeout(TAKE_S):
            await self._streams.claim_and_append(update)


async def _first_of(event: asyncio.Event | None, stop: asyncio.Event) -> None:
    """Wait for the event, or for a second when there is none to wait for; `stop` ends both."""
    waits = [asyncio.ensure_future(stop.wait())]
    if event is not None:
        waits.append(asyncio.ensure_future(event.wait()))
    try:
        await asyncio.wait(waits, timeout=None if event else REPLAY_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
