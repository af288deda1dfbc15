"""The searches of one worker: read, answered side by side, handed on, drained.

It reads a little more than one batch, so that the next photos are decoded while a batch is embedded, and no more, so
that other workers get their share.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog
from redis.exceptions import RedisError

from core import metrics, tracing
from core.errors import Unavailable
from core.keys import STATE_S, WORKERS, Keys
from core.messages import BadMessage, ByPhoto, ByWords, Lane, Reply, Search, decode_search, encode
from core.redisclock import RedisClock
from core.streams import Entry, GroupConsumer, Streams
from core.streams.group import CLAIM_IDLE_MS
from core.tasks import end
from core.telemetry import get_logger
from worker.answers import Answerer

log = get_logger(__name__)

REFRESH_S = 5.0
READ_BLOCK_MS = 500
AWAY_S = (0.2, 0.5, 1.0, *[2.0] * 12)
"""How long to wait between attempts while Redis is away; then the entry is left to whoever reclaims it."""


class Searches:
    """`run` until `stop`; `name` is the consumer's. `batch`: photos that are embedded at once, at most.

    `idle`: whether searches are to be left to other workers for now.
    """

    def __init__(
        self,
        streams: Streams,
        keys: Keys,
        answerer: Answerer,
        *,
        name: str,
        batch: int,
        claim_idle_ms: int = CLAIM_IDLE_MS,
        idle: Callable[[], bool] = lambda: False,
    ) -> None:
        self._streams, self._keys, self._answerer = streams, keys, answerer
        self._batch, self._idle = batch, idle
        self._clock = RedisClock(streams.redis)
        lanes = [keys.searches(lane) for lane in Lane.ALL]
        self._consumer = GroupConsumer(
            streams, streams_by_turn=lanes, group=WORKERS, name=name, claim_idle_ms=claim_idle_ms
        )
        self._in_hand: dict[asyncio.Task[None], Entry] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop`, then finish what is in hand."""
        refreshing = asyncio.create_task(self._refresh())
        try:
            while not stop.is_set():
                if self._idle():
                    await asyncio.sleep(READ_BLOCK_MS / 1000)
                    continue
                if len(self._in_hand) > self._batch:  # one batch embedded, one being decoded: enough
                    await asyncio.wait(list(self._in_hand), return_when=asyncio.FIRST_COMPLETED)
                    continue
                for entry in await self._read(self._batch):
                    await self._start(entry)
            await self._drain()
        finally:
            await end(refreshing)
            await _quietly(self._consumer.close())

    async def _read(self, room: int) -> Sequence[Entry]:
        try:
            if not self._clock.known:
                await self._clock.look()
            return await self._consumer.read(room, READ_BLOCK_MS)
        except (Unavailable, RedisError) as error:
            log.warning("searches cannot be read", error=type(error).__name__)
            await asyncio.sleep(1.0)
            return ()

    async def _start(self, entry: Entry) -> None:
        """Beside the others; one that was delivered before alone, so that a death tells which search it was."""
        alone = entry.deliveries > 1
        if alone:
            await self._drain()
        task = asyncio.create_task(self._serve(entry))
        self._in_hand[task] = entry
        task.add_done_callback(lambda done: self._in_hand.pop(done, None))
        if alone:
            await asyncio.wait([task])

    async def _drain(self) -> None:
        while self._in_hand:
            await asyncio.wait(list(self._in_hand))

    async def _serve(self, entry: Entry) -> None:
        with structlog.contextvars.bound_contextvars(job=entry.job):
            try:
                search = decode_search(entry.data)
            except BadMessage as error:
                await _persist(partial(self._streams.bury, entry, str(error)))
                return
            with tracing.span("search", parent=entry.trace, kind="consumer", query=search.query.kind) as span:
                await self._answer(entry, search, span)

    async def _answer(self, entry: Entry, search: Search, span: tracing.Span) -> None:
        try:
            reply = await self._answerer.answer(self._by_our_clock(entry, search))
        except Exception as error:  # the one place: whatever fails here fails this search alone
            log.exception("a search failed", attempt=entry.attempt)
            reason = f"{type(error).__name__} while it was answered"
            span.note(outcome="retry", error=type(error).__name__)
            await _persist(partial(self._streams.retry, entry, reason))
            return
        span.note(outcome=reply.outcome, hits=len(reply.hits), generation=reply.generation or "")
        await self._hand_on(entry, search, reply)

    def _by_our_clock(self, entry: Entry, search: Search) -> Search:
        """Its times as if our clock had stamped them: that of the bots may differ by any amount.

        How long it may take is what the bots said; how long it has waited is what Redis says.
        """
        waited_ms = max(0, self._clock.now_ms() - entry.since_ms)
        at = int(time.time() * 1000) - waited_ms
        return dataclasses.replace(search, at=at, deadline=at + search.deadline - search.at)

    async def _hand_on(self, entry: Entry, search: Search, reply: Reply) -> None:
        output = self._streams.reply_output(reply, step="worker")
        blobs = search.query.blobs if isinstance(search.query, ByPhoto) else ()
        states = []
        if reply.settled:  # later words go on from what these came to
            query = ByWords(reply.words) if reply.words else search.query
            settled = dataclasses.replace(search, query=query, filters=reply.filters, refine="")
            states.append((self._keys.query(search.job), encode(settled), STATE_S))
        await _persist(partial(self._streams.advance, entry, (output,), free=blobs, states=states))
        for stage, took_ms in reply.timings.items():
            metrics.STAGE_SECONDS.labels(stage).observe(took_ms / 1000)
        log.info("search answered", outcome=reply.outcome, hits=len(reply.hits), **reply.timings)

    async def _refresh(self) -> None:
        """Keep what takes long from being taken over."""
        while True:
            await asyncio.sleep(REFRESH_S)
            await _quietly(self._clock.look())
            if entries := list(self._in_hand.values()):
                await _quietly(self._consumer.refresh(entries))


async def _persist(step: Callable[[], Awaitable[object]]) -> None:
    """The last step of an entry, again and again while Redis is away."""
    for wait_s in AWAY_S:
        try:
            await step()
        except (Unavailable, RedisError) as error:
            log.warning("Redis is away at the end of a search", error=type(error).__name__)
            await asyncio.sleep(wait_s)
        else:
            return


async def _quietly(step: Awaitable[object]) -> None:
    """A step that may fail while Redis is away: the next one makes up for it."""
    try:
        await step
    except (Unavailable, RedisError) as error:
        log.info("Redis is away", error=type(error).__name__)
