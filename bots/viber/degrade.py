"""What becomes of a part that Viber, or the user's phone, refused (pure). Every step leaves less to refuse."""

from __future__ import annotations

import dataclasses
import zlib

from bots.channel import Alarm, Degrade, Drop, Gone, Outcome, Part, Retry, Unknown
from bots.viber.errors import Kind, Verdict

WAIT_MS = 4_000
"""Viber tells no time to wait. The hundred messages that a silent user may get in an hour our own rates count."""


def outcome_of(part: Part, verdict: Verdict) -> Outcome:  # noqa: PLR0911 - a table, one line a kind
    """What the outbox does about it."""
    match verdict.kind:
        case Kind.LATER:
            return Retry(verdict.reason)
        case Kind.WAIT:
            return Retry(verdict.reason, _spread(part))
        case Kind.GONE:
            return Gone(verdict.reason)
        case Kind.ALARM:
            return Alarm(verdict.reason)
        case Kind.UNKNOWN:
            return Unknown(verdict.reason)
        case Kind.DROP:
            return Drop(verdict.reason, alarm=verdict.alarm)
        case _:
            return _simpler_or_not(part, verdict)


def simpler(part: Part, reason: str) -> Degrade | None:
    """An older form of the same: a carousel as pictures and a list, a keyboard for any phone, at last words alone."""
    if part.kind == "carousel":
        return Degrade(tuple(_instead(part)), reason)
    if part.payload.get("rows"):
        if part.payload.get("plain"):
            return _changed(part, reason, rows=[])
        return _changed(part, reason, plain=True)
    return None


def without_buttons(part: Part, reason: str) -> Degrade | None:
    """For what a phone refuses, which says no more than that it did."""
    if part.kind == "carousel":
        return simpler(part, reason)
    return _changed(part, reason, rows=[], plain=True) if part.payload.get("rows") else None


def _simpler_or_not(part: Part, verdict: Verdict) -> Outcome:
    instead = simpler(part, verdict.reason)
    if instead is not None:
        return instead
    return Gone(verdict.reason) if verdict.kind is Kind.NO_DEVICE else Drop(verdict.reason, alarm=verdict.alarm)


def _instead(part: Part) -> list[Part]:
    """The buttons go with the list, which is the last."""
    forms = part.payload["instead"]
    return [
        dataclasses.replace(
            part, kind=form["kind"], payload=form["payload"], buttons=part.buttons if form is forms[-1] else ()
        )
        for form in forms
    ]


def _changed(part: Part, reason: str, **changed: object) -> Degrade:
    return Degrade((dataclasses.replace(part, payload=dict(part.payload) | changed),), reason)


def _spread(part: Part) -> int:
    """Up to twice as long, different for each message: those that were refused together do not come back together."""
    return WAIT_MS + zlib.crc32(f"{part.chat}:{part.job}:{part.number}".encode()) % WAIT_MS
