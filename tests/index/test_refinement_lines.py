"""Amounts and whole lines as shoppers write them: tables, and what never happens whatever is typed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.messages import Filters
from index.refinement.parse import parse
from index.refinement.prices import price_at
from index.refinement.text import tokens
from index.refinement.titles import expression
from index.refinement.vocabulary import vocabulary

# --- prices -------------------------------------------------------------------------------------------------------

AMOUNTS: dict[str, tuple[str | None, str | None]] = {
    "under 50": (None, "50"),
    "below $50": (None, "50"),
    "up to 50 dollars": (None, "50"),
    "no more than 50": (None, "50"),
    "cheaper than 50": (None, "50"),
    "< 50": (None, "50"),
    "<=50€": (None, "50"),
    "max. 50": (None, "50"),
    "50 or less": (None, "50"),
    "50 max": (None, "50"),
    "50eur": (None, "50"),
    "€ 50": (None, "50"),
    "unter 50 €": (None, "50"),
    "bis zu 50 Euro": (None, "50"),
    "höchstens 49,90": (None, "49.90"),
    "nicht mehr als 50": (None, "50"),
    "billiger als 50": (None, "50"),
    "menos de 50 €": (None, "50"),
    "hasta 50": (None, "50"),
    "no más de 50": (None, "50"),
    "más barato que 50": (None, "50"),
    "50 euros como máximo": (None, "50"),
    "до 500 грн": (None, "500"),
    "менше 500 гривень": (None, "500"),
    "не дорожче 500": (None, "500"),
    "дешевше ніж 500": (None, "500"),
    "ispod 50": (None, "50"),
    "испод 50 динара": (None, "50"),
    "do 50 eura": (None, "50"),
    "до 50 евра": (None, "50"),
    "manje od 50": (None, "50"),
    "ne više od 50": (None, "50"),
    "не више од 50": (None, "50"),
    "from 30": ("30", None),
    "over 30": ("30", None),
    "at least 30 €": ("30", None),
    "30+": ("30", None),
    "30 and up": ("30", None),
    "ab 30": ("30", None),
    "über 30 €": ("30", None),
    "mindestens 30": ("30", None),
    "más de 30": ("30", None),
    "desde 30 €": ("30", None),
    "від 30": ("30", None),
    "понад 30 грн": ("30", None),
    "od 30": ("30", None),
    "iznad 30": ("30", None),
    "изнад 30": ("30", None),
    "not under 30": ("30", None),
    "between 20 and 40": ("20", "40"),
    "from 20 to 40": ("20", "40"),
    "20-40": ("20", "40"),
    "20 – 40 €": ("20", "40"),
    "$20 to $40": ("20", "40"),
    "zwischen 20 und 40": ("20", "40"),
    "von 20 bis 40": ("20", "40"),
    "20 bis 40 Euro": ("20", "40"),
    "entre 20 y 40": ("20", "40"),
    "de 20 a 40 €": ("20", "40"),
    "між 20 і 40": ("20", "40"),
    "від 20 до 40": ("20", "40"),
    "između 20 i 40": ("20", "40"),
    "између 20 и 40": ("20", "40"),
    "od 20 do 40": ("20", "40"),
    "od 20 do 40 €": ("20", "40"),
    "about 50": ("40.0", "60.0"),
    "etwa 50 €": ("40.0", "60.0"),
}


@pytest.mark.parametrize(("text", "limits"), AMOUNTS.items())
def test_an_amount_is_understood_in_six_languages(text: str, limits: tuple[str | None, str | None]) -> None:
    pieces = tokens(text)
    found = price_at(pieces, 0)
    assert found is not None
    assert found.length == len(pieces)
    assert (found.least, found.most) == tuple(None if limit is None else Decimal(limit) for limit in limits)


@pytest.mark.parametrize("text", ["50", "size 42", "blue", "from", "under", "under blue", "iphone 15", "to 50 x", ""])
def test_a_number_alone_is_no_price(text: str) -> None:
    assert price_at(tokens(text), 0) is None


# --- whole lines --------------------------------------------------------------------------------------------------

SHOP = vocabulary(
    ["black", "white", "navy blue", "blue", "white/black", "stainless steel"],
    ["Nike", "ON", "The North Face", "Levi's", "Jack & Jones", "Рошен"],
    [
        "men > tops > hoodies & sweatshirts",
        "men > tops > tees",
        "women > tops > hoodies & sweatshirts",
        "women > tops > tees",
        "women > shoes",
        "chair",
        "swivel chair",
        "table, outdoor",
        "box with lid",
        "t-shirts",
        "shirts",
        "lamps > table lamps",
    ],
    lambda word: word in ("zip", "leather", "tshirt"),
)


@pytest.mark.parametrize(
    ("text", "wanted", "ignored"),
    [
        ("no, the blue one", {"colour": "blue"}, ""),
        ("not blue", {}, "not blue"),
        ("nicht schwarz", {}, "nicht schwarz"),
        ("ohne Zip", {}, "ohne Zip"),
        ("blue without zip", {"colour": "blue"}, "without zip"),
        ("blue\nany colour", {}, ""),
        ("blue under 20\negal welche Farbe", {"max_price": "20"}, ""),
        ("blue under 20\nany price", {"colour": "blue"}, ""),
        ("under 20\nfrom 30", {"min_price": "30"}, ""),
        ("from 30\nunder 50", {"min_price": "30", "max_price": "50"}, ""),
        ("black and white", {"colour": "black white"}, ""),
        ("schwarz-weiß", {"colour": "schwarz weiss"}, ""),
        ("blue or black", {"colour": "black"}, ""),
        ("hellblau", {"colour": "blue"}, ""),
        ("stainless steel", {"colour": "stainless steel"}, ""),
        ("the north face", {"brand": "The North Face"}, ""),
        ("levis", {"brand": "Levi's"}, ""),
        ("LEVI’S", {"brand": "Levi's"}, ""),
        ("jack and jones", {"brand": "Jack & Jones"}, ""),
        ("jack&jones", {"brand": "Jack & Jones"}, ""),
        ("рошен", {"brand": "Рошен"}, ""),
        ("ROŠEN", {"brand": "Рошен"}, ""),
        ("shoes on sale", {"category": "shoes"}, "sale"),
        ("ON shoes", {"brand": "ON", "category": "shoes"}, ""),
        ("t-shirt", {"category": "t-shirts"}, ""),
        ("T shirts", {"category": "t-shirts"}, ""),
        ("shirt", {"category": "shirts"}, ""),
        ("men\nhoodie", {"category": "men > tops > hoodies & sweatshirts"}, ""),
        ("men\nwomen", {"category": "women"}, ""),
        ("swivel chair", {"category": "swivel chair"}, ""),
        ("chair", {"category": "… chair"}, ""),
        ("lamps", {"category": "lamps"}, ""),
        ("cipele", {"category": "shoes"}, ""),
        ("ципеле", {"category": "shoes"}, ""),
        ("чоловічі", {"category": "men"}, ""),
        ("levvis", {"brand": "Levi's"}, ""),
        ("north fase", {}, "north fase"),
        ("zip\nleather", {"words": "leather zip"}, ""),
        ("💙 blue!!", {"colour": "blue"}, ""),
    ],
)
def test_a_line_is_read_as_a_shopper_means_it(text: str, wanted: dict[str, str], ignored: str) -> None:
    said = parse(text, SHOP)
    assert said.filters == Filters(**wanted)  # type: ignore[arg-type]
    assert said.ignored == ignored


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("cheaper", 1),
        ("not too expensive", 1),
        ("zu teuer", 1),
        ("algo más barato, por favor", 1),
        ("щось дешевше", 1),
        ("nešto jeftinije", 1),
        ("имате ли нешто јефтиније", 1),
        ("cheaper\ncheaper\nblue", 2),
        ("something cheaper, up to 40", 0),
        ("cheaper\nup to 40", 1),
        ("cheaper\nall", 0),
    ],
)
def test_cheaper_counts_as_often_as_it_is_asked_for(text: str, times: int) -> None:
    assert parse(text, SHOP).cheaper == times


def test_a_shop_without_prices_reads_none() -> None:
    said = parse("blue under 50, cheaper", vocabulary(["blue"], [], [], lambda word: False, priced=False))
    assert said.filters == Filters(colour="blue")
    assert (said.cheaper, said.ignored) == (0, "under 50 cheaper")


def test_words_that_no_product_has_together_give_way_to_the_latest() -> None:
    def leaves(filters: Filters) -> int:
        return 0 if {"zip", "leather"} <= set((filters.words or "").split()) else 2

    shop = vocabulary([], [], [], lambda word: word in ("zip", "leather"), leaves=leaves)
    assert parse("zip\nleather", shop).filters.words == "leather"
    assert parse("zip leather", shop).filters.words == "zip"
    assert parse("zip leather", shop).ignored == "leather"


@settings(deadline=None, max_examples=300)
@example("\x00")
@example("-" * 2000)
@example("1" * 400)
@example("under 1e400")
@example("… > >> …")
@example("not " * 300)
@given(st.text(st.characters(), max_size=300))
def test_no_text_of_any_script_raises(text: str) -> None:
    said = parse(f"{text}\nblue {text}", SHOP, language=text[:5])
    assert isinstance(said.ignored, str)
    expression(text, lambda start: [start])


KNOWN = (
    "not no the blue black men women chair under 50 20 € - , and or to from any colour all cheaper in stock "
    "levis on zip between < + until"
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(sorted(KNOWN.split())), max_size=14))
def test_no_order_of_known_words_raises(words: list[str]) -> None:
    parse(" ".join(words), SHOP, Filters(category="Men", words="zip", min_price="nonsense"))
