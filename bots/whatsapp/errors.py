"""What an error of Twilio means to us: a table by code, for REST answers and status callbacks alike.

https://www.twilio.com/docs/api/errors. Twilio warns that the causes of a code shift, so this is data and not logic: a
code that is not here is tried once more and then dropped. Its texts may hold numbers of people: nothing but the row's
own `reason` leaves this module.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Kind(enum.Enum):
    """What we do about it."""

    ALARM = "alarm"
    """Nothing can be sent until a person acts."""
    GONE = "gone"
    """This person cannot be written to any more, until they write."""
    WINDOW = "window"
    """Their last message is over 24 hours ago; only an approved template would reach them. Dropped."""
    DROP = "drop"
    """Never accepted; nothing to mend."""
    BUG = "bug"
    """Never accepted, and somebody should look: dropped and counted as an alarm."""
    WAIT = "wait"
    """Too many at once: later, and the chat rests until then. Not counted as an attempt."""
    LATER = "later"
    """Trouble at Twilio's or on the way there; the message was not taken: try again."""
    ONCE = "once"
    """Nobody knows why: once more, then dropped."""
    MEDIA = "media"
    """The picture is what is wrong: the same in words."""
    MEDIA_ONCE = "media_once"
    """The picture was not fetched: once more, then in words."""
    CONTENT = "content"
    """The list is what is wrong: the same in words, with numbers to answer with."""
    TEMPLATE = "template"
    """Its template is not there, or not to be used: the same in words, and a new template for the next."""
    UNKNOWN = "unknown"
    """Nobody knows whether it was sent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of it; `reason` is safe to log, to count by and to show an admin."""

    kind: Kind
    reason: str
    after_ms: int | None = None
    code: int | None = None
    alarm: bool = False
    """Somebody should hear of it, whatever becomes of the message."""


class Failed(Exception):
    """Twilio did not do it; the text is the verdict's reason."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


_SECOND, _PAIR = 1_000, 6_000
"""About one message in 6 s to one person: https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput"""
_TOKEN = "Twilio refuses the account SID or the auth token: look at TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."  # noqa: S105
_SENDER = "Twilio does not know WHATSAPP_FROM as a WhatsApp sender of this account: see its console."
_ACCOUNT = "Twilio has suspended this account or closed it: see its console."
_META = "Meta has locked or restricted this WhatsApp sender: see Twilio's console and WhatsApp Manager."


def _row(kind: Kind, reason: str, *, after_ms: int | None = None, alarm: bool = False) -> Verdict:
    return Verdict(kind, reason, after_ms, alarm=alarm or kind in (Kind.ALARM, Kind.BUG))


TABLE: Mapping[int, Verdict] = {
    # REST in general
    20003: _row(Kind.ALARM, _TOKEN),
    20404: _row(Kind.DROP, "Twilio finds nothing there"),
    20429: _row(Kind.WAIT, "too many requests at once", after_ms=_SECOND),
    20500: _row(Kind.LATER, "trouble at Twilio's"),
    20503: _row(Kind.LATER, "Twilio is not available"),
    # our webhook: shown in Twilio's debugger, never the answer to a send
    11200: _row(Kind.BUG, "Twilio got no answer from our webhook"),
    11205: _row(Kind.BUG, "Twilio does not reach our webhook"),
    11215: _row(Kind.BUG, "our webhook redirects too often"),
    11750: _row(Kind.BUG, "our webhook answered with too much"),
    12200: _row(Kind.BUG, "our webhook answered with something else than nothing"),
    # pictures
    11751: _row(Kind.MEDIA, "the picture is too large"),
    12300: _row(Kind.MEDIA, "the picture's type is not accepted"),
    21620: _row(Kind.MEDIA, "the picture's address is refused", alarm=True),
    21623: _row(Kind.MEDIA, "too many pictures in one message", alarm=True),
    63019: _row(Kind.MEDIA_ONCE, "the picture was not fetched"),
    63025: _row(Kind.DROP, "the picture is there already"),
    63034: _row(Kind.MEDIA, "the picture is too large"),
    63037: _row(Kind.MEDIA_ONCE, "the picture was not passed on"),
    # the person
    21211: _row(Kind.GONE, "no such number"),
    21604: _row(Kind.GONE, "no number to send to"),
    21610: _row(Kind.GONE, "opted out with STOP"),
    21614: _row(Kind.GONE, "no number for messages"),
    30003: _row(Kind.GONE, "not reachable"),
    30005: _row(Kind.GONE, "unknown"),
    63003: _row(Kind.GONE, "not found on WhatsApp"),
    63014: _row(Kind.GONE, "blocked us"),
    63024: _row(Kind.GONE, "not on WhatsApp"),
    63032: _row(Kind.DROP, "WhatsApp holds messages to this person back"),
    63033: _row(Kind.GONE, "blocked"),
    63015: _row(Kind.DROP, "has not joined the sandbox (any more)"),
    63016: _row(Kind.WINDOW, "outside the 24-hour window"),
    63049: _row(Kind.DROP, "Meta chose not to deliver it"),
    # our sender and account
    21212: _row(Kind.ALARM, _SENDER),
    21606: _row(Kind.ALARM, _SENDER),
    63002: _row(Kind.ALARM, _SENDER),
    63007: _row(Kind.ALARM, _SENDER),
    21910: _row(Kind.BUG, "From and To are of different channels"),
    63031: _row(Kind.BUG, "From and To are the same"),
    30002: _row(Kind.ALARM, _ACCOUNT),
    90010: _row(Kind.ALARM, _ACCOUNT),
    63001: _row(Kind.ALARM, _META),
    63008: _row(Kind.ALARM, _META),
    63011: _row(Kind.ALARM, _META),
    63020: _row(Kind.ALARM, "The invitation of Meta Business Manager is not accepted yet: see Twilio's console."),
    63022: _row(Kind.ALARM, "Meta refuses the sender's certificate: see Twilio's console."),
    63026: _row(Kind.ALARM, "WhatsApp takes this sender for a spammer: see WhatsApp Manager."),
    63051: _row(Kind.ALARM, _META),
    63062: _row(Kind.ALARM, "Meta's marketing terms are not accepted: see WhatsApp Manager."),
    63038: _row(Kind.ALARM, "Twilio's daily limit of messages is used up: wait, or have it raised in the console."),
    # the message
    21602: _row(Kind.BUG, "a message without a body"),
    21617: _row(Kind.BUG, "a body of over 1600 characters"),
    21609: _row(Kind.BUG, "the address for status callbacks is refused: look at PUBLIC_URL"),
    21654: _row(Kind.CONTENT, "variables without a template", alarm=True),
    21655: _row(Kind.TEMPLATE, "the template is not there", alarm=True),
    21656: _row(Kind.CONTENT, "the template's variables are refused", alarm=True),
    30007: _row(Kind.BUG, "filtered as spam"),
    30036: _row(Kind.DROP, "waited too long at Twilio's"),
    63005: _row(Kind.CONTENT, "content not accepted"),
    63006: _row(Kind.CONTENT, "content cannot be formatted"),
    63013: _row(Kind.CONTENT, "against WhatsApp's rules", alarm=True),
    63021: _row(Kind.CONTENT, "content is not valid"),
    63027: _row(Kind.TEMPLATE, "the template is not there in this language", alarm=True),
    63028: _row(Kind.CONTENT, "wrong number of variables", alarm=True),
    63029: _row(Kind.TEMPLATE, "the template was not received", alarm=True),
    63030: _row(Kind.BUG, "a parameter that this kind of message does not take"),
    63040: _row(Kind.TEMPLATE, "the template is rejected", alarm=True),
    63041: _row(Kind.TEMPLATE, "the template is paused", alarm=True),
    63042: _row(Kind.TEMPLATE, "the template is disabled", alarm=True),
    # rates
    21611: _row(Kind.WAIT, "Twilio's queue for this sender is full", after_ms=10 * _SECOND),
    30001: _row(Kind.WAIT, "Twilio's queue is full", after_ms=10 * _SECOND),
    63017: _row(Kind.WAIT, "over 2000 messages a second in this account", after_ms=10 * _SECOND),
    63018: _row(Kind.WAIT, "too many messages, to this person or over all", after_ms=_PAIR),
    # trouble
    30008: _row(Kind.ONCE, "unknown error"),
    30410: _row(Kind.ONCE, "WhatsApp did not answer Twilio"),
    63009: _row(Kind.LATER, "trouble at WhatsApp's"),
    63010: _row(Kind.LATER, "trouble at Twilio's"),
    63012: _row(Kind.LATER, "trouble at WhatsApp's"),
    63023: _row(Kind.LATER, "trouble at WhatsApp's"),
}
"""Every code that the reference for WhatsApp names, and those of REST."""


def by_code(code: int | str | None) -> Verdict | None:
    """The verdict on a code; None for no code at all."""
    try:
        number = int(code or 0)
    except ValueError:
        number = 0
    if number <= 0:
        return None
    row = TABLE.get(number) or Verdict(Kind.ONCE, "a code that is new to us")
    return Verdict(
        row.kind,
        f"{row.reason} ({number})" if row.kind is not Kind.ALARM else row.reason,
        row.after_ms,
        number,
        row.alarm,
    )


def by_answer(status: int, body: Any) -> Verdict:
    """The verdict on an HTTP answer that is no success. `body` is its JSON, in Twilio's form or RFC 9457's."""
    if status == 504:  # a gateway gave up waiting: what stands behind it may have done its work
        return Verdict(Kind.UNKNOWN, "HTTP 504")
    code = body.get("code") if isinstance(body, dict) else None
    if isinstance(code, int | str) and (found := by_code(code)) is not None and status < 500:
        return found
    if status == 429:
        return Verdict(Kind.WAIT, "too many requests at once", _SECOND)
    if status in (401, 403):
        return Verdict(Kind.ALARM, _TOKEN, alarm=True)
    if status >= 500 or status in (408, 425):
        return Verdict(Kind.LATER, f"HTTP {status}")
    return Verdict(Kind.BUG, f"HTTP {status}", alarm=True)
