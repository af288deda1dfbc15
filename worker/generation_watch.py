"""Which generation this worker answers from, looked at every few seconds, so that no shopper waits for it to open."""

from __future__ import annotations

import numpy as np

from core import metrics
from core.telemetry import get_logger
from index.longcodes import BrokenGeneration
from index.model.contract import Embeds
from index.searcher import other_family
from index.store import GenerationStore, NoGeneration

log = get_logger(__name__)


class GenerationWatch:
    """`serving`: the generation that this worker can answer from; None: it is not ready, and `problem` says why."""

    def __init__(self, store: GenerationStore, embedder: Embeds) -> None:
        self._store, self._fingerprint = store, embedder.fingerprint
        self._probe = np.zeros((1, embedder.dimensions), np.float32)
        self.problem: str | None = None
        self.serving: str | None = None

    def look(self) -> None:
        """Open what `current` names now, and tell the operator once of each change. Blocks for the disk."""
        try:
            generation = self._store.current()
        except (NoGeneration, BrokenGeneration) as error:
            self._not_ready(str(error))
            return
        if generation.fingerprint != self._fingerprint:
            self._not_ready(other_family(generation.name))
            return
        if generation.name != self.serving:
            self._warm()
            log.info("answering from generation", generation=generation.name, products=generation.manifest.products)
            metrics.GENERATION.clear()
            metrics.GENERATION.labels(generation.name).set(1)
        self.problem, self.serving = None, generation.name

    def _warm(self) -> None:
        """One search for nothing: libraries set themselves up at the first one, files are mapped."""
        try:
            with self._store.lease() as generation:
                generation.search(self._probe, want=1)
        except (NoGeneration, BrokenGeneration):
            return  # the next look tells

    def _not_ready(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("not ready", problem=problem)
            metrics.GENERATION.clear()
        self.problem, self.serving = problem, None
