"""Every text stands in every language, with the same placeholders, and the plural that the number asks for."""

from __future__ import annotations

import string
from typing import Any

import pytest

from bots.catalogues import LANGUAGES, catalogue, code_of
from bots.channel import RenderContext
from bots.leading import leading_text
from bots.texts import PLURALS, nearest, notice_text, sentence, to_translate, why_text
from core.messages import Filters, Hit, Notice, Reply

OTHERS = [code for code in LANGUAGES if code != "en"]


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def entries(code: str) -> dict[str, list[str]]:
    def forms(value: Any) -> list[str]:
        return list(value) if isinstance(value, tuple | list) else [value]

    return {forms(message.id)[0]: forms(message.string) for message in catalogue(code) if message.id}


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing_and_none_is_left_over(code: str) -> None:
    assert set(entries(code)) == to_translate()
    assert not [message.id for message in catalogue(code) if message.id and message.fuzzy]


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_has_the_placeholders_of_its_english(code: str) -> None:
    for english, forms in entries(code).items():
        for form in forms:
            assert form.strip() == form != ""
            assert fields(form) == fields(english), english


@pytest.mark.parametrize("code", OTHERS)
def test_every_number_has_its_form(code: str) -> None:
    for one, _ in PLURALS.values():
        assert len(entries(code)[one]) == catalogue(code).num_plurals


@pytest.mark.parametrize(
    ("language", "count", "part"),
    [
        ("en", "1", "1 thing that"),
        ("en", "2", "2 things that"),
        ("de", "1", "1 Eintrag"),
        ("uk", "1", "1 запис,"),
        ("uk", "3", "3 записи,"),
        ("uk", "11", "11 записів,"),
        ("uk", "21", "21 запис,"),
        ("hr", "5", "5 zapisa"),
        ("sr", "22", "22 записа"),
    ],
)
def test_a_number_takes_its_plural(language: str, count: str, part: str) -> None:
    assert part in sentence("forgotten", language, count=count)


@pytest.mark.parametrize(
    ("tag", "code"),
    [("de-AT", "de"), ("es_MX", "es"), ("sr-Latn-RS", "sr"), ("bs", "hr"), ("EN", "en"), ("fr", None), ("", None)],
)
def test_a_tag_leads_to_the_nearest_language(tag: str, code: str | None) -> None:
    assert code_of(tag) == code


def test_a_language_can_be_named_in_its_own_words() -> None:
    assert [nearest(word) for word in ("Deutsch", " українська ", "hr", "Klingon")] == ["de", "uk", "hr", None]


def test_a_language_that_we_do_not_speak_is_answered_in_english() -> None:
    assert sentence("hits", "fr") == sentence("hits")


def test_an_answer_speaks_one_language_throughout() -> None:
    reply = Reply("j", "c:1", "hits", hits=(Hit("1", "Tasse"),), language="de", filters=Filters(max_price="50"))
    assert leading_text(reply, RenderContext(currency="EUR")) == "Das kommt am nächsten:\nNur bis 50,00\xa0€."
    assert why_text("same colour", "de") == "gleiche Farbe"
    assert notice_text(Notice("j", "c:1", "not_searchable", {"what": "voice"}, "de"), "Luma").startswith(
        "Mit einer Sprach"
    )


def test_an_apology_of_the_worker_is_said_in_the_shoppers_language() -> None:
    late = Reply("j", "c:1", "failed", message=sentence("late"), language="hr")
    assert leading_text(late, RenderContext()) == sentence("late", "hr")
