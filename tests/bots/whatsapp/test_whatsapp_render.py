"""An answer becomes messages that WhatsApp takes: in every language, with every awkward product."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from bots.cards import utf16_units
from bots.catalogues import LANGUAGES
from bots.channel import Part, RenderContext
from bots.whatsapp.numbers import ROWS_MAX
from bots.whatsapp.render import CAPTION_UNITS, PICTURES_MAX, TEXT_UNITS, numbered_text, render
from bots.whatsapp.templates import template_of, variables_of
from core.messages import Filters, Hit, Notice, Offer, Progress, Reply
from tests.bots.conformance import CONTEXT, NO_PICTURE, answers
from tests.standins.twilio_checks import check_content, filled, late_error_of_content

ANN = "whatsapp:+4915112345678"


def hit(number: int, **changed: Any) -> Hit:
    values: dict[str, Any] = {"title": f"Shoe {number}", "price": "1299.50", "currency": "EUR", "picture": NO_PICTURE}
    return Hit(f"p{number}", **(values | {"link": f"https://shop.example/{number}", "similarity": 0.9} | changed))


def found(count: int, **more: Any) -> Reply:
    hits = tuple(hit(number) for number in range(count))
    return Reply("job", ANN, "hits", hits=hits, shown=tuple(one.id for one in hits), **more)


LONG = "a very long name of a colour"
OFFERS = (
    Offer("cheaper", Filters(max_price="1")),
    Offer("colour", Filters(colour=LONG), LONG),
    Offer("category", Filters(category=LONG), f"{LONG} > {LONG}"),
    Offer("all", Filters()),
)


def taken(part: Part) -> int | None:
    """The code that WhatsApp would refuse a list with."""
    definition = json.loads(json.dumps(template_of(part).definition))
    check_content(definition)
    variables = json.loads(variables_of(part))
    name, shape = filled(definition, variables)
    return late_error_of_content(name, shape, variables)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_in_every_language_keeps_to_all_limits(language: str) -> None:
    many = {f"{count} with offers": found(count, offers=OFFERS, close=count % 2 == 0) for count in range(1, 11)}
    for name, answer in (answers(ANN) | many).items():
        for part in render(dataclasses.replace(answer, language=language), CONTEXT):
            match part.kind:
                case "picture":
                    assert 0 < utf16_units(part.payload["body"]) <= CAPTION_UNITS, name
                case "text" | "progress":
                    assert 0 < utf16_units(part.payload["body"]) <= TEXT_UNITS, name
                case _:
                    assert taken(part) is None, (name, part.payload)
                    assert utf16_units(numbered_text(part.payload)) <= TEXT_UNITS, name


@pytest.mark.parametrize("count", range(1, 11))
def test_there_are_three_pictures_at_most_and_every_product_is_in_the_list(count: int) -> None:
    parts = render(found(count), CONTEXT)
    pictures = [part for part in parts if part.kind == "picture"]
    assert len(pictures) == min(count, PICTURES_MAX)
    assert parts[-1].kind == "list"
    rows = parts[-1].payload["rows"]
    assert len(rows) <= ROWS_MAX
    assert len([row for row in rows if row["item"].startswith("More like")]) == count
    assert len(parts) == len(pictures) + (count > PICTURES_MAX) + 1


def test_what_has_no_picture_of_ours_is_said_in_words_with_its_link() -> None:
    reply = dataclasses.replace(found(2), hits=(hit(0), hit(1, picture="https://elsewhere.example/a.jpg")))
    picture, rest, choice = render(reply, RenderContext())
    assert picture.payload["body"].startswith("This comes closest:\n\n1. Shoe 0")
    assert rest.payload["body"].splitlines() == ["2. Shoe 1", "€1,299.50 · 90% alike", "https://shop.example/1"]
    assert [row["item"] for row in choice.payload["rows"]][:2] == ["More like 1", "More like 2"]


def test_an_answer_without_any_picture_begins_with_what_it_is() -> None:
    reply = dataclasses.replace(found(1), hits=(hit(0, picture=None),))
    words, choice = render(reply, RenderContext())
    assert words.payload["body"].startswith("This comes closest:\n\n1. Shoe 0")
    assert choice.kind == "list"


def test_what_an_answer_is_stands_above_its_first_picture() -> None:
    first, second, *_ = render(found(3, close=False), RenderContext())
    assert first.payload["body"].startswith("There is nothing quite like it")
    assert second.payload["body"].startswith("2. Shoe 1")


def test_verdicts_find_room_where_there_is_any_and_are_understood_as_words_all_the_same() -> None:
    few = render(found(1), RenderContext())[-1].payload
    assert [row["item"] for row in few["rows"]] == ["More like this", "Next", "👎 None of these", "👍"]
    many = render(found(5, offers=OFFERS), RenderContext())[-1]
    assert len(many.payload["rows"]) == ROWS_MAX
    assert {"up", "up1", "up5", "down", "10"} <= set(many.payload["numbers"])
    meant = {button.token for button in many.buttons if button.action is not None}
    assert set(many.payload["numbers"].values()) <= meant  # each is stored before it can be said


def test_a_list_in_words_has_the_numbers_of_its_rows() -> None:
    payload = render(found(3), RenderContext(support_link="https://shop.example/ask"))[-1].payload
    lines = numbered_text(payload).splitlines()
    assert lines[:4] == [
        "More like one of these, or others?",
        "Would you rather ask a person? https://shop.example/ask",
        "",
        "Answer with a number:",
    ]
    assert lines[4] == "1. More like 1: Shoe 0 · €1,299.50"
    assert lines[7] == "4. Next"
    assert payload["numbers"]["4"] == payload["rows"][3]["id"]


def test_what_narrowed_an_answer_is_said_with_it_and_the_list_is_one_line() -> None:
    reply = found(1, filters=Filters(colour="blue", max_price="50"), ignored="hologram")
    picture, choice = render(reply, RenderContext(support_link="https://shop.example/ask"))
    assert "\nOnly blue · up to $50.00.\n" in picture.payload["body"]
    assert "hologram" in picture.payload["body"]
    assert choice.payload["body"].startswith("More like one of these, or others? Would you rather")


def test_few_buttons_are_shown_at_once_and_many_in_a_list() -> None:
    bought = Notice("job", ANN, "liked", {"of": "j", "product": "p", "results": "p", "generation": "g"})
    assert [part.kind for part in render(bought, RenderContext())] == ["choice"]
    choose = Notice("job", ANN, "language", {"choices": "en de es uk hr sr"})
    (choice,) = render(choose, RenderContext())
    assert choice.kind == "list"
    assert [row["item"] for row in choice.payload["rows"]][:2] == ["English", "Deutsch"]


def test_templates_differ_only_by_the_number_of_their_rows() -> None:
    names = {template_of(render(found(n, language=tag), CONTEXT)[-1]).name for n in (1, 2) for tag in ("en", "uk")}
    assert len(names) == 2
    progress = render(Progress("job", ANN, "1 of 3"), CONTEXT)
    assert [part.kind for part in progress] == ["progress"]
