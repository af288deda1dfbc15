"""Answers as Telegram's messages: what stands in them, and that they keep to its lengths."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bots.actions import Action, Judge, More, Narrow, Next, Open, judge_of, token_of
from bots.cards import utf16_units
from bots.channel import Part, RenderContext
from bots.telegram.render import CAPTION_UNITS, TEXT_UNITS, render
from core.errors import SENTENCES, Reason
from core.messages import Filters, Hit, Notice, Offer, Progress, Reply
from tests.bots.conformance import AWKWARD, CONTEXT, answers

CHAT = "telegram:7"
PLAIN = RenderContext(currency="EUR")
DIGEST = "ab" * 32


def found(count: int, *, close: bool = True, **changed: Any) -> Reply:
    hits = tuple(
        dataclasses.replace(
            Hit(f"p{n}", f"Shoe {n}", "12.5", None, f"https://shop.example/{n}", f"/pictures/{DIGEST}.jpg"),
            similarity=0.9,
            **changed,
        )
        for n in range(1, count + 1)
    )
    return Reply("job", CHAT, "hits", close=close, hits=hits, shown=tuple(hit.id for hit in hits))


def kinds(parts: list[Part]) -> list[str]:
    return [part.kind for part in parts]


def labels(part: Part) -> list[list[str]]:
    return [[button["text"] for button in row] for row in part.payload["keyboard"]]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (found(1), ["photo"]),
        (found(1, close=False), ["photo"]),
        (found(1, picture=None), ["text"]),
        (found(2), ["album", "text"]),
        (found(10), ["album", "text"]),
        (found(2, close=False), ["text", "album", "text"]),
        (found(3, picture=None), ["text"]),
        (Reply("job", CHAT, "nothing"), ["text"]),
        (Reply("job", CHAT, "refused", reason=Reason.TOO_SMALL), ["text"]),
        (Reply("job", CHAT, "failed"), ["text"]),
        (Notice("job", CHAT, "welcome"), ["text"]),
        (Progress("job", CHAT, "1 of 3"), ["progress"]),
    ],
)
def test_an_answer_has_these_messages(reply: Reply | Notice | Progress, expected: list[str]) -> None:
    assert kinds(render(reply, PLAIN)) == expected


def test_several_hits_are_an_album_and_a_list_with_their_buttons() -> None:
    album, listed = render(found(2), PLAIN)
    assert album.weight == 2
    assert "keyboard" not in album.payload
    assert [item["text"] for item in album.payload["items"]] == [
        "1. Shoe 1\n€12.50 · 90% alike",
        "2. Shoe 2\n€12.50 · 90% alike",
    ]
    assert listed.payload["text"] == (
        "This comes closest:\n1. Shoe 1 — €12.50 · 90% alike\n2. Shoe 2 — €12.50 · 90% alike"
    )
    assert labels(listed) == [
        ["More like 1", "Open 1", "👍 1"],
        ["More like 2", "Open 2", "👍 2"],
        ["Next", "👎 None of these"],
    ]


def test_nothing_close_is_said_first() -> None:
    first, _, listed = render(found(2, close=False), PLAIN)
    assert first.payload["text"].startswith("There is nothing quite like it")
    assert listed.payload["text"].startswith("1. Shoe 1")
    (photo,) = render(found(1, close=False), PLAIN)
    assert photo.payload["items"][0]["text"].startswith("There is nothing quite like it")


def test_buttons_carry_tokens_that_mean_what_they_say() -> None:
    reply = found(2)
    listed = render(reply, PLAIN)[1]
    acting = {spec.token: spec.action for spec in listed.buttons if spec.action is not None}
    wanted: list[Action] = [
        More("p1"),
        judge_of(reply, "up", "p1"),
        More("p2"),
        judge_of(reply, "up", "p2"),
        Next("job", ("p1", "p2")),
        judge_of(reply, "down"),
    ]
    assert list(acting.values()) == wanted
    assert list(acting) == [token_of("job", action) for action in wanted]
    shown = [b["callback_data"] for row in listed.payload["keyboard"] for b in row if "callback_data" in b]
    assert shown == list(acting)


def test_a_product_without_link_has_no_open_button() -> None:
    assert labels(render(found(2, link=None), PLAIN)[1])[:2] == [["More like 1", "👍 1"], ["More like 2", "👍 2"]]


def test_what_narrowed_an_answer_is_said_above_it_and_its_offers_below() -> None:
    offers = (Offer("cheaper", Filters(colour="blue", max_price="12.49")), Offer("all", Filters()))
    reply = dataclasses.replace(found(2), filters=Filters(colour="blue"), ignored="zzz", offers=offers)
    listed = render(reply, PLAIN)[1]
    assert listed.payload["text"].startswith(
        "This comes closest:\nOnly blue.\nI found nothing that “zzz” could mean here."
    )
    assert labels(listed)[2:] == [["Next", "Cheaper", "Back to all"], ["👎 None of these"]]
    assert Narrow("job", Filters(colour="blue", max_price="12.49")) in [spec.action for spec in listed.buttons]


def test_open_leads_through_the_counted_redirect_where_the_shop_wants_it() -> None:
    counted = RenderContext(public_url="https://shop.example", count_taps=True)
    [spec] = [spec for spec in render(found(1), counted)[0].buttons if isinstance(spec.action, Open)]
    assert spec.url == f"https://shop.example/go/{spec.token}"
    assert isinstance(spec.action, Open)
    assert spec.action.link == found(1).hits[0].link


def test_thanks_for_a_liked_product_asks_whether_it_was_bought() -> None:
    args = {"of": "job", "product": "p1", "results": "p1\np2", "generation": "g"}
    (part,) = render(Notice("j2", CHAT, "liked", args), PLAIN)
    assert labels(part) == [["I bought it"]]
    assert part.buttons[0].action == Judge("job", "bought", "p1", ("p1", "p2"), "g")


def test_a_person_to_ask_is_offered_where_the_shop_names_one() -> None:
    context = RenderContext(support_link="https://t.me/shop")
    assert labels(render(found(1), context)[0])[-1] == ["Ask a person"]
    assert labels(render(Reply("job", CHAT, "nothing"), context)[0]) == [["Ask a person"]]


def test_a_refusal_is_its_sentence() -> None:
    (part,) = render(Reply("job", CHAT, "refused", reason=Reason.TOO_SMALL), PLAIN)
    assert part.payload["text"] == SENTENCES[Reason.TOO_SMALL]


def test_titles_are_bold_where_they_stand() -> None:
    reply = found(2, title="👟 boot")
    for part in render(reply, PLAIN):
        for item in part.payload.get("items", [part.payload]):
            encoded = item["text"].encode("utf-16-le")
            for place in item["entities"]:
                start, end = 2 * place["offset"], 2 * (place["offset"] + place["length"])
                assert encoded[start:end].decode("utf-16-le") == "👟 boot"
            assert item["entities"]


def test_every_answer_keeps_to_telegrams_lengths() -> None:
    for name, answer in answers(CHAT).items():
        for part in render(answer, CONTEXT):
            for item in part.payload.get("items", ()):
                assert utf16_units(item["text"]) <= CAPTION_UNITS, name
                assert within(item), name
            if "text" in part.payload:
                assert 0 < utf16_units(part.payload["text"]) <= TEXT_UNITS, name
                assert within(part.payload), name
            for row in part.payload.get("keyboard", ()):
                assert 1 <= len(row) <= 8, name
                assert all(1 <= len(button.get("callback_data", "x").encode()) <= 64 for button in row), name


def within(item: dict[str, Any] | Any) -> bool:
    units = utf16_units(item["text"])
    return all(place["offset"] + place["length"] <= units for place in item["entities"])


def test_ten_endless_cards_still_fit() -> None:
    why = ("same " + "w" * 900,)
    parts = render(found(10, title=AWKWARD * 5, why=why), PLAIN)
    assert all(utf16_units(item["text"]) <= CAPTION_UNITS for item in parts[0].payload["items"])
    assert utf16_units(parts[1].payload["text"]) <= TEXT_UNITS
    assert parts[1].payload["text"].count("\n") == 10


def test_progress_is_cut_too() -> None:
    assert utf16_units(render(Progress("job", CHAT, "👟" * 5000), PLAIN)[0].payload["text"]) <= TEXT_UNITS
