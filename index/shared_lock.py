"""One reindex at a time over one Redis, on whatever machine: a lease beside the lock of the folder.

Without a Redis there is one machine, for which the lock is enough.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.connection import connect, redis_errors
from core.errors import Unavailable
from core.keys import LEASE_MS, Keys
from core.scripts import Scripts
from core.settings import Settings
from core.telemetry import get_logger
from index.lock import Busy, Claim, sentence

log = get_logger(__name__)

REFRESH_S = 3.0
ANSWER_S = 5.0


@contextlib.contextmanager
def shared_lock(settings: Settings, claim: Claim) -> Iterator[Callable[[], None]]:
    """Hold the lease meanwhile; gives a check that raises Busy once another took it (Redis was away for long).

    Hold the folder's lock first: a claim of the same place is that of a run that was killed, and is taken over.
    Raises Busy.
    """
    lease = _Lease(settings, claim)
    holding = threading.Thread(target=lease.run, name="reindex-lease", daemon=True)
    holding.start()
    try:
        lease.taken.result()
        yield lease.check
    finally:
        lease.ended.set()
        holding.join()


class _Lease:
    """`run` stands in a thread of its own, because a reindex computes for minutes without a pause."""

    def __init__(self, settings: Settings, claim: Claim) -> None:
        self._settings, self._claim = settings, claim
        self._key = Keys(settings.redis_prefix).reindex
        self.taken: Future[None] = Future()
        """Done once it is ours, or once it is clear that no Redis is there."""
        self.ended = threading.Event()
        self._lost: str | None = None

    def check(self) -> None:
        """Raises Busy where another reindex took the lease."""
        if self._lost is not None:
            raise Busy(self._lost)

    def run(self) -> None:
        """Take it, keep it until `ended`, give it up."""
        try:
            asyncio.run(self._work())
        except Exception as error:  # told to whoever waits for the lease, or to the log once nobody does
            if self.taken.done():
                log.exception("the lease of a reindex ended early")
            else:
                self.taken.set_exception(error)

    async def _work(self) -> None:
        try:
            redis = await connect(self._settings)
        except Unavailable:
            if self._settings.redis_url.get_secret_value():
                log.warning("Redis does not answer: a reindex on another machine would not be noticed")
            self.taken.set_result(None)
            return
        try:
            await self._hold(redis)
        finally:
            await redis.aclose()

    async def _hold(self, redis: Redis) -> None:
        scripts = Scripts(redis)
        try:
            await self._take_over(redis, scripts)
            other = await self._take(redis, scripts)
        except (Unavailable, RedisError, TimeoutError) as error:
            log.warning("no lease for this reindex", error=type(error).__name__)
            self.taken.set_result(None)
            return
        if other is not None:
            self.taken.set_exception(Busy(sentence(other)))
            return
        self.taken.set_result(None)
        while not await asyncio.to_thread(self.ended.wait, REFRESH_S):
            with _quietly():
                other = await self._take(redis, scripts)  # also where it ran out and nobody took it
                self._lost = None if other is None else sentence(other)
        with _quietly():
            await self._give_up(scripts, self._claim.to_json())

    async def _take(self, redis: Redis, scripts: Scripts) -> str | None:
        """The claim of whoever else holds it; None: it is ours."""
        async with asyncio.timeout(ANSWER_S):
            with redis_errors():
                if await scripts.run("lease_take", [self._key], [self._claim.to_json(), LEASE_MS]) == 1:
                    return None
                return _text(await redis.get(self._key))

    async def _take_over(self, redis: Redis, scripts: Scripts) -> None:
        async with asyncio.timeout(ANSWER_S):
            with redis_errors():
                held = _text(await redis.get(self._key))
        with contextlib.suppress(ValueError, KeyError, TypeError):  # not a claim: it is left
            if json.loads(held)["place"] == self._claim.place:
                await self._give_up(scripts, held)

    async def _give_up(self, scripts: Scripts, claim: str) -> None:
        async with asyncio.timeout(ANSWER_S):
            with redis_errors():
                await scripts.run("lease", [self._key], [claim, 0])


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    try:
        yield
    except (Unavailable, RedisError, TimeoutError) as error:
        log.info("Redis is away", error=type(error).__name__)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else ""
