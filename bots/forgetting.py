"""Erase what is stored about a user: /forget in the chat, `snapshelf forget` for an operator."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from redis.exceptions import RedisError

from core.blobs import Blobs
from core.connection import redis_errors
from core.keys import Keys
from core.telemetry import get_logger

log = get_logger(__name__)

REWRITE_TRIES = 30
REWRITE_EVERY_S = 2.0


async def forget(redis: Any, keys: Keys, blobs: Blobs, user: str) -> int:
    """How many things were erased. What is under way just now is answered, and forgotten by its own expiry.

    Questions, photos, verdicts with their photos, the chosen language, limits and dead letters. Raises Unavailable.
    """
    with redis_errors():
        held = {key.decode() for key in await redis.smembers(keys.erase(user))}
    photos = [key for key in held if key.startswith(keys.blob("", 0).rpartition("::")[0])]
    await blobs.erase(photos)
    chats = _chats(held, keys) | {user}
    lasting = [keys.erase(user), keys.language(user), keys.limit(f"searches:{user}")]
    for chat in chats:
        lasting += [keys.last_query(chat), keys.onward(chat), keys.gone(chat), keys.welcomed(chat)]
        lasting += [keys.burst(chat), keys.heard(chat)]
    entries = [key.removeprefix(keys.feedback("")) for key in held if key.startswith(keys.feedback(""))]
    with redis_errors():
        async with redis.pipeline(transaction=True) as pipe:
            pipe.delete(*held, *lasting)
            if entries:
                pipe.zrem(keys.feedbacks, *entries)
            erased = int((await pipe.execute())[0])
    jobs = {key.removeprefix(keys.query("")) for key in held if key.startswith(keys.query(""))}
    return erased + len(photos) + await _erase_dead_letters(redis, keys, user, jobs)


def _chats(held: set[str], keys: Keys) -> set[str]:
    return {key.removeprefix(keys.last_query("")) for key in held if key.startswith(keys.last_query(""))}


async def _erase_dead_letters(redis: Any, keys: Keys, user: str, jobs: set[str]) -> int:
    """Those of the user's own updates and questions. A group's letters of other people stay."""
    erased = 0
    with redis_errors():
        for entry_id, fields in await redis.xrange(keys.dead):
            job, chat = fields.get(b"job", b"").decode(), fields.get(b"chat", b"").decode()
            if job in jobs or _user_of(fields.get(b"data", b"")) == user or chat == user:
                erased += int(await redis.xdel(keys.dead, entry_id))
    return erased


def _user_of(data: bytes) -> str:
    try:
        message = json.loads(data)
    except ValueError:
        return ""
    return str(message.get("user", "")) if isinstance(message, dict) else ""


async def rewrite_file(redis: Any) -> None:
    """Have Redis write its append-only file anew, so that what was erased leaves the disk too; best effort."""
    for _ in range(REWRITE_TRIES):
        try:
            await redis.bgrewriteaof()
        except RedisError as error:
            if "in progress" not in str(error):
                log.info("Redis does not rewrite its file", error=type(error).__name__)
                return
            await asyncio.sleep(REWRITE_EVERY_S)  # it began before we erased
        else:
            return
