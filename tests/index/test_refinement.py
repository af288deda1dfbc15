"""A shopper's words as filters: tables in six languages, and what never happens whatever is typed."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import Filters, Offer
from index.catalogue import Product
from index.refinement.colours import meaning
from index.refinement.offers import below, offers
from index.refinement.parse import parse
from index.refinement.vocabulary import Vocabulary, vocabulary

KNOWN = vocabulary(
    ["blue", "navy blue", "red", "white/black", "grün"],
    ["Nike", "Tommy Hilfiger", "H&M", "Under Armour"],
    ["apparel > men > shoes", "apparel > women > shoes", "apparel > women > dresses", "home > lamps"],
    lambda word: word in ("leather", "led", "шкіра", "watch"),
)


def asked(text: str, known: Vocabulary = KNOWN, base: Filters | None = None) -> dict[str, Any]:
    said = parse(text, known, base or Filters())
    set_ones = {name: value for name, value in dataclasses.asdict(said.filters).items() if value}
    return (
        set_ones
        | ({"cheaper": said.cheaper} if said.cheaper else {})
        | ({"ignored": said.ignored} if said.ignored else {})
    )


PRICES = {
    "under 50": {"max_price": "50"},
    "less than 50": {"max_price": "50"},
    "unter 50 €": {"max_price": "50"},
    "bis 50": {"max_price": "50"},
    "menos de 50": {"max_price": "50"},
    "hasta 49,90 €": {"max_price": "49.90"},
    "до 50 грн": {"max_price": "50"},
    "не дорожче 50": {"max_price": "50"},
    "no more than 50": {"max_price": "50"},
    "nicht über 50": {"max_price": "50"},
    "no más de 50": {"max_price": "50"},
    "ne više od 50": {"max_price": "50"},
    "manje od 50": {"max_price": "50"},
    "ispod 50": {"max_price": "50"},
    "испод 50": {"max_price": "50"},
    "50€": {"max_price": "50"},
    "$50": {"max_price": "50"},
    "30 euro": {"max_price": "30"},
    "from 30": {"min_price": "30"},
    "ab 30": {"min_price": "30"},
    "від 30": {"min_price": "30"},
    "between 20 and 40": {"min_price": "20", "max_price": "40"},
    "zwischen 40 und 20": {"min_price": "20", "max_price": "40"},
    "entre 20 y 40 €": {"min_price": "20", "max_price": "40"},
    "20-40": {"min_price": "20", "max_price": "40"},
    "ab 20 bis 40": {"min_price": "20", "max_price": "40"},
    "від 20 до 40": {"min_price": "20", "max_price": "40"},
    "od 20 do 40": {"min_price": "20", "max_price": "40"},
    "under 1.299,50": {"max_price": "1299.50"},
    "under 1,299.50": {"max_price": "1299.50"},
    "under 1 299": {"max_price": "1299"},
}
COLOURS = {
    "blue": {"colour": "blue"},
    "the blue one please": {"colour": "blue"},
    "in Blau": {"colour": "blau"},
    "azules": {"colour": "azules"},
    "синя": {"colour": "синя"},
    "plava": {"colour": "plava"},
    "плаве": {"colour": "плаве"},
    "dunkelblau": {"colour": "dunkelblau"},
    "navy blue": {"colour": "navy blue"},
    "red\nblue": {"colour": "blue"},
    "verde": {"colour": "verde"},
    "purple": {"ignored": "purple"},
}
NAMES = {
    "nike": {"brand": "Nike"},
    "tommy hilfiger shoes": {"brand": "Tommy Hilfiger", "category": "shoes"},
    "h&m": {"brand": "H&M"},
    "H & M": {"brand": "H&M"},
    "men": {"category": "men"},
    "Herren": {"category": "men"},
    "mens shoes": {"category": "men > shoes"},
    "woman dress": {"category": "women > dresses"},
    "сукня": {"category": "dresses"},
    "lamp": {"category": "lamps"},
    "under armour shoes under 80": {"brand": "Under Armour", "category": "shoes", "max_price": "80"},
    "something in leather please": {"words": "leather"},
    "Uhren": {"words": "watch"},
    "led lamp": {"words": "led", "category": "lamps"},
    "size 42": {"ignored": "size 42"},
    "nike size 42": {"brand": "Nike", "ignored": "size 42"},
}
WISHES = {
    "cheaper": {"cheaper": 1},
    "billiger und blau": {"cheaper": 1, "colour": "blau"},
    "más barato": {"cheaper": 1},
    "дешевше\nдешевше": {"cheaper": 2},
    "jeftinije": {"cheaper": 1},
    "јефтиније": {"cheaper": 1},
    "only in stock": {"in_stock": True},
    "nur auf Lager": {"in_stock": True},
    "disponible": {"in_stock": True},
    "в наявності": {"in_stock": True},
    "na zalihi": {"in_stock": True},
    "на залихама": {"in_stock": True},
    "blue under 50\nall": {},
    "alle": {},
    "": {},
    "please": {},
}


@pytest.mark.parametrize(("text", "wanted"), (PRICES | COLOURS | NAMES | WISHES).items())
def test_words_ask_for_what_they_say(text: str, wanted: dict[str, Any]) -> None:
    assert asked(text) == wanted


def test_later_words_add_to_what_was_asked_before() -> None:
    base = Filters(colour="red", max_price="30")
    assert asked("blue, nike", base=base) == {"colour": "blue", "brand": "Nike", "max_price": "30"}
    assert asked("everything", base=base) == {}


def test_a_colour_that_the_catalogue_has_not_is_not_guessed() -> None:
    assert asked("blue", vocabulary([], [], [], lambda word: False)) == {"ignored": "blue"}


@settings(deadline=None)
@given(st.text(max_size=400))
def test_nothing_that_is_typed_raises(text: str) -> None:
    said = parse(text, KNOWN)
    for price in (said.filters.min_price, said.filters.max_price):
        assert price is None or Decimal(price) >= 0


@pytest.mark.parametrize(
    ("text", "colours"),
    [
        ("Navy Blue", {"navy", "blue"}),
        ("dunkelblau", {"blue"}),
        ("weinrote", {"burgundy", "red"}),
        ("чорно-білий", {"black", "white"}),
        ("crvenim", {"red"}),
        ("rotation", set()),
        ("син", set()),
        ("Grey Melange", {"grey"}),
    ],
)
def test_a_colour_word_means_a_colour(text: str, colours: set[str]) -> None:
    assert meaning(text) == colours


# --- offers -------------------------------------------------------------------------------------------------------


def product(number: int, **more: Any) -> Product:
    return Product(str(number), f"Thing {number}", **more)


CENT = Decimal("0.01")


def offered(found: list[Product], filters: Filters = Filters(), *, leaves: int = 2) -> tuple[Offer, ...]:  # noqa: B008 frozen
    return offers(found, filters, CENT, lambda asked: leaves)


def test_cheaper_is_offered_while_anything_is() -> None:
    found = [product(1, price="20"), product(2, price="10")]
    assert offered(found) == (Offer("cheaper", Filters(max_price="19.99")),)
    assert offered(found, leaves=1) == (Offer("cheaper", Filters(max_price="19.99")),)
    assert offered(found, leaves=0) == ()
    assert offered([product(1)]) == ()
    assert offers(found, Filters(), None, lambda asked: 2) == ()


def test_a_colour_and_a_category_are_offered_where_the_hits_differ() -> None:
    one = product(1, colour="Red/White", category="A > B")
    other = product(2, colour="Blue", category="A > C")
    found = [one, other, product(3, colour="Red", category="A > B")]
    assert [(offer.name, offer.value) for offer in offered(found)] == [("colour", "Red/White"), ("category", "A > B")]
    assert offered(found)[1].filters == Filters(category="A > B")
    assert offered(found, leaves=1) == ()
    assert offered([one, one]) == ()
    kept = Filters(colour="Red", category="A > B")
    assert offered(found, kept) == (Offer("all", Filters()),)


def test_a_category_is_offered_where_the_paths_part() -> None:
    paths = ["Women > Tops > Tees", "Women > Tops > Tanks", "Men > Tops > Tees"]
    found = [product(number, category=path) for number, path in enumerate(paths)]
    assert [offer.value for offer in offered(found)] == ["Women"]
    assert [offer.value for offer in offered(found[:2])] == ["Women > Tops > Tees"]


def test_back_to_all_is_offered_wherever_a_filter_is_on() -> None:
    assert offered([], Filters(colour="red")) == (Offer("all", Filters()),)


@pytest.mark.parametrize(
    ("price", "step", "lower"),
    [("10", "0.01", "9.99"), ("10.00", "1", "9.00"), ("0.00", "0.01", None), ("1", "1", None)],
)
def test_below_a_price_is_a_step_less_and_never_nothing(price: str, step: str, lower: str | None) -> None:
    assert below(price, Decimal(step)) == lower
