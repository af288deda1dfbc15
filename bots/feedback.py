"""What shoppers think of answers: kept with question, photo, results and generation until it is exported or expires.

`snapshelf feedback export` writes it in the form that `snapshelf evaluate` reads.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from bots import actions
from bots.counts import count
from bots.questions import notice, now_ms
from bots.services import Services
from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import FEEDBACK_S
from core.messages import BadMessage, ByPhoto, Notice, Search, Update, decode_search
from core.telemetry import get_logger

log = get_logger(__name__)


async def record(services: Services, update: Update, action: actions.Judge) -> Notice:
    """Keep one verdict; a second about the same product replaces the first. Raises Unavailable."""
    keys, redis = services.keys, services.redis
    with redis_errors():
        stored: Any = await redis.get(keys.query(action.job))
    search = _read(stored)
    photos = await _keep_photos(services, search, action.job) if search is not None else []
    entry = f"{action.job}:{action.product}"
    verdict = {
        "at": now_ms(),
        "channel": update.channel,
        "job": action.job,
        "verdict": action.verdict,
        "product": action.product,
        "results": action.results,
        "generation": action.generation,
        "question": _question(search),
        "photos": photos,
    }
    erased = [keys.feedback(entry), *(keys.feedback_photo(action.job, number) for number in range(len(photos)))]
    with redis_errors():
        async with redis.pipeline(transaction=True) as pipe:
            pipe.set(keys.feedback(entry), json.dumps(verdict, ensure_ascii=False), ex=FEEDBACK_S)
            pipe.zadd(keys.feedbacks, {entry: now_ms()})
            pipe.sadd(keys.erase(update.user), *erased)
            await pipe.execute()
    await count(redis, keys, update.channel, action.verdict)
    return _thanks(update, action)


def _thanks(update: Update, action: actions.Judge) -> Notice:
    if action.verdict != "up":
        return notice(update, "bought" if action.verdict == "bought" else "disliked")
    args = {"product": action.product, "results": "\n".join(action.results), "generation": action.generation}
    return notice(update, "liked", of=action.job, **args)


async def _keep_photos(services: Services, search: Search, job: str) -> list[str]:
    """Copy the photos of the question, where there is room; the keys they stand under."""
    if not isinstance(search.query, ByPhoto):
        return []
    kept = []
    for number, blob in enumerate(search.query.blobs):
        key = services.keys.feedback_photo(job, number)
        try:
            data = await services.blobs.get(blob) if await services.blobs.has_room() else None
            if data is None:
                break
            with redis_errors():
                await services.redis.set(key, data, ex=FEEDBACK_S)
        except Unavailable as error:
            log.info("a verdict is kept without its photo", reason=str(error))
            break
        kept.append(key)
    return kept


def _question(search: Search | None) -> dict[str, object]:
    if search is None:
        return {}
    asked = dataclasses.asdict(search.query) | {"refine": search.refine, "filters": dataclasses.asdict(search.filters)}
    asked.pop("blobs", None)
    return asked


def _read(stored: bytes | None) -> Search | None:
    try:
        return decode_search(stored) if stored is not None else None
    except BadMessage:  # written by a newer version
        return None
