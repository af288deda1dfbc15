"""Progress of long work: a bar on a terminal, a line every 10 s elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 10.0


class Bars:
    """One bar a stage, on stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = sys.stderr.isatty()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, stage: str, done: int, total: int) -> None:
        """`total` 0: nobody knows how much it is."""
        if not self._live:
            self._line(stage, done, total)
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total or None)
        self._progress.update(self._tasks[stage], completed=done, total=total or None)

    def stage(self, stage: str, done: int, total: int) -> None:
        """For `index.reindex`: its stages are small words."""
        self.show(stage.capitalize(), done, total)

    def _line(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        first, last = stage not in self._said, total > 0 and done >= total
        if first or last or now - self._said[stage] > LINE_EVERY_S:
            self._said[stage] = now
            print(f"{stage}: {done} of {total}" if total else f"{stage} ...", file=sys.stderr)
