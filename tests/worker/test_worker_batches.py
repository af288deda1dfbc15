"""Batches: filled when there is company, started at once when there is none, and no photo suffers for another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
import pytest

from index.model.contract import Descriptors, Pixels
from worker.batches import Batcher

SIDE = 8
NEVER_MS = 60_000


def photo(value: int, count: int = 1) -> Pixels:
    return np.full((count, SIDE, SIDE, 3), value, np.uint8)


class Model:
    """Describes a photo by its first value; fails for 13; can be held at a gate."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, pixels: Pixels) -> Descriptors:
        self.entered.set()
        assert self.gate.wait(20)
        if (pixels[:, 0, 0, 0] == 13).any():
            raise RuntimeError("no such photo")
        self.batches.append(len(pixels))
        return pixels[:, 0, 0, :1].astype(np.float32)


@asynccontextmanager
async def running(
    model: Callable[[Pixels], Descriptors], *, size: int = 4, wait_ms: float = NEVER_MS
) -> AsyncIterator[Batcher]:
    with ThreadPoolExecutor(1) as pool:
        batcher = Batcher(model, pool, size=size, wait_ms=wait_ms)
        task = asyncio.create_task(batcher.run())
        try:
            yield batcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_single_photo_starts_at_once_when_nobody_else_is_on_the_way() -> None:
    model = Model()
    async with running(model) as batcher:
        assert (await batcher.embed(photo(7)))[0, 0] == 7
    assert model.batches == [1]


async def test_a_batch_waits_for_a_photo_that_is_being_decoded() -> None:
    model = Model()
    async with running(model) as batcher:
        with batcher.expecting():
            first = asyncio.create_task(batcher.embed(photo(1)))
            await asyncio.sleep(0)
            second = asyncio.create_task(batcher.embed(photo(2)))
            await asyncio.sleep(0)
            assert not model.batches
        assert [(await first)[0, 0], (await second)[0, 0]] == [1, 2]
    assert model.batches == [2]


async def test_a_full_batch_waits_for_nobody() -> None:
    model = Model()
    async with running(model, size=2) as batcher:
        with batcher.expecting():
            both = await asyncio.gather(batcher.embed(photo(1)), batcher.embed(photo(2)))
    assert [one[0, 0] for one in both] == [1, 2]
    assert model.batches == [2]


async def test_a_photo_waits_no_longer_than_it_is_told_to() -> None:
    model = Model()
    async with running(model, wait_ms=20) as batcher:
        with batcher.expecting():
            assert (await batcher.embed(photo(5)))[0, 0] == 5


async def test_what_comes_while_a_batch_runs_makes_the_next_one() -> None:
    model = Model()
    model.gate.clear()
    async with running(model, size=8) as batcher:
        first = asyncio.create_task(batcher.embed(photo(1)))
        await asyncio.to_thread(model.entered.wait)
        others = [asyncio.create_task(batcher.embed(photo(value))) for value in (2, 3, 4)]
        await asyncio.sleep(0)
        model.gate.set()
        answers = [(await task)[0, 0] for task in (first, *others)]
    assert answers == [1, 2, 3, 4]
    assert model.batches == [1, 3]


async def test_one_broken_photo_fails_alone() -> None:
    model = Model()
    async with running(model, size=3) as batcher:
        with batcher.expecting():
            answers = await asyncio.gather(*(batcher.embed(photo(v)) for v in (1, 13, 2)), return_exceptions=True)
    assert isinstance(answers[1], RuntimeError)
    assert isinstance(answers[0], np.ndarray)
    assert isinstance(answers[2], np.ndarray)
    assert (answers[0][0, 0], answers[2][0, 0]) == (1, 2)


async def test_an_album_larger_than_a_batch_is_described_in_its_order() -> None:
    album = np.concatenate([photo(value) for value in range(1, 11)])
    async with running(Model(), size=4) as batcher:
        assert (await batcher.embed(album))[:, 0].tolist() == list(range(1, 11))


async def test_a_photo_given_up_takes_no_place_in_a_batch() -> None:
    model = Model()
    async with running(model, size=8) as batcher:
        with batcher.expecting():
            given_up = asyncio.create_task(batcher.embed(photo(1)))
            await asyncio.sleep(0)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            kept = asyncio.create_task(batcher.embed(photo(2)))
        assert (await kept)[0, 0] == 2
    assert model.batches == [1]
