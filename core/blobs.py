"""Photos on their way: bytes in Redis under one owner each, within a budget, never longer than needed."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis

from core.connection import Full, redis_errors
from core.keys import BLOB_AFTER_S, BLOB_DEAD_S, Keys
from core.scripts import Scripts

MEMORY_SHARE = 0.7
"""Intake stops when Redis has used this share of its own limit: what was accepted still needs room."""
MEMORY_AFTER = 0.65
"""Photos whose work is done go until this share is left: more may come before we look again."""
ROOM_SHARE = 0.99
"""Of the budget: photos whose work is done go above it, so that there is room for the next one."""
_MEMORY_EVERY_S = 2.0
_MEMORY_STEP = 0.03
"""Of Redis's limit: after so many bytes of photos we look again, however soon."""


class Blobs:
    """Put, get and free the photos of jobs. Those whose work is done stay while nobody needs their room."""

    def __init__(self, redis: Redis, keys: Keys, budget_mb: int = 512) -> None:
        self._redis, self._keys, self._scripts = redis, keys, Scripts(redis)
        self._budget = budget_mb * 1024 * 1024
        self._memory_full = False
        self._memory_at = 0.0
        self._memory_left = 0.0
        """Bytes of photos until we look again."""

    async def put(self, key: str, data: bytes) -> None:
        """Store under `key`; the same key again changes nothing. Raises Full without room, Unavailable."""
        if await self._memory_is_full():
            raise Full("Redis is too full to take another photo.")
        with redis_errors():
            if not await self._put(key, data) and (
                (await self._room(self._budget - len(data)))[1] == 0 or not await self._put(key, data)
            ):
                raise Full("Too many photos are waiting to take another one.")

    async def _put(self, key: str, data: bytes) -> bool:
        """False without room."""
        self._memory_left -= len(data)
        names = [key, self._keys.blobs, self._keys.blob_bytes]
        return bool(await self._scripts.run("blob_put", names, [data, self._budget, BLOB_DEAD_S]))

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
            wanted = int(self._budget * ROOM_SHARE)
            return (await self._room(wanted))[0] < self._budget

    async def _room(self, at_most: int, release: int = 0) -> tuple[int, int]:
        """Bytes of all photos, and of those that went to make room."""
        names = [self._keys.blobs, self._keys.blob_bytes]
        total, given = await self._scripts.run("blob_room", names, [at_most, release])
        return int(total), int(given)

    async def _memory_is_full(self) -> bool:
        if time.monotonic() - self._memory_at > _MEMORY_EVERY_S or self._memory_left < 0:
            self._memory_at = time.monotonic()
            with redis_errors():
                info = await self._redis.info("memory")
                limit, used = int(info.get("maxmemory", 0)), int(info["used_memory"])
                if limit > 0 and used > MEMORY_SHARE * limit:
                    used -= (await self._room(self._budget, int(used - MEMORY_AFTER * limit)))[1]
            self._memory_full = limit > 0 and used > MEMORY_SHARE * limit
            self._memory_left = _MEMORY_STEP * limit if limit else math.inf
        return self._memory_full
