"""Small writes that belong to accepted work: taken at Redis's memory limit too, so that the work can end."""

from __future__ import annotations

from typing import Any, Literal

from core.connection import redis_errors
from core.scripts import Scripts

_EVENTS_KEPT = 200
"""Of one stream: what a page that reconnects can still read."""
Mark = tuple[str, str | bytes, float]
"""key, value, seconds."""


async def keep(redis: Any, *marks: Mark) -> None:
    """Write all of them, or none. Raises Unavailable."""
    if not marks:
        return
    args: list[str | bytes | int | float] = []
    for _, value, seconds in marks:
        args += [value, max(1, int(seconds * 1000))]
    with redis_errors():
        await Scripts(redis).run("keep", [key for key, _, _ in marks], args)


async def pass_on(redis: Any, key: str, value: str, *, into: Literal["stream", "list"], seconds: int) -> None:
    """Give an answer to whoever waits at `key`. Raises Unavailable."""
    with redis_errors():
        await Scripts(redis).run("pass_on", [key], [into, value, seconds, _EVENTS_KEPT])
