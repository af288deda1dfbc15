"""What becomes of a part that Twilio or WhatsApp refused, at once or later (pure). Every step leaves less to refuse."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from typing import Any

from bots.channel import Alarm, Degrade, Drop, Gone, Outcome, Part, Retry, Unknown
from bots.whatsapp.errors import Kind, Verdict
from bots.whatsapp.render import numbered_text

WITH_CONTENT = ("list", "choice")
"""Kinds of parts that are sent by a content template."""


def outcome_of(part: Part, verdict: Verdict) -> Outcome:  # noqa: PLR0911 - a table, one line a kind
    """What the outbox does about it."""
    match verdict.kind:
        case Kind.ALARM:
            return Alarm(verdict.reason)
        case Kind.GONE:
            return Gone(verdict.reason)
        case Kind.WAIT:
            return Retry(verdict.reason, _spread(part, verdict.after_ms or 1_000))
        case Kind.LATER:
            return Retry(verdict.reason)
        case Kind.UNKNOWN:
            return Unknown(verdict.reason)
        case Kind.ONCE | Kind.MEDIA_ONCE if not part.payload.get("again"):
            return Degrade((_changed(part, again=True),), verdict.reason)
        case Kind.MEDIA | Kind.MEDIA_ONCE | Kind.CONTENT | Kind.TEMPLATE:
            return in_words(part, verdict.reason)
        case _:
            return Drop(verdict.reason, alarm=verdict.alarm)


def in_words(part: Part, reason: str) -> Degrade | Drop:
    """The same as a plain text: a card's lines without its picture, a list's rows with numbers to answer with."""
    payload = part.payload
    if part.kind == "picture":
        return _text(part, {"body": payload["body"]}, reason)
    if part.kind in WITH_CONTENT:
        return _text(part, {"body": numbered_text(payload), "numbers": payload["numbers"]}, reason)
    return Drop(reason)


def _text(part: Part, payload: Mapping[str, Any], reason: str) -> Degrade:
    return Degrade((dataclasses.replace(part, kind="text", payload=payload),), reason)


def _changed(part: Part, **changed: object) -> Part:
    return dataclasses.replace(part, payload=dict(part.payload) | changed)


def _spread(part: Part, after_ms: int) -> int:
    """Up to twice as long, different for each message: those that were refused together do not come back together."""
    return after_ms + zlib.crc32(f"{part.chat}:{part.job}:{part.number}".encode()) % after_ms
