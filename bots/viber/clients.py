"""What a user's app can show: Viber tells its API level with whatever the user sends, and takes no message above it."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from core.connection import redis_errors
from core.keys import CLIENT_S, Keys
from core.marks import keep

OPENED_S = 30
"""A welcome in the answer to the opening is not followed by another one."""
ERASE_S = 400 * 24 * 3600


class Clients:
    """The API levels of all users, in Redis."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._keys = keys
        # redis-py's types describe decoded and raw answers at once; ours are always bytes
        self._redis: Any = redis

    async def remember(self, chat: str, version: int) -> None:
        """Written only when it changed. Raises Unavailable."""
        if await self.version_of(chat) == version:
            return
        key = self._keys.client(chat)
        with redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(key, str(version), ex=CLIENT_S)
                pipe.sadd(self._keys.erase(chat), key)  # in a private chat the user's name is the chat's
                pipe.expire(self._keys.erase(chat), ERASE_S)
                await pipe.execute()

    async def version_of(self, chat: str) -> int:
        """0 where it is not known. Raises Unavailable."""
        with redis_errors():
            kept = await self._redis.get(self._keys.client(chat))
        return int(kept) if kept else 0

    async def welcomed(self, chat: str) -> None:
        """The welcome stood in the answer to the opening. Raises Unavailable."""
        await keep(self._redis, (self._keys.welcomed(chat), "opened", OPENED_S))
