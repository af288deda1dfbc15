"""Rates that all processes keep together, in Redis and by Redis's own clock.

A provider counts a message when it arrives: somewhen between our asking for room and its answer. So what was taken
counts as under way until `settle` says that the send has ended, and from then on for its whole window: however long
and however unevenly messages travel, the provider never counts more than the limit, and at most the time of one
round trip is given away.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from redis.asyncio import Redis

from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import Keys
from core.scripts import Scripts
from core.telemetry import get_logger

log = get_logger(__name__)

HOLD_MS = 2_000
"""How much longer than a window a send that never ended (its process died) keeps its place."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`capacity` at once, `per_s` in the long run; a step takes `cost`. For one chat or user (one send at a time)."""

    name: str
    capacity: float
    per_s: float
    cost: float = 1


@dataclass(frozen=True, slots=True)
class Window:
    """At most `at_most` within any `seconds`, wherever they begin; a step takes `cost`. For what many chats share."""

    name: str
    at_most: int
    seconds: float
    cost: int = 1


Limit = Bucket | Window


def until_reply(chat: str) -> str:
    """The name of a limit that begins anew when the chat writes (Viber: 100 messages an hour without a reply)."""
    return f"until-reply:{chat}"


@dataclass(frozen=True, slots=True)
class Taken:
    """Room for one send: settle it once the provider has answered, or has not within its time."""

    ticket: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing was taken: try again in so many ms, when the limit of this name may have room."""

    ms: int
    name: str


class Limiter:
    """Takes room under several limits at once, or from none of them."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._keys, self._scripts = keys, Scripts(redis)
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def try_take(self, limits: Sequence[Limit]) -> Taken | Wait:
        """At once, or not at all. Raises Unavailable."""
        ticket = secrets.token_hex(6)
        if not limits:
            return Taken(ticket, ())
        args: list[str | bytes | int | float] = [ticket, HOLD_MS]
        with redis_errors():
            ms, number = await self._scripts.run("limits", self._names(limits), args + _numbers(limits))
        return Wait(int(ms), limits[int(number) - 1].name) if ms else Taken(ticket, tuple(limits))

    async def take(self, limits: Sequence[Limit], patience_ms: int) -> Taken | Wait:
        """Wait until there is room, unless that takes longer than `patience_ms` at a time. Raises Unavailable.

        The first limit is the one that many share: they stand in line for it, so that a large cost gets its room
        before smaller ones that came later.
        """
        if not limits:
            return Taken("", ())
        shared = limits[0].name
        line = self._lines.setdefault(shared, asyncio.Lock())
        while True:
            async with line:
                answer = await self.try_take(limits)
                while isinstance(answer, Wait) and answer.name == shared and answer.ms <= patience_ms:
                    await asyncio.sleep(answer.ms / 1000)
                    answer = await self.try_take(limits)
            if isinstance(answer, Taken) or answer.ms > patience_ms:
                return answer
            await asyncio.sleep(answer.ms / 1000)

    async def settle(self, taken: Taken) -> None:
        """The send has ended. While Redis is away the place is given back by itself, a little later."""
        if not taken.limits:
            return
        args: list[str | bytes | int | float] = [taken.ticket]
        try:
            with redis_errors():
                await self._scripts.run("limits_settle", self._names(taken.limits), args + _numbers(taken.limits))
        except Unavailable:
            log.info("redis away, a rate counts from its beginning")

    def _names(self, limits: Sequence[Limit]) -> list[str]:
        return [
            self._keys.limit(limit.name) if isinstance(limit, Bucket) else self._keys.window(limit.name)
            for limit in limits
        ]


def _numbers(limits: Sequence[Limit]) -> list[str | bytes | int | float]:
    numbers: list[str | bytes | int | float] = []
    for limit in limits:
        match limit:
            case Bucket(capacity=capacity, per_s=per_s, cost=cost):
                numbers += ["b", capacity, per_s, cost]
            case Window(at_most=at_most, seconds=seconds, cost=cost):
                numbers += ["w", at_most, seconds * 1000, cost]
    return numbers


async def acquire(redis: Redis, keys: Keys, limits: Sequence[Limit]) -> int:
    """0 when taken from all, for what ends at once; else nothing was taken, and the ms until it may be tried again."""
    answer = await Limiter(redis, keys).try_take(limits)
    return answer.ms if isinstance(answer, Wait) else 0
