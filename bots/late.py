"""Failures that a provider tells later, by callback: they find the part that failed and stand in for it once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from pydantic import TypeAdapter

from bots import actions
from bots.channel import ButtonSpec, Degrade, Outcome, Part, Rekey, Retry
from core.keys import partition_of
from core.messages import BadMessage, Status, Update, decode_update, encode
from core.streams import Output, Streams

FAILED = frozenset({"failed", "undelivered"})
"""The states (`Status.state`) that say that a message never arrived."""
RETRY_MS = 30_000
_ACTION: TypeAdapter[actions.Action] = TypeAdapter(actions.Action)


@runtime_checkable
class HearsLate(Protocol):
    """A channel whose provider accepts a message first and may tell later that it failed."""

    def late_failure(self, part: Part, code: str | None) -> Outcome:
        """What to do about a part that was accepted and then failed with this code (pure)."""
        ...


def failure_output(streams: Streams, update: Update) -> Output | None:
    """What hands a told failure to the senders, behind the answers that its chat was sent; None for other updates."""
    if not isinstance(update.content, Status) or update.content.state not in FAILED:
        return None
    stream = streams.keys.replies(partition_of(update.chat))
    return Output(stream, f"late:{update.job}", encode(update), update.chat, update.job)


def failure_in(data: bytes) -> Update | None:
    """The failure that an entry of `replies` tells of, if it does."""
    try:
        update = decode_update(data)
    except BadMessage:
        return None
    return update if isinstance(update.content, Status) else None


def remembered(part: Part) -> dict[str, Any]:
    """What has to be known of a part to send it otherwise; not its chat, so that it tells of nobody."""
    buttons = [dataclasses.asdict(button) for button in part.buttons]
    return {"kind": part.kind, "payload": dict(part.payload), "weight": part.weight, "buttons": buttons}


def part_from(kept: bytes, chat: str) -> Part | None:
    """The part behind a provider's id (`sent:‹provider id›`); None where its channel asked for none to be kept."""
    job, number, *more = json.loads(kept)
    if not more:
        return None
    known: Mapping[str, Any] = more[0]
    buttons = tuple(_button(button) for button in known["buttons"])
    return Part(chat, job, number, known["kind"], known["payload"], known["weight"], buttons)


def _button(kept: Mapping[str, Any]) -> ButtonSpec:
    action = _ACTION.validate_python(kept["action"]) if kept["action"] is not None else None
    return ButtonSpec(kept["label"], action, kept["token"], kept["url"])


def second_try(part: Part, outcome: Outcome) -> Outcome:
    """The outcome of a late failure as what is to be sent now: a part to repeat is a form of itself."""
    match outcome:
        case Retry(reason=reason):
            return Degrade((part,), reason)
        case Rekey(chat=chat):
            return Degrade((dataclasses.replace(part, chat=chat),), "the chat has another name now")
        case _:
            return outcome


def wait_before(outcome: Outcome, attempt: int) -> int | None:
    """ms to wait before a part is repeated; None: at once, or nothing is to be repeated."""
    if isinstance(outcome, Retry) and attempt == 0:
        return outcome.after_ms or RETRY_MS
    return None
