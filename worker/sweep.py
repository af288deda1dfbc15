"""Long codes that no search has touched yet, checked in the background: damage shows before a shopper meets it."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import Executor, ThreadPoolExecutor

from core import metrics
from core.telemetry import get_logger
from index.longcodes import BrokenGeneration
from index.store import GenerationStore, NoGeneration

log = get_logger(__name__)

BLOCKS = 64
"""64 KiB each: some milliseconds of work, after which a search has its turn."""
PAUSE_S = 0.1
"""Between two steps: 40 MB a second at most."""
LOOK_S = 3.0
"""Between two looks for a generation that is not swept yet."""
NICE = 19


def sweeping_pool() -> ThreadPoolExecutor:
    """A thread of its own that takes the processor only where nobody else wants it."""
    return ThreadPoolExecutor(1, "sweep", initializer=_step_back)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere a priority belongs to the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def tell_broken(sentence: str) -> None:
    """The alarm of a worker's store: a line in the log and a count."""
    log.error("generation broken", problem=sentence)
    metrics.GENERATIONS_BROKEN.inc()


class Sweep:
    """`run` until it is cancelled, over whatever generation answers."""

    def __init__(self, store: GenerationStore, pool: Executor, *, pause_s: float = PAUSE_S) -> None:
        self._store, self._pool, self._pause_s = store, pool, pause_s
        self.swept: str | None = None
        """The generation whose long codes were all found whole."""

    async def run(self) -> None:
        """Sweep each generation once; a damaged one is left, with an alarm, for the one before it."""
        loop = asyncio.get_running_loop()
        while True:
            more = await loop.run_in_executor(self._pool, self.step)
            await asyncio.sleep(self._pause_s if more else LOOK_S)

    def step(self) -> bool:
        """Check some blocks; False where there is nothing to check. Blocks for the disk."""
        try:
            with self._store.lease() as generation:
                if generation.name == self.swept:
                    return False
                if generation.sweep(BLOCKS):
                    self.swept = generation.name
                    log.info("generation swept", generation=generation.name)
        except (NoGeneration, BrokenGeneration):
            return False  # the store has told of damage; the one before is looked at next
        return True
