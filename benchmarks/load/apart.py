"""Workers on processors of their own, all else on the others: what many machines come to, on the processors of one.

The bare model's rate is that of the workers' processors alone. Where the share is small, it is those beside them that
have no time left: bots, Redis, shoppers and stand-in.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.load.material import Material
from benchmarks.load.raw import Model
from benchmarks.load.stage import staged
from benchmarks.load.throughput import both_ways


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """As `throughput` has it."""
    here = sorted(os.sched_getaffinity(0))
    assert len(here) > 1, "one processor cannot be shared out"
    workers, others = set(here[: len(here) // 2]), set(here[len(here) // 2 :])
    with _only_on(others):
        with _only_on(workers):
            model = await asyncio.to_thread(Model)
        async with staged(material, workers=0) as stage:
            with _only_on(workers):  # who is started now stays there
                await stage.start("worker")
            await stage.machine.ready()
            figures = await both_ways(stage, model, len(here), quick)
    return {"processors": len(workers), "of": len(here)} | figures


@contextmanager
def _only_on(processors: set[int]) -> Iterator[None]:
    """Threads and processes that are started meanwhile stay on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
