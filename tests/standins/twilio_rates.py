"""WhatsApp's limits at Twilio's, counted strictly: https://help.twilio.com/articles/360024008153"""

from __future__ import annotations

import time
from collections import defaultdict, deque

OVERALL, OVERALL_S = 80, 1.0
PAIR_BURST, PAIR_PER_S = 45, 1 / 6
CONCURRENT = 100


class Rates:
    """80 messages in any second over all; to one person a burst of 45, then one in 6 s."""

    def __init__(self) -> None:
        self.strict = True
        """False: count nothing (for tests of other things)."""
        self.exceeded = 0
        """How many messages were too many: each failed later with 63018."""
        self.most_in_a_second = 0
        self.at_once = 0
        """Requests in hand."""
        self._overall: deque[float] = deque()
        self._pairs: dict[str, tuple[float, float]] = defaultdict(lambda: (float(PAIR_BURST), time.monotonic()))

    def take(self, to: str) -> bool:
        """Count a message; False when it is one too many."""
        if not self.strict:
            return True
        now = time.monotonic()
        while self._overall and self._overall[0] <= now - OVERALL_S:
            self._overall.popleft()
        tokens, at = self._pairs[to]
        tokens = min(PAIR_BURST, tokens + (now - at) * PAIR_PER_S)
        fits = len(self._overall) < OVERALL and tokens >= 1
        self._overall.append(now)
        self.most_in_a_second = max(self.most_in_a_second, len(self._overall))
        self._pairs[to] = (tokens - 1 if fits else tokens, now)
        self.exceeded += not fits
        return fits
