"""Redis's clock, without asking for it each time: the one clock that all machines of a service share."""

from __future__ import annotations

import time

from redis.asyncio import Redis

from core.connection import redis_errors


class RedisClock:
    """Looked at now and then, and carried on by a clock that nobody sets. Good to half a round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ahead_ms: float | None = None

    @property
    def known(self) -> bool:
        """Whether it was looked at yet."""
        return self._ahead_ms is not None

    async def look(self) -> None:
        """Compare. Raises Unavailable, RedisError."""
        began = time.monotonic()
        with redis_errors():
            seconds, micros = await self._redis.time()
        between = (began + time.monotonic()) / 2
        self._ahead_ms = seconds * 1000 + micros / 1000 - between * 1000

    def now_ms(self) -> int:
        """Milliseconds since the epoch, as Redis counts them. Only after the first look."""
        if self._ahead_ms is None:
            raise RuntimeError("Redis's clock was never looked at")
        return int(time.monotonic() * 1000 + self._ahead_ms)
