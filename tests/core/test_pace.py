"""Fewer entries in hand while the event loop runs late by its own work, as many as before when it has time."""

from __future__ import annotations

import asyncio
import time

import pytest

from core.pace import BUSY, LATE_S, Pace
from core.tasks import end

LATE, IN_TIME = LATE_S * 10, LATE_S / 10


def test_a_loop_that_is_late_by_its_own_work_begins_less_down_to_a_few() -> None:
    pace = Pace(least=3, most=64)
    seen = []
    for _ in range(20):
        pace.look(LATE, 1.0)
        seen.append(pace.allowed)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 3


def test_a_loop_that_has_time_begins_as_many_as_before() -> None:
    pace = Pace(least=3, most=64)
    for _ in range(20):
        pace.look(LATE, 1.0)
    for _ in range(100):
        pace.look(IN_TIME, 1.0)
    assert pace.allowed == 64


@pytest.mark.parametrize(("late_s", "busy"), [(LATE, BUSY / 2), (IN_TIME, 1.0)])
def test_what_others_do_to_the_processor_is_no_reason_to_do_less(late_s: float, busy: float) -> None:
    pace = Pace(least=3, most=64)
    pace.look(late_s, busy)
    assert pace.allowed == 64


async def test_each_kind_has_its_slots_and_they_are_given_in_order() -> None:
    pace = Pace(least=1, most=1)
    inbox, replies = pace.slots(), pace.slots()
    order: list[str] = []
    go = asyncio.Event()

    async def work(name: str) -> None:
        async with inbox:
            order.append(name)
            await go.wait()

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    async with replies:
        order.append("reply")
    await asyncio.sleep(0)
    assert order == ["reply", "a"]
    go.set()
    await asyncio.gather(*tasks)
    assert order == ["reply", "a", "b", "c"]


async def test_one_that_gives_up_waiting_takes_no_place_with_it() -> None:
    slots = Pace(least=1, most=1).slots()
    async with slots:
        waiting = [asyncio.create_task(slots.__aenter__()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()  # let in a moment ago
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(5), slots:
        pass


async def test_those_who_wait_are_let_in_when_more_is_allowed() -> None:
    pace = Pace(least=1, most=2)
    pace.look(LATE, 1.0)
    slots = pace.slots()
    entered = asyncio.Event()

    async def work() -> None:
        async with slots:
            entered.set()

    async with slots:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        assert not entered.is_set()
        pace.look(IN_TIME, 1.0)
        async with asyncio.timeout(5):
            await entered.wait()
    await task


async def test_a_loop_that_is_kept_busy_is_noticed() -> None:
    pace = Pace()
    running = asyncio.create_task(pace.run())
    async with asyncio.timeout(20):
        while pace.allowed > 10:
            until = time.thread_time() + 0.03
            while time.thread_time() < until:
                pass
            await asyncio.sleep(0)
        while pace.allowed < 20:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
    await end(running)
