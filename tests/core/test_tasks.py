"""Tasks end, however often they must be told."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from core.tasks import end, together


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


async def test_what_runs_beside_ends_with_the_work() -> None:
    ended = asyncio.Event()

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    await together([asyncio.sleep(0), asyncio.sleep(0.01)], beside=[beside()])
    assert ended.is_set()


async def test_one_that_fails_beside_the_work_ends_it_and_is_raised() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the batcher died")

    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="batcher"):
        await together([work()], beside=[fails()])


async def test_with_a_stop_the_others_finish_what_they_have_in_hand() -> None:
    stop, told = asyncio.Event(), list[str]()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("one part died")

    async def works() -> None:
        await stop.wait()
        await asyncio.sleep(0.01)
        told.append("handed on")

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("beside ended")

    with pytest.raises(RuntimeError, match="one part"):
        await together([works(), fails()], beside=[beside()], stop=stop)
    assert told == ["handed on", "beside ended"]


async def test_cancelled_from_outside_the_work_is_stopped_and_not_cut_off() -> None:
    stop, begun, told = asyncio.Event(), asyncio.Event(), list[str]()

    async def works() -> None:
        begun.set()
        await stop.wait()
        told.append("handed on")

    running = asyncio.create_task(together([works()], stop=stop))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert told == ["handed on"]
