"""Ending background tasks for certain."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_S = 0.2


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and return when all have ended; how they ended is nobody's concern any more.

    On Python 3.11 `asyncio.wait_for` swallows a cancellation that arrives together with its result, and redis-py
    sends through it: a loop that calls Redis may go on after one `cancel`, and then whoever gathers it waits for ever.
    (https://github.com/python/cpython/issues/86296, mended in 3.12)
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen
