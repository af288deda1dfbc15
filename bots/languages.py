"""The language that a chat is answered in: the messenger's, until its user chooses one with /language."""

from __future__ import annotations

import dataclasses
from typing import Any

from redis.asyncio import Redis

from bots.catalogues import LANGUAGES
from bots.questions import notice
from bots.texts import nearest
from core.connection import redis_errors
from core.keys import Keys
from core.messages import Notice, Update

CHOSEN_S = 400 * 24 * 3600


async def in_chosen_language(redis: Redis, keys: Keys, update: Update) -> Update:
    """The update as if the messenger had named the language that its user chose. Raises Unavailable."""
    with redis_errors():
        chosen: Any = await redis.get(keys.language(update.user))
    return dataclasses.replace(update, language=chosen.decode()) if chosen else update


async def choose(redis: Redis, keys: Keys, update: Update, wanted: str) -> Notice:
    """Keep the choice and say so in it; offer all of them where it is none of ours. Raises Unavailable."""
    code = nearest(wanted)
    if code is None:
        return notice(update, "language", choices=" ".join(LANGUAGES))
    with redis_errors():
        async with redis.pipeline(transaction=True) as pipe:
            pipe.set(keys.language(update.user), code, ex=CHOSEN_S)
            pipe.sadd(keys.erase(update.user), keys.language(update.user))
            pipe.expire(keys.erase(update.user), CHOSEN_S)
            await pipe.execute()
    return notice(dataclasses.replace(update, language=code), "language_chosen")
