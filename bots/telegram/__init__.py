"""Telegram: the Bot API through python-telegram-bot's `Bot` and `Update`, without its Application."""

import os

# RetryAfter then carries a timedelta; without it every 429 raises a deprecation warning inside the library.
os.environ.setdefault("PTB_TIMEDELTA", "1")
