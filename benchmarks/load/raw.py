"""The bare model beside the service: pictures a second on all processors, on pixels that are ready."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.cpus import usable_cpus
from index.model.runtime import BUILTIN, Embedder

BATCH = 8
SEED = 0


@dataclass(frozen=True)
class Raw:
    """Of the model alone."""

    per_s: float
    processor_ms: float
    """A picture."""


class Model:
    """Embedders as the faster of two layouts has them: one with a thread for each processor, or one each."""

    def __init__(self, file: str | Path = BUILTIN) -> None:
        cpus = usable_cpus()
        layouts = [[Embedder.load(file, threads=cpus)]]
        if cpus > 1:
            layouts.append([Embedder.load(file, threads=1) for _ in range(cpus)])
        for layout in layouts:
            for session in layout:
                session.warm([BATCH])
        self._pool = ThreadPoolExecutor(cpus)
        self._sessions = max(layouts, key=lambda layout: self._measure(layout, 1.0).per_s)

    def measure(self, seconds: float) -> Raw:
        return self._measure(self._sessions, seconds)

    @property
    def layout(self) -> str:
        """In words."""
        return f"{len(self._sessions)} of {usable_cpus() // len(self._sessions)} threads"

    def _measure(self, sessions: list[Embedder], seconds: float) -> Raw:
        side = sessions[0].input_size
        pixels = np.random.default_rng(SEED).integers(0, 256, (BATCH, side, side, 3), dtype=np.uint8)
        started, before = time.perf_counter(), os.times()

        def embed(session: Embedder) -> int:
            done = 0
            while time.perf_counter() - started < seconds:
                session.embed(pixels)
                done += BATCH
            return done

        count = sum(self._pool.map(embed, sessions))
        took, after = time.perf_counter() - started, os.times()
        used = after.user + after.system - before.user - before.system
        return Raw(count / took, used / count * 1000)
