"""What happened, counted by day and channel for `snapshelf report`: nothing in it tells of a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import COUNTS_S, Keys
from core.messages import Reply
from core.telemetry import get_logger

log = get_logger(__name__)

What = Literal[
    "searches", "answered", "nothing", "not_close", "refused", "failed", "taps", "opened", "up", "down", "bought"
]


def outcome_of(reply: Reply) -> What:
    """What an answer counts as."""
    if reply.outcome == "hits":
        return "answered" if reply.close else "not_close"
    return reply.outcome


async def count(redis: Any, keys: Keys, channel: str, what: What) -> None:
    """One more of it today (UTC). A count that Redis does not take is left out: nobody waits for it."""
    key = keys.counts(datetime.now(UTC).date().isoformat())
    try:
        with redis_errors():
            async with redis.pipeline(transaction=True) as pipe:
                pipe.hincrby(key, f"{channel}:{what}", 1)
                pipe.expire(key, COUNTS_S)
                await pipe.execute()
    except Unavailable as error:
        log.info("a count is left out", what=what, reason=str(error))
