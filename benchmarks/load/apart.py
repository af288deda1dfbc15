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
from benchmarks.load.throughput import IDLE_S, PHOTOS, ROUNDS, a_round, at_rest, by_api, by_webhook, told


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """By the webhook, and by `/api/search`."""
    here = sorted(os.sched_getaffinity(0))
    assert len(here) > 1, "one processor cannot be shared out"
    workers, others = set(here[: len(here) // 2]), set(here[len(here) // 2 :])
    rounds, photos, warm = (1, 60, 60) if quick else (ROUNDS, PHOTOS, 2 * PHOTOS)
    with _only_on(others):
        with _only_on(workers):
            model = await asyncio.to_thread(Model)
        async with staged(material, workers=0) as stage:
            with _only_on(workers):  # who is started now stays there
                await stage.start("worker")
            await stage.machine.ready()
            await by_webhook(stage, warm)
            idle = await at_rest(stage, 1.0 if quick else IDLE_S)
            webhook = [await a_round(stage, model, by_webhook, photos, idle) for _ in range(rounds)]
            api = [await a_round(stage, model, by_api, photos, idle) for _ in range(rounds)]
    shared = {"processors": len(workers), "of": len(here)}
    return shared | {"webhook": told(webhook, len(here)), "api": told(api, len(here))}


@contextmanager
def _only_on(processors: set[int]) -> Iterator[None]:
    """Threads and processes that are started meanwhile stay on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
