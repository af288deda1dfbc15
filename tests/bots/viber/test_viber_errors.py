"""What each status means: every documented one has its class, once for a carousel and once for words alone."""

from __future__ import annotations

import pytest

from bots.channel import Alarm, Degrade, Drop, Gone, Part, Retry, Unknown
from bots.viber.degrade import WAIT_MS, outcome_of
from bots.viber.errors import TABLE, Kind, Verdict, by_http, by_status
from tests.standins.viber_faults import NAMES

WORDS = Part("viber:u", "job", 0, "text", {"text": "hello"})
CAROUSEL = Part("viber:u", "job", 0, "carousel", {"instead": [{"kind": "text", "payload": {"text": "hello"}}]})

DOCUMENTED: dict[int, tuple[Kind, bool]] = {
    1: (Kind.ALARM, False),
    2: (Kind.ALARM, False),
    3: (Kind.BUG, True),
    4: (Kind.BUG, True),
    5: (Kind.GONE, False),
    6: (Kind.GONE, False),
    7: (Kind.ALARM, False),
    8: (Kind.ALARM, False),
    9: (Kind.ALARM, False),
    10: (Kind.ALARM, False),
    11: (Kind.NO_DEVICE, False),
    12: (Kind.WAIT, False),
    13: (Kind.SIMPLER, False),
    14: (Kind.BUG, True),
    15: (Kind.ALARM, False),
    16: (Kind.DROP, False),
    17: (Kind.DROP, False),
    18: (Kind.DROP, False),
    19: (Kind.DROP, False),
    20: (Kind.DROP, True),
}
OUTCOMES: dict[Kind, tuple[type, type]] = {
    Kind.LATER: (Retry, Retry),
    Kind.WAIT: (Retry, Retry),
    Kind.GONE: (Gone, Gone),
    Kind.ALARM: (Alarm, Alarm),
    Kind.SIMPLER: (Drop, Degrade),
    Kind.NO_DEVICE: (Gone, Degrade),
    Kind.BUG: (Drop, Degrade),
    Kind.DROP: (Drop, Drop),
    Kind.UNKNOWN: (Unknown, Unknown),
}


def test_every_documented_status_has_a_class() -> None:
    assert set(TABLE) == set(DOCUMENTED) == set(NAMES) - {0}
    assert {status: (row.kind, row.alarm) for status, row in TABLE.items()} == DOCUMENTED


@pytest.mark.parametrize("status", [-1, 0x7FFFFFFF, 21, 99, 1000])
def test_a_status_that_nobody_documented_is_tried_again(status: int) -> None:
    assert by_status(status).kind is Kind.LATER


def test_every_class_has_an_outcome() -> None:
    assert set(OUTCOMES) == set(Kind)
    for kind, (words, carousel) in OUTCOMES.items():
        assert type(outcome_of(WORDS, Verdict(kind, "why"))) is words, kind
        assert type(outcome_of(CAROUSEL, Verdict(kind, "why"))) is carousel, kind


@pytest.mark.parametrize("status", TABLE)
def test_an_alarm_is_a_sentence_that_says_what_to_do_and_the_rest_a_reason(status: int) -> None:
    row = TABLE[status]
    assert row.reason.endswith(".") == (row.kind is Kind.ALARM)


def test_waiting_is_spread_so_that_not_all_come_back_at_once() -> None:
    waits = set()
    for number in range(20):
        part = Part(f"viber:u{number}", "job", 0, "text", {"text": "hello"})
        outcome = outcome_of(part, Verdict(Kind.WAIT, "why"))
        assert isinstance(outcome, Retry)
        assert outcome.after_ms is not None
        assert WAIT_MS <= outcome.after_ms < 2 * WAIT_MS
        waits.add(outcome.after_ms)
    assert len(waits) > 15


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, Kind.WAIT), (401, Kind.ALARM), (403, Kind.ALARM), (400, Kind.BUG), (413, Kind.BUG), (302, Kind.LATER)]
    + [(status, Kind.LATER) for status in (404, 408, 500, 502, 503, 504)],
)
def test_http_errors_come_from_something_before_viber(status: int, kind: Kind) -> None:
    assert by_http(status).kind is kind
