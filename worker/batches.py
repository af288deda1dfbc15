"""Dynamic batches: photos that happen to be there together are embedded together, and none waits for company.

A batch starts as soon as it is full, or nobody else is on the way, or its first photo has waited for `wait_ms`.
While one batch runs the next one gathers, so that batches grow with the load by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.model.contract import Descriptors, Pixels

Embed = Callable[[Pixels], Descriptors]
Observe = Callable[[int, float], None]
"""Told of each batch: how many photos, how many seconds."""


def _unobserved(size: int, seconds: float) -> None:
    pass


@dataclass(eq=False, slots=True)
class _Row:
    pixels: npt.NDArray[np.uint8]
    """`[S, S, 3]`."""
    future: asyncio.Future[npt.NDArray[np.float32]]
    at: float


class Batcher:
    """In front of one embedder, which works in `pool`. `run` embeds until it is cancelled."""

    def __init__(
        self, embed: Embed, pool: Executor, *, size: int, wait_ms: float, observe: Observe = _unobserved
    ) -> None:
        self._embed, self._pool, self._observe = embed, pool, observe
        self._size, self._wait_s = size, wait_ms / 1000
        self._queue: deque[_Row] = deque()
        self._expected = 0
        self._changed = asyncio.Event()

    @contextlib.contextmanager
    def expecting(self) -> Iterator[None]:
        """While a photo is being fetched and decoded: a batch may wait for it (for `wait_ms` at most)."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._changed.set()

    async def embed(self, pixels: Pixels) -> Descriptors:
        """Descriptors float32 `[M, D]` of uint8 `[M, S, S, 3]`, M > 0.

        Raises what the embedder raises for one of these photos alone; batch mates are not touched by it.
        """
        loop = asyncio.get_running_loop()
        rows = [_Row(one, loop.create_future(), loop.time()) for one in pixels]
        self._queue.extend(rows)
        self._changed.set()
        try:
            return np.stack(await asyncio.gather(*(row.future for row in rows)))
        finally:
            for row in rows:
                if row.future.done() and not row.future.cancelled():
                    row.future.exception()  # seen: a second broken photo of one question has nobody else to tell
                row.future.cancel()

    async def run(self) -> None:
        """Embed what comes, batch after batch."""
        while True:
            await self._gathered()
            rows = [self._queue.popleft() for _ in range(min(self._size, len(self._queue)))]
            await self._serve([row for row in rows if not row.future.done()])

    async def _gathered(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            left_s = self._queue[0].at + self._wait_s - loop.time() if self._queue else None
            if left_s is not None and (len(self._queue) >= self._size or not self._expected or left_s <= 0):
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._changed.wait()

    async def _serve(self, rows: list[_Row]) -> None:
        if not rows:
            return
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            descriptors = await loop.run_in_executor(self._pool, self._embed, np.stack([row.pixels for row in rows]))
        except Exception as error:  # whatever a runtime throws: only the photo that causes it shall feel it
            if len(rows) > 1:
                for row in rows:
                    await self._serve([row])
            elif not rows[0].future.done():
                rows[0].future.set_exception(error)
            return
        self._observe(len(rows), loop.time() - started)
        for row, descriptor in zip(rows, descriptors, strict=True):
            if not row.future.done():
                row.future.set_result(descriptor)
