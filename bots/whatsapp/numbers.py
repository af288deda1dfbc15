"""Answers in words: “2” means the second line of the last list, “👍 2” a verdict about its second product.

A list's buttons have tokens; each word gets one of its own that follows from chat and word alone, so that a webhook can
turn “2” into a tap without asking Redis. What the word stands for just now is stored when the list is sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from core.keys import Keys
from core.telemetry import get_logger

log = get_logger(__name__)

ROWS_MAX = 10
WORDS = (*(str(n) for n in range(1, ROWS_MAX + 1)), "up", *(f"up{n}" for n in range(1, ROWS_MAX + 1)), "down")
"""Every word there is."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_NUMBER = re.compile(r"#?\s*(\d{1,2})\s*[.)]?")
_THUMB = re.compile(r"(👍|👎)\s*(\d{1,2})?")
_DECORATION = re.compile("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
"""What makes a keycap of a digit, and the skin colours of a hand."""


def word_in(text: str) -> str | None:
    """The one of WORDS that a text is; None for any other text."""
    plain = _DECORATION.sub("", text).strip()
    if found := _NUMBER.fullmatch(plain):
        word = str(int(found[1]))
        return word if word in WORDS else None
    if found := _THUMB.fullmatch(plain):
        word = "down" if found[1] == "👎" else f"up{int(found[2])}" if found[2] else "up"
        return word if word in WORDS else None
    return None


def token_of(chat: str, word: str) -> str:
    """The token that a word has in this chat: 16 of `a-z0-9`, as buttons have."""
    number = int.from_bytes(hashlib.sha256(f"word\0{chat}\0{word}".encode()).digest())
    signs = []
    for _ in range(16):
        number, at = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[at])
    return "".join(signs)


async def remember(redis: Any, keys: Keys, chat: str, meanings: Mapping[str, str]) -> None:
    """From now on these words stand for the buttons of these tokens, the other words for nothing; best effort."""
    try:
        async with redis.pipeline(transaction=False) as pipe:
            for word in WORDS:
                own = keys.button(token_of(chat, word))
                pipe.delete(own)
                if word in meanings:
                    pipe.copy(keys.button(meanings[word]), own)
            await pipe.execute(raise_on_error=False)
    except RedisError as error:
        log.info("numbers of a list were not kept", error=type(error).__name__)
