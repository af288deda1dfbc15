"""Photos on their way: bytes in Redis under one owner each, within a budget, never longer than needed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis

from core.connection import Full, redis_errors
from core.keys import BLOB_AFTER_S, BLOB_DEAD_S, Keys
from core.scripts import Scripts

MEMORY_SHARE = 0.7
"""Intake stops when Redis has used this share of its own limit: what was accepted still needs room."""
_MEMORY_EVERY_S = 2.0


class Blobs:
    """Put, get and free the photos of jobs."""

    def __init__(self, redis: Redis, keys: Keys, budget_mb: int = 512) -> None:
        self._redis, self._keys, self._scripts = redis, keys, Scripts(redis)
        self._budget = budget_mb * 1024 * 1024
        self._memory_full = False
        self._memory_at = 0.0

    async def put(self, key: str, data: bytes) -> None:
        """Store under `key`; the same key again changes nothing. Raises Full without room, Unavailable."""
        if await self._memory_is_full():
            raise Full("Redis is too full to take another photo.")
        with redis_errors():
            names = [key, self._keys.blobs, self._keys.blob_bytes]
            if await self._scripts.run("blob_put", names, [data, self._budget, BLOB_DEAD_S]) == 0:
                raise Full("Too many photos are waiting to take another one.")

    async def get(self, key: str) -> bytes | None:
        """The bytes; None when it expired."""
        with redis_errors():
            return cast("bytes | None", await self._redis.get(key))

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """The bytes of several, in order."""
        with redis_errors():
            return cast("list[bytes | None]", await self._redis.mget(keys)) if keys else []

    async def copy(self, source: str, target: str) -> bool:
        """A second blob with an owner of its own; False when the first has expired. Raises Full."""
        data = await self.get(source)
        if data is None:
            return False
        await self.put(target, data)
        return True

    async def release(self, keys: Sequence[str]) -> None:
        """Their work is done: they stay 24 h for refinement, then go."""
        await self._free(keys, BLOB_AFTER_S)

    async def erase(self, keys: Sequence[str]) -> None:
        """They go now; what they took is given back with the next sum."""
        await self._free(keys, 0)

    async def _free(self, keys: Sequence[str], stay_s: int) -> None:
        with redis_errors():
            if keys:
                await self._scripts.run("blob_free", [self._keys.blobs, *keys], [stay_s])

    async def has_room(self) -> bool:
        """Whether another photo may be taken in."""
        if await self._memory_is_full():
            return False
        with redis_errors():
            return (
                int(await self._scripts.run("blob_sum", [self._keys.blobs, self._keys.blob_bytes], [])) < self._budget
            )

    async def _memory_is_full(self) -> bool:
        if time.monotonic() - self._memory_at > _MEMORY_EVERY_S:
            with redis_errors():
                info = await self._redis.info("memory")
            limit = int(info.get("maxmemory", 0))
            self._memory_full = limit > 0 and int(info["used_memory"]) > MEMORY_SHARE * limit
            self._memory_at = time.monotonic()
        return self._memory_full
