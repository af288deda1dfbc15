"""Viber's limits, strictly: 100 messages a user in an hour without a word from the user; 500 requests in any 10 s.

The first is documented with status 12; for single messages Viber documents no rate over all, so that of broadcasts is
taken. https://developers.viber.com/docs/api/rest-bot-api/
"""

from __future__ import annotations

import time
from collections import defaultdict, deque

from tests.standins.viber_faults import Refusal

SILENT, SILENT_S = 100, 3600.0
OVERALL, OVERALL_S = 500, 10.0


class Rates:
    """Of one bot."""

    def __init__(self) -> None:
        self.strict = True
        """False: count nothing (for tests of other things)."""
        self.refused = 0
        """How often the bot was told that it is too much."""
        self.most_in_ten_seconds = 0
        self._overall: deque[float] = deque()
        self._silent: dict[str, deque[float]] = defaultdict(deque)

    def take(self, user: str) -> None:
        """Count a message. Raises Refusal 12."""
        if not self.strict:
            return
        now = time.monotonic()
        _forget(self._overall, now - OVERALL_S)
        _forget(self._silent[user], now - SILENT_S)
        if len(self._overall) >= OVERALL or len(self._silent[user]) >= SILENT:
            self.refused += 1
            raise Refusal(12)
        self._overall.append(now)
        self._silent[user].append(now)
        self.most_in_ten_seconds = max(self.most_in_ten_seconds, len(self._overall))

    def heard(self, user: str) -> None:
        """The user wrote: their hundred begin anew."""
        self._silent[user].clear()


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
