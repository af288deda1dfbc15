"""Small values that belong to accepted work: kept at Redis's memory limit too, so that the work can end."""

from __future__ import annotations

from typing import Any

from core.connection import redis_errors
from core.scripts import Scripts

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
