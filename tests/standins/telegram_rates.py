"""Telegram's limits as documented, strictly: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque

from tests.standins.telegram_faults import ApiError

OVERALL, OVERALL_S = 30, 1.0
GROUP, GROUP_S = 20, 60.0
CHAT_BURST, CHAT_PER_S = 3, 1.0


class Rates:
    """30 messages in any second over all, 20 in any minute in a group, 1 a second with a burst of 3 in a chat."""

    def __init__(self) -> None:
        self.strict = True
        """False: count nothing (for tests of other things)."""
        self.refused = 0
        """How often a bot was told to wait."""
        self.most_in_a_second = 0
        self._overall: deque[float] = deque()
        self._groups: dict[int, deque[float]] = defaultdict(deque)
        self._chats: dict[int, tuple[float, float]] = {}

    def take(self, chat: int, weight: int) -> None:
        """Count a message (an album: its pictures). Raises ApiError 429."""
        if not self.strict:
            return
        now = time.monotonic()
        _forget(self._overall, now - OVERALL_S)
        _forget(self._groups[chat], now - GROUP_S)
        tokens = self._tokens(chat, now)
        if len(self._overall) + weight > OVERALL:
            self._refuse(self._overall[0] + OVERALL_S - now)
        if chat < 0 and len(self._groups[chat]) >= GROUP:
            self._refuse(self._groups[chat][0] + GROUP_S - now)
        if tokens < 1:
            self._refuse((1 - tokens) / CHAT_PER_S)
        self._overall.extend([now] * weight)
        self.most_in_a_second = max(self.most_in_a_second, len(self._overall))
        self._groups[chat].append(now)
        self._chats[chat] = (tokens - 1, now)

    def _tokens(self, chat: int, now: float) -> float:
        tokens, at = self._chats.get(chat, (float(CHAT_BURST), now))
        return min(CHAT_BURST, tokens + (now - at) * CHAT_PER_S)

    def _refuse(self, wait_s: float) -> None:
        self.refused += 1
        seconds = max(1, math.ceil(wait_s))
        raise ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
