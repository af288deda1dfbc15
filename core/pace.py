"""Webhooks come first: how many entries a process works on at once follows from how late its event loop runs.

A loop with more to do than it has time for gets to each thing later, a webhook's answer too. So the less time it has,
the fewer entries are begun: what is not begun waits in Redis, where it is safe, and loses nothing, since a busy
processor does no more with many entries in hand than with a few. A loop that has time goes back to as many as before:
most of an entry's life is waiting for a messenger.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from types import TracebackType

LOOK_EVERY_S = 0.02
LATE_S = 0.003
"""A loop that comes this late to a timer has too much to do ..."""
BUSY = 0.3
"""... if it used this share of a processor meanwhile; else it is others that have the processor, and doing less would
not help."""
LESS = 0.7
"""Of what was allowed, whenever it is late; in time, one more."""


class Pace:
    """How many entries may be in hand. `run` looks after it until it is cancelled."""

    def __init__(self, *, least: int = 4, most: int = 64, late_s: float = LATE_S) -> None:
        self._least, self._most, self._late_s = least, most, late_s
        self._allowed = float(most)
        self._slots: list[Slots] = []

    @property
    def allowed(self) -> int:
        """Entries in hand of each kind."""
        return int(self._allowed)

    def slots(self) -> Slots:
        """For one kind of entries, which never wait for those of another kind."""
        self._slots.append(Slots(self))
        return self._slots[-1]

    def look(self, late_s: float, busy: float) -> None:
        """Learn how late the loop was, and the share of a processor that it used since the last look."""
        if late_s > self._late_s and busy > BUSY:
            self._allowed = max(self._least, self._allowed * LESS)
        else:
            self._allowed = min(self._most, self._allowed + 1)
            for slots in self._slots:
                slots.let_in()

    async def run(self) -> None:
        """Look at the loop's clock again and again."""
        loop = asyncio.get_running_loop()
        while True:
            began, used_s = loop.time(), time.thread_time()
            await asyncio.sleep(LOOK_EVERY_S)
            took_s = loop.time() - began
            self.look(took_s - LOOK_EVERY_S, (time.thread_time() - used_s) / took_s)


class Slots:
    """`async with` around the work on one entry: waits until one more may be in hand, first come, first in."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._in_hand = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if not self._waiting and self._in_hand < self._pace.allowed:
            self._in_hand += 1
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():  # let in at the same moment
                self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._in_hand -= 1
        self.let_in()

    def let_in(self) -> None:
        """As many as there is room for now."""
        while self._waiting and self._in_hand < self._pace.allowed:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                self._in_hand += 1
