"""Rates that all processes keep together: token buckets in Redis, by Redis's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from core.connection import redis_errors
from core.keys import Keys
from core.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Bucket:
    """`capacity` at once, `per_s` in the long run; a step takes `cost`."""

    name: str
    capacity: float
    per_s: float
    cost: float = 1


async def acquire(redis: Redis, keys: Keys, buckets: Sequence[Bucket]) -> int:
    """0 when taken from all; else nothing was taken, and the ms until it may be tried again."""
    if not buckets:
        return 0
    numbers = [number for bucket in buckets for number in (bucket.capacity, bucket.per_s, bucket.cost)]
    with redis_errors():
        return int(await Scripts(redis).run("buckets", [keys.limit(bucket.name) for bucket in buckets], numbers))
