"""Each documented code has its class, and each class its reaction."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bots.channel import Alarm, Degrade, Drop, Gone, Part, Retry, Unknown
from bots.whatsapp.degrade import outcome_of
from bots.whatsapp.errors import TABLE, Kind, Verdict, by_answer, by_code
from tests.paths import SHARED

CHAT = "whatsapp:+4915112345678"
ROWS = [{"item": "Next", "id": "a" * 16, "description": "·", "words": "Next"}]
TEXT = Part(CHAT, "job", 0, "text", {"body": "hello"})
PICTURE = Part(CHAT, "job", 0, "picture", {"body": "1. Shoe\nhttps://shop.example/1", "picture": "ab" * 32})
LIST = Part(
    CHAT, "job", 1, "list", {"body": "b", "rows": ROWS, "numbers": {"1": "a" * 16}, "text": "Hits", "call": "Number:"}
)

_META_AND_SENDER = (63001, 63002, 63007, 63008, 63011, 63020, 63022, 63026, 63038, 63051, 63062)
DOCUMENTED: dict[Kind, tuple[int, ...]] = {
    Kind.ALARM: (20003, 21212, 21606, 30002, 90010, *_META_AND_SENDER),
    Kind.GONE: (21211, 21604, 21610, 21614, 30003, 30005, 63003, 63014, 63024, 63033),
    Kind.WINDOW: (63016,),
    Kind.DROP: (20404, 30036, 63015, 63025, 63032, 63049),
    Kind.BUG: (11200, 11205, 11215, 11750, 12200, 21602, 21609, 21617, 21910, 30007, 63030, 63031),
    Kind.WAIT: (20429, 21611, 30001, 63017, 63018),
    Kind.LATER: (20500, 20503, 63009, 63010, 63012, 63023),
    Kind.ONCE: (30008, 30410),
    Kind.MEDIA: (11751, 12300, 21620, 21623, 63034),
    Kind.MEDIA_ONCE: (63019, 63037),
    Kind.CONTENT: (21654, 21656, 63005, 63006, 63013, 63021, 63028),
    Kind.TEMPLATE: (21655, 63027, 63029, 63040, 63041, 63042),
}


def test_every_documented_code_has_its_class_and_no_other_is_there() -> None:
    assert {code: verdict.kind for code, verdict in TABLE.items()} == {
        code: kind for kind, codes in DOCUMENTED.items() for code in codes
    }


@pytest.mark.shared
def test_the_table_misses_no_code_of_the_reference() -> None:
    text = (SHARED / "reference" / "messengers.md").read_text()
    section = text[text.index("### 4.8") : text.index("### 4.9")]
    rows = [line.split("|")[1] for line in section.splitlines() if re.match(r"\| [\d]", line)]
    codes = {int(code) for row in rows for code in re.findall(r"\b\d{5}\b", row)}
    assert len(codes) > 60
    assert codes <= set(TABLE)


@pytest.mark.parametrize("code", [code for kind in (Kind.ALARM, Kind.BUG) for code in DOCUMENTED[kind]])
def test_somebody_hears_of_what_a_person_must_mend(code: int) -> None:
    verdict = by_code(code)
    assert verdict is not None
    assert verdict.alarm
    assert verdict.kind is not Kind.ALARM or verdict.reason.endswith(".")


@pytest.mark.parametrize("code", [None, "", "0", 0, "none", -1])
def test_no_code_is_no_verdict(code: Any) -> None:
    assert by_code(code) is None


def test_a_new_code_is_tried_once_more_and_then_dropped() -> None:
    verdict = by_code("63999")
    assert verdict == Verdict(Kind.ONCE, "a code that is new to us (63999)", code=63999)
    again = outcome_of(TEXT, verdict)
    assert isinstance(again, Degrade)
    assert again.to[0].payload == {"body": "hello", "again": True}
    assert outcome_of(again.to[0], verdict) == Drop(verdict.reason)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": 21610, "message": "x", "status": 400}, Kind.GONE),
        (400, {"type": "https://x", "title": "x", "status": 400, "code": 21617}, Kind.BUG),
        (429, {"code": 20429}, Kind.WAIT),
        (429, None, Kind.WAIT),
        (401, None, Kind.ALARM),
        (403, {"code": "oops"}, Kind.ALARM),
        (404, {"code": 20404}, Kind.DROP),
        (400, None, Kind.BUG),
        (400, [1], Kind.BUG),
        (302, None, Kind.BUG),
        (500, {"code": 20500}, Kind.LATER),
        (502, None, Kind.LATER),
        (503, {"code": 20003}, Kind.LATER),
        (504, None, Kind.UNKNOWN),
    ],
)
def test_an_answer_is_classed_by_its_code_first(status: int, body: Any, kind: Kind) -> None:
    assert by_answer(status, body).kind is kind


@pytest.mark.parametrize(
    ("part", "code", "expected"),
    [
        (TEXT, 20003, Alarm),
        (TEXT, 21610, Gone),
        (TEXT, 63016, Drop),
        (TEXT, 63005, Drop),
        (TEXT, 63019, Degrade),
        (TEXT, 63012, Retry),
        (TEXT, 20429, Retry),
        (PICTURE, 12300, Degrade),
        (LIST, 63005, Degrade),
    ],
)
def test_a_class_has_its_reaction(part: Part, code: int, expected: type) -> None:
    verdict = by_code(code)
    assert verdict is not None
    assert isinstance(outcome_of(part, verdict), expected)


def test_an_unknown_fate_is_not_repeated() -> None:
    assert outcome_of(TEXT, Verdict(Kind.UNKNOWN, "no answer")) == Unknown("no answer")


def test_a_picture_that_does_not_arrive_is_tried_once_more_and_then_said_in_words() -> None:
    verdict = by_code(63019)
    assert verdict is not None
    again = outcome_of(PICTURE, verdict)
    assert isinstance(again, Degrade)
    assert again.to[0].kind == "picture"
    words = outcome_of(again.to[0], verdict)
    assert isinstance(words, Degrade)
    assert (words.to[0].kind, words.to[0].payload) == ("text", {"body": PICTURE.payload["body"]})
    assert isinstance(outcome_of(words.to[0], by_code(63021) or verdict), Drop)


def test_a_list_that_is_refused_becomes_numbers_to_answer_with() -> None:
    outcome = outcome_of(LIST, Verdict(Kind.CONTENT, "x"))
    assert isinstance(outcome, Degrade)
    assert outcome.to[0].payload == {"body": "Hits\n\nNumber:\n1. Next", "numbers": {"1": "a" * 16}}


def test_those_that_were_refused_together_do_not_come_back_together() -> None:
    waits = set()
    for number in range(50):
        outcome = outcome_of(Part(CHAT, f"job{number}", 0, "text", {}), TABLE[20429])
        assert isinstance(outcome, Retry)
        assert outcome.after_ms is not None
        assert 1000 <= outcome.after_ms < 2000
        waits.add(outcome.after_ms)
    assert len(waits) > 25
