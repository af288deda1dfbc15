"""Titles, prices and numbers as people read them."""

from __future__ import annotations

import pytest

from bots.cards import cards, clean, locale_of, numbered, price_text, shorten, similarity_text, utf16_units
from bots.channel import RenderContext
from core.messages import Hit, Reply


@pytest.mark.parametrize(
    ("price", "currency", "language", "text"),
    [
        ("1299.5", "EUR", "de", "1.299,50\xa0€"),
        ("1299.5", "EUR", "en", "€1,299.50"),
        ("1299", "JPY", "en", "¥1,299"),
        ("19.99", "USD", "en", "$19.99"),
        ("19.99", "UAH", "uk", "19,99\xa0₴"),
        ("0", "USD", "en", "$0.00"),
        (None, "USD", "en", ""),
        ("19.99", "XXQ", "en", "XXQ19.99"),
        ("19.99", "USD", "tlh", "$19.99"),
        ("19.99", "USD", "pt-br", "US$\xa019,99"),
        ("cheap", "USD", "en", "cheap USD"),
    ],
)
def test_a_price_is_written_as_the_language_writes_it(
    price: str | None, currency: str, language: str, text: str
) -> None:
    assert price_text(price, currency, language) == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [(0.9231, "en", "92%"), (0.9231, "de", "92\xa0%"), (1.0, "en", "100%"), (1.2, "en", "100%"), (0.0, "en", "")],
)
def test_similarity_is_in_per_cent(value: float, language: str, text: str) -> None:
    assert similarity_text(value, language) == text


@pytest.mark.parametrize("tag", ["", "x", "xx-yy", "en-", "*", "zh-hans-cn-x-private", "no", "english", "\u202e"])
def test_any_language_tag_gives_a_locale(tag: str) -> None:
    assert locale_of(tag) is not None


@pytest.mark.parametrize(
    ("text", "units", "cut"),
    [
        ("shoe", 4, "shoe"),
        ("shoes", 4, "sho…"),
        ("👟👟👟", 6, "👟👟👟"),
        ("👟👟👟", 5, "👟👟…"),
        ("👟👟👟", 4, "👟…"),
        ("cafe\u0301s", 5, "caf…"),
        ("a b", 2, "a…"),
        ("", 1, ""),
    ],
)
def test_a_text_is_cut_in_units_between_characters(text: str, units: int, cut: str) -> None:
    assert shorten(text, units) == cut
    assert utf16_units(shorten(text, units)) <= units


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a \n\t b ", "a b"),
        ("evil\u202etxt", "eviltxt"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("lone \ud800 half", "lone half"),
        ("שלום Schuh", "שלום Schuh"),
        ("\u2066hidden\u2069", "hidden"),
    ],
)
def test_a_title_is_one_harmless_line(text: str, line: str) -> None:
    assert clean(text) == line


def test_cards_are_numbered_and_a_product_without_a_title_shows_its_id() -> None:
    hits = (Hit("a", "Shoe", "5", None, picture="/pictures/" + "0" * 64 + ".jpg", similarity=0.5), Hit("b-7", ""))
    found = cards(Reply("job", "telegram:1", "hits", hits=hits), RenderContext(currency="EUR"))
    assert [(card.number, card.title, card.price) for card in found] == [(1, "Shoe", "€5.00"), (2, "b-7", "")]
    assert [card.picture for card in found] == ["0" * 64, None]
    assert numbered(found) == ["1. Shoe — €5.00 · 50%", "2. b-7"]
