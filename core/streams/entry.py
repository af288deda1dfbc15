"""What stands in our streams, and the states that it can be in."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Field = str | bytes | int


class Malformed(ValueError):
    """An entry without the fields that each of ours has."""


class RetryState(enum.StrEnum):
    """What became of an entry that failed."""

    LATER = "later"
    """It comes back when it is due."""
    DEAD = "dead"
    """It was tried often enough; it is a dead letter now."""
    GONE = "gone"
    """It was not ours any more: another consumer has it."""


class PartState(enum.StrEnum):
    """What stood at a part of an answer before we took it."""

    FRESH = "fresh"
    """Never tried."""
    SENDING = "sending"
    """Interrupted between send and mark: it is sent once more, and counted as repeated."""
    RESENT = "resent"
    """Interrupted a second time: it is not sent again."""
    SENT = "sent"
    """The provider has it."""
    UNKNOWN = "unknown"
    """The send timed out: not repeated."""
    DROPPED = "dropped"
    """The provider will never take it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that a consumer has in hand."""

    stream: str
    id: str
    data: bytes
    chat: str
    job: str
    attempt: int = 0
    """How often it failed before."""
    deliveries: int = 1
    """How often it was handed out under this id; more than once means that a consumer died with it."""
    at_ms: int = 0
    """When what it stems from was accepted."""
    since_ms: int = 0
    """Since when it stands in the stream, by Redis's clock; being tried again changes nothing about that."""
    group: str = ""
    head: bool = False
    """Its chat is held back until it is done."""
    trace: str = ""
    """The `traceparent` that it belongs to."""

    def fields(self, *, attempt: int | None = None, head: bool | None = None) -> list[str]:
        """Names and values for XADD, as text: what goes through JSON in a script."""
        return entry_fields(
            self.data,
            chat=self.chat,
            job=self.job,
            attempt=self.attempt if attempt is None else attempt,
            at_ms=self.at_ms,
            head=self.head if head is None else head,
            trace=self.trace,
        )


@dataclass(frozen=True, slots=True)
class Output:
    """What a step adds to a stream: taken once by `id`, however often the step is done."""

    stream: str
    id: str
    data: bytes
    chat: str
    job: str
    turn: bool = False
    """Answers of a chat go out in the order of these jobs."""
    at_ms: int | None = None


def entry_fields(
    data: bytes, *, chat: str, job: str, attempt: int, at_ms: int, head: bool, trace: str = ""
) -> list[str]:
    """Names and values of an entry."""
    fields = ["data", data.decode(), "chat", chat, "job", job, "attempt", str(attempt), "at", str(at_ms)]
    return fields + (["head", "1"] if head else []) + (["trace", trace] if trace else [])


def parse_entry(stream: str, entry_id: bytes, raw: Mapping[bytes, bytes], *, group: str, deliveries: int = 1) -> Entry:
    """An entry as Redis gives it. Raises Malformed when it is none of ours."""
    try:
        return _parsed(stream, entry_id, raw, group, deliveries)
    except (KeyError, ValueError) as error:
        raise Malformed(f"{type(error).__name__}") from None


def _parsed(stream: str, entry_id: bytes, raw: Mapping[bytes, bytes], group: str, deliveries: int) -> Entry:
    raw[b"data"].decode()  # it has to go through scripts as text
    return Entry(
        stream=stream,
        id=entry_id.decode(),
        data=raw[b"data"],
        chat=raw[b"chat"].decode(),
        job=raw[b"job"].decode(),
        attempt=int(raw[b"attempt"]),
        deliveries=deliveries,
        at_ms=int(raw[b"at"]),
        since_ms=int(raw.get(b"since") or entry_id.partition(b"-")[0]),
        group=group,
        head=b"head" in raw,
        trace=raw.get(b"trace", b"").decode("ascii", "replace"),
    )


def photos_in(data: bytes) -> int:
    """How many accepted photos the message in an entry stands for; 0 for what cannot be read."""
    message = _json(data)
    content = message.get("content")
    if isinstance(content, dict):
        return {"photo": 1, "album": len(content.get("photos") or ())}.get(str(content.get("kind")), 0)
    photos = message.get("photos", 0)
    return photos if isinstance(photos, int) else 0


def blobs_in(data: bytes) -> list[str]:
    """The blobs that a Search names."""
    query = _json(data).get("query")
    return [str(blob) for blob in query.get("blobs") or ()] if isinstance(query, dict) else []


def language_in(data: bytes) -> str:
    """The language of a message, `en` where it says none."""
    return str(_json(data).get("language") or "en")


def _json(data: bytes) -> dict[str, Any]:
    try:
        message = json.loads(data)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
