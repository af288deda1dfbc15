"""Background tasks: ended for certain, and never gone unnoticed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
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


async def together(
    work: Sequence[Coroutine[Any, Any, None]],
    beside: Sequence[Coroutine[Any, Any, None]] = (),
    *,
    stop: asyncio.Event | None = None,
) -> None:
    """Run all of `work` to its end, with `beside` running as long.

    The first that fails ends the others and is raised: half a process would sit there, alive and of no use. `stop`:
    what the work ends upon by itself; then it is set, and the others finish what they have in hand before all end.
    """
    working = [asyncio.create_task(part) for part in work]
    tasks = [*working, *(asyncio.create_task(part) for part in beside)]
    try:
        while any(not task.done() for task in working):
            done, _ = await asyncio.wait([task for task in tasks if not task.done()], return_when="FIRST_COMPLETED")
            for task in done:
                task.result()
    finally:
        try:
            if stop is not None and working:
                stop.set()
                await asyncio.wait(working)
        finally:
            await end(*tasks)
