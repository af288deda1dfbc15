"""Tasks end, however often they must be told."""

from __future__ import annotations

import asyncio
import contextlib

from core.tasks import end


async def test_a_task_that_swallows_its_cancellation_ends_all_the_same() -> None:
    async def stubborn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task)
    assert task.cancelled()


async def test_tasks_that_ended_before_are_no_trouble() -> None:
    async def fails() -> None:
        raise ValueError

    failed, done = asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(0))
    await asyncio.wait([failed, done])
    await end(failed, done)
    await end()
