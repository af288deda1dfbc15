"""What Viber allows is kept to by construction, whatever a catalogue holds."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from viberbot.api.messages import get_message

from bots.channel import Degrade, Part, RenderContext
from bots.viber.api import encoded
from bots.viber.degrade import simpler
from bots.viber.render import CAPTION_UNITS, TEXT_BYTES, TEXT_UNITS, render, within
from bots.viber.wire import CELL_CHARS, request_of
from core.messages import Filters, Hit, Notice, Offer, Progress, Reply
from tests.bots.conformance import AWKWARD, NO_PICTURE, answers
from tests.standins.viber_checks import REQUEST_BYTES, blocks_of, check_message

CHAT = "viber:01234567890A="
PUBLIC = "https://search.shop.example"
PLAIN = RenderContext(public_url=PUBLIC)
Json = dict[str, Any]

TITLES = ["Shoe", "", AWKWARD, "👟" * 300, "ш" * 500, "<b>" * 90, "a&amp;b < c > d", "\u202e" + "x" * 250]
LINKS = [None, "https://shop.example/1", "https://shop.example/" + "a" * 1_870, "https://shop.example/" + "я" * 1_500]
COUNTS = [1, 2, 6, 7, 10]
CONTEXTS = [
    PLAIN,
    RenderContext(shop_name="𝕊" * 28, public_url="https://" + "a" * 200 + ".example", support_link="https://s.example"),
    RenderContext(public_url=PUBLIC, support_link="https://s.example/" + "b" * 1_500, count_taps=True),
]


def reply_of(count: int, *, title: str = "Shoe", link: str | None = None, language: str = "en", **more: Any) -> Reply:
    hits = tuple(
        Hit(f"p{n}", title, "1299.50", "EUR", link, NO_PICTURE, similarity=0.9, why=("same shape",))
        for n in range(count)
    )
    return Reply("job", CHAT, "hits", hits=hits, shown=tuple(hit.id for hit in hits), language=language, **more)


def offers() -> tuple[Offer, ...]:
    named = [Offer(name, Filters(colour="x"), "Ч" * 100) for name in ("cheaper", "colour", "category", "all")]
    return tuple(named)


def forms(part: Part) -> list[Part]:
    """The part, and everything that it may become."""
    outcome = simpler(part, "why")
    return [part] + ([one for other in outcome.to for one in forms(other)] if isinstance(outcome, Degrade) else [])


def shown(part: Part, context: RenderContext = PLAIN) -> list[Json]:
    """The requests of all forms of a part, each checked as Viber would."""
    made = []
    for form in forms(part):
        for version in (1, 6, 7, 10):
            if form.kind == "carousel" and version < 7:
                continue
            request = request_of(form, context.shop_name, version, context.public_url)
            assert len(encoded(request)) <= REQUEST_BYTES
            check_message(request, version)
            made.append(request)
    return made


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("count", COUNTS)
def test_every_answer_fits_whatever_its_products_are_called(count: int, context: RenderContext) -> None:
    for title, link, language in itertools.product(TITLES, LINKS, ("en", "uk", "hr")):
        reply = reply_of(count, title=title, link=link, language=language, offers=offers())
        parts = render(reply, context)
        cards = 0
        for part in parts:
            assert part.kind == "carousel"
            cards += len(part.payload["cards"])
            assert len(part.payload["cards"]) <= 6
            shown(part, context)
        assert cards == count, "no product is lost"


def test_every_answer_of_the_conformance_suite_fits() -> None:
    for answer in answers(CHAT).values():
        for part in render(answer, PLAIN):
            shown(part)


def test_a_card_is_picture_words_open_and_more_in_six_by_seven_cells() -> None:
    (part,) = render(reply_of(2, link="https://shop.example/1"), PLAIN)
    request = request_of(part, "Shelf", 10, PUBLIC)
    for block in blocks_of(request["rich_media"]["Buttons"], 6, 7):
        picture, words, opening, more, up = block
        assert (picture["Columns"], picture["Rows"], picture["Image"]) == (6, 3, PUBLIC + NO_PICTURE)
        assert picture["ActionBody"] == opening["ActionBody"] == "https://shop.example/1"
        assert words["ActionType"] == "none"
        assert "<b>Shoe</b>" in words["Text"]
        assert "€1,299.50 · 90% alike" in words["Text"]
        assert "Open in shop" in opening["Text"]
        assert ("More like this" in more["Text"], more["ActionType"], more["Columns"]) == (True, "reply", 5)
        assert ("👍" in up["Text"], up["Columns"]) == (True, 1)


def test_a_card_without_picture_or_link_fills_its_cells_too() -> None:
    bare = Reply("job", CHAT, "hits", hits=(Hit("p", "Shoe"),))
    (part,) = render(bare, PLAIN)
    (block,) = blocks_of(request_of(part, "Shelf", 10, PUBLIC)["rich_media"]["Buttons"], 6, 7)
    assert [(cell["Columns"], cell["Rows"]) for cell in block] == [(6, 6), (5, 1), (1, 1)]
    (_, pictured) = render(reply_of(1, filters=Filters(colour="blue")), PLAIN)
    (block,) = blocks_of(request_of(pictured, "Shelf", 10, PUBLIC)["rich_media"]["Buttons"], 6, 7)
    assert [(cell["Columns"], cell["Rows"]) for cell in block] == [(6, 4), (6, 2), (5, 1), (1, 1)]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_cannot_break_the_markup_of_its_cell(title: str) -> None:
    (part,) = render(reply_of(1, title=title), PLAIN)
    words = request_of(part, "Shelf", 10, PUBLIC)["rich_media"]["Buttons"][1]["Text"]
    assert words.startswith('<font color="#323232"><b>')
    assert words.count("<b>") == words.count("</b>") == 1
    assert len(words) <= CELL_CHARS


def test_seven_hits_are_two_carousels_and_the_buttons_go_with_the_last() -> None:
    first, last = render(reply_of(7), PLAIN)
    assert [len(part.payload["cards"]) for part in (first, last)] == [6, 1]
    assert (bool(first.payload["rows"]), bool(last.payload["rows"])) == (False, True)
    older = [form for part in (first, last) for form in forms(part) if form.kind == "text" and form.payload["rows"]]
    more = [key["label"] for row in older[0].payload["rows"] for key in row if "More" in key["label"]]
    assert more == [f"More like {n}" for n in range(1, 8)], "the last keyboard of an old phone reaches every card"
    tokens = {key["token"] for row in older[0].payload["rows"] for key in row if "token" in key}
    assert tokens <= {spec.token for spec in last.buttons}


def test_what_needs_to_be_said_above_an_answer_is_a_message_of_its_own() -> None:
    assert [part.kind for part in render(reply_of(3), PLAIN)] == ["carousel"]
    for said in ({"close": False}, {"filters": Filters(colour="blue")}, {"ignored": "sparkly"}):
        words, carousel = render(reply_of(3, **said), PLAIN)
        assert (words.kind, carousel.kind) == ("text", "carousel")
        assert not words.payload["rows"]


def test_nothing_found_still_offers_a_way_on() -> None:
    nothing = Reply("job", CHAT, "nothing", offers=offers())
    (part,) = render(nothing, RenderContext(support_link="https://s.example"))
    labels = [key["label"] for row in part.payload["rows"] for key in row]
    assert labels[0] == "Cheaper"
    assert labels[-1] == "Ask a person"


@pytest.mark.parametrize("text", ["", "a" * 10_000, "👟" * 9_000, "щ" * 7_000, "ab " * 4_000])
def test_a_text_is_cut_to_what_viber_takes(text: str) -> None:
    cut = within(text)
    assert 0 < len(cut) <= TEXT_UNITS
    assert len(cut.encode()) <= TEXT_BYTES
    for part in render(Progress("job", CHAT, text), PLAIN):
        shown(part)


def test_captions_for_old_phones_are_short() -> None:
    (part,) = render(reply_of(5, title="ш" * 300), PLAIN)
    captions = [form.payload["text"] for form in forms(part) if form.kind == "picture"]
    assert len(captions) == 5
    assert all(0 < len(caption) <= CAPTION_UNITS for caption in captions)


def test_an_older_form_always_comes_to_an_end() -> None:
    (part,) = render(reply_of(5, link="https://shop.example/1", offers=offers()), PLAIN)
    last = forms(part)[-1]
    assert (last.kind, last.payload["rows"]) == ("text", [])


def test_the_languages_are_a_keyboard() -> None:
    (part,) = render(Notice("job", CHAT, "language", {"choices": "en de es uk hr sr"}), PLAIN)
    (request, *_) = shown(part)
    assert [key["Text"] for key in request["keyboard"]["Buttons"]][:2] == ["English", "Deutsch"]
    assert {key["Columns"] for key in request["keyboard"]["Buttons"]} == {3}


def test_viberbot_reads_what_we_send() -> None:
    for answer in answers(CHAT).values():
        for part in render(answer, PLAIN):
            for request in shown(part):
                message = get_message(request)
                assert message.validate()
                again = {name: value for name, value in message.to_dict().items() if value is not None}
                assert again == {name: value for name, value in request.items() if name not in ("receiver", "sender")}
