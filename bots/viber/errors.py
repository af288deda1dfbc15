"""What Viber's answer to a send means to us: a table by the `status` in the body, for HTTP says 200 even then.

https://developers.viber.com/docs/api/rest-bot-api/#error-codes. Viber's words may quote the request: nothing but the
row's own `reason` leaves this module.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Kind(enum.Enum):
    """What we do about it."""

    LATER = "later"
    """Not taken: try again, a few times."""
    WAIT = "wait"
    """Too many messages: later, and the chat rests until then. Not counted as an attempt."""
    GONE = "gone"
    """This user cannot be written to any more, until they write."""
    ALARM = "alarm"
    """Nothing can be sent until a person acts."""
    SIMPLER = "simpler"
    """The user's app cannot show it: the same in an older form, at last nothing."""
    NO_DEVICE = "no_device"
    """The user has no app that can show it: in an older form, at last as gone."""
    BUG = "bug"
    """Our own mistake: the same in an older form, dropped where there is none, and somebody should look."""
    DROP = "drop"
    """Never accepted; nothing to mend."""
    UNKNOWN = "unknown"
    """Nobody knows whether it was sent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of it; `reason` is safe to log, to count by and to show an admin."""

    kind: Kind
    reason: str
    alarm: bool = False
    """Somebody should hear of it, whatever becomes of the message."""
    status: int | None = None


class Failed(Exception):
    """Viber did not do it; the text is the verdict's reason."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


_HOOK = "Viber has no webhook of this bot: run `snapshelf webhooks set viber` while the bots run."
_ACCOUNT = "Viber has blocked or suspended this bot: write to Viber's support."

TABLE: Mapping[int, Verdict] = {
    1: Verdict(Kind.ALARM, "Viber does not reach the webhook's address: see `snapshelf doctor`."),
    2: Verdict(Kind.ALARM, "Viber refuses the token: look at VIBER_TOKEN."),
    3: Verdict(Kind.BUG, "Viber says that the request is malformed", alarm=True),
    4: Verdict(Kind.BUG, "Viber says that something is missing in the request", alarm=True),
    5: Verdict(Kind.GONE, "not registered with Viber"),
    6: Verdict(Kind.GONE, "not subscribed"),
    7: Verdict(Kind.ALARM, _ACCOUNT),
    8: Verdict(Kind.ALARM, "Viber knows no bot of this token: look at VIBER_TOKEN."),
    9: Verdict(Kind.ALARM, _ACCOUNT),
    10: Verdict(Kind.ALARM, _HOOK),
    11: Verdict(Kind.NO_DEVICE, "no device of the user can show it"),
    12: Verdict(Kind.WAIT, "too many requests"),
    13: Verdict(Kind.SIMPLER, "the user's app is too old for it"),
    14: Verdict(Kind.BUG, "something in it needs a higher min_api_version", alarm=True),
    15: Verdict(Kind.ALARM, "Viber does not allow this bot to send: see its terms and billing in Viber's admin panel."),
    16: Verdict(Kind.DROP, "an inline reply is not allowed"),
    17: Verdict(Kind.DROP, "the account is not inline"),
    18: Verdict(Kind.DROP, "the bot has no public chat"),
    19: Verdict(Kind.DROP, "a broadcast cannot be sent"),
    20: Verdict(Kind.DROP, "a broadcast is not allowed", alarm=True),
}
"""Every documented status but 0; one that is not here is tried a few times."""


def by_status(status: int) -> Verdict:
    """The verdict on a `status` other than 0."""
    row = TABLE.get(status, Verdict(Kind.LATER, f"status {status}"))
    return Verdict(row.kind, row.reason, row.alarm, status)


def by_http(status: int) -> Verdict:
    """The verdict on an HTTP answer that is not 200, which Viber's own servers never give."""
    match status:
        case 429:
            return Verdict(Kind.WAIT, "too many requests")
        case 401 | 403:
            return Verdict(Kind.ALARM, "Something on the way to Viber refuses us: look at VIBER_API and the network.")
        case 400 | 413 | 414:
            return Verdict(Kind.BUG, f"HTTP {status}", alarm=True)
        case _:
            return Verdict(Kind.LATER, f"HTTP {status}")
