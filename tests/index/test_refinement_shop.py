"""A shopper's words on a real generation: what they leave of it, what they are taken for, what goes on from there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.messages import ByPhoto, ByProduct, ByWords, Filters, Query, Reply, Search
from index.generation import Generation
from tests.index.shop import Shop, picture

BY_PHOTO = ByPhoto(("blob",))
TITLES = {
    "w01": ("Cotton Cap", "Headwear > Caps", "Navy Blue", "12.00 EUR"),
    "w02": ("Two Caps", "Headwear > Caps", "Red", "15.00 EUR"),
    "w03": ("Capri Pants", "Clothes > Trousers", "Black", "40.00 EUR"),
    "w04": ("Zip Hoodie", "Clothes > Hoodies & Sweatshirts", "Blue", "55.00 EUR"),
    "w05": ("Warm hoodies for two", "Clothes > Hoodies & Sweatshirts", "White/Black", "60.00 EUR"),
    "w06": ("Sweatshirt", "Clothes > Hoodies & Sweatshirts", "Grey", "45.00 EUR"),
    "w07": ("T-Shirt plain", "Clothes > Tees", "White", "9.00 EUR"),
    "w08": ("Sports tshirts", "Clothes > Tees", "Blue", "19.00 EUR"),
    "w09": ("Плава хаљина", "Dresses", "Blue", "70.00 EUR"),
    "w10": ("Crvena haljina", "Dresses", "Red", "80.00 EUR"),
    "w11": ("Oak desk", "Desks", "Oak", "199.00 EUR"),
    "Zz-9": ("Odd one", "Desks", "Oak", "250.00 EUR"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Twelve products with words in them."""
    with closing(Shop(tmp_path_factory.mktemp("words"))) as made:
        fill(made)
        yield made


def fill(made: Shop) -> None:
    for number, (product, (title, category, colour, price)) in enumerate(TITLES.items()):
        made.add(product, number, title=title, product_type=category, color=colour, price=price, brand="ACME Co")
    made.reindex()


def ask(shop: Shop, refine: str = "", query: Query = BY_PHOTO, **more: object) -> Reply:
    search = Search("j", "web:s", query, 0, 60_000, refine=refine, want=12)
    photos = [picture("w01")] if isinstance(query, ByPhoto) else []
    return shop.searcher.answer(dataclasses.replace(search, **more), photos)  # type: ignore[arg-type]


def ids(reply: Reply) -> set[str]:
    return {hit.id for hit in reply.hits}


@pytest.mark.parametrize(
    ("words", "found", "filters"),
    [
        ("cap", {"w01", "w02"}, Filters(category="Caps")),
        ("hoodie", {"w04", "w05", "w06"}, Filters(category="Hoodies & Sweatshirts")),
        ("zip", {"w04"}, Filters(words="zip")),
        ("warm", {"w05"}, Filters(words="warm")),
        ("T-shirts", {"w07", "w08"}, Filters(words="t-shirts")),
        ("camisetas", {"w07", "w08"}, Filters(category="Tees")),
        ("haljina", {"w09", "w10"}, Filters(words="haljina")),
        ("хаљине", {"w09", "w10"}, Filters(words="хаљине")),
        ("vestidos", {"w09", "w10"}, Filters(category="Dresses")),
        ("hoodie blau", {"w04"}, Filters(category="Hoodies & Sweatshirts", colour="blau")),
        ("blau", {"w01", "w04", "w08", "w09"}, Filters(colour="blau")),
        ("navy", {"w01"}, Filters(colour="navy")),
        ("white", {"w05", "w07"}, Filters(colour="White")),
        ("acme", set(TITLES), Filters(words="acme")),
        ("acme co", set(TITLES), Filters(brand="ACME Co")),
        ("oak", {"w11", "Zz-9"}, Filters(colour="Oak")),
        ("clothes between 20 and 50", {"w03", "w06"}, Filters(category="Clothes", min_price="20", max_price="50")),
    ],
)
def test_words_leave_what_they_mean(shop: Shop, words: str, found: set[str], filters: Filters) -> None:
    reply = ask(shop, words)
    assert (ids(reply), reply.filters, reply.ignored) == (found, filters, "")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cap", {"w01", "w02"}),
        ("Hoodie", {"w04", "w05", "w06"}),
        ("haljinu", {"w09", "w10"}),
        ("хаљина", {"w09", "w10"}),
        ("t-shirt", {"w07", "w08"}),
        ("tshirt", {"w08"}),
        ("trousers", {"w03"}),
        ("cap cotton", {"w01"}),
        ("unheard", set()),
        ("***", set()),
    ],
)
def test_filter_words_hold_in_any_form_and_script(shop: Shop, words: str, found: set[str]) -> None:
    assert ids(ask(shop, filters=Filters(words=words))) == found


def test_one_wanted_hit_is_one_hit_and_still_has_offers(shop: Shop) -> None:
    reply = ask(shop, want=1)
    assert [hit.id for hit in reply.hits] == ["w01"]
    assert reply.shown == ("w01",)
    assert {offer.name for offer in reply.offers} >= {"cheaper", "category"}


def test_cheaper_keeps_to_the_other_filters_and_its_pages_to_its_price(shop: Shop) -> None:
    first = ask(shop, "clothes", want=2)
    reply = ask(shop, "clothes\ncheaper", want=2)
    limit = Decimal(reply.filters.max_price or 0)
    assert limit == Decimal(first.hits[0].price or 0) - 1
    assert reply.filters.category == "Clothes"
    onward = ask(shop, "clothes\ncheaper", want=2, shown=reply.shown)
    assert onward.filters == reply.filters
    assert not ids(onward) & ids(reply)


def test_nothing_cheaper_says_so_and_leads_back(shop: Shop) -> None:
    reply = ask(shop, "tees under 9\ncheaper")
    assert (reply.outcome, reply.filters) == ("nothing", Filters(category="Tees", max_price="8.00"))
    assert [offer.name for offer in reply.offers] == ["all"]


def test_an_offer_of_cheaper_is_made_while_something_is(shop: Shop) -> None:
    assert "cheaper" not in {offer.name for offer in ask(shop, "tees under 9").offers}
    offer = next(offer for offer in ask(shop, "dresses from 75").offers if offer.name == "all")
    assert offer.filters == Filters()


@pytest.mark.parametrize("typed", ["w11", "W11", "#w11", " w11 ", "blue\nw11"])
def test_a_typed_id_shows_its_product_whatever_was_said_before(shop: Shop, typed: str) -> None:
    reply = ask(shop, typed)
    assert reply.hits[0].id == "w11"
    assert (reply.filters, reply.ignored, reply.offers) == (Filters(), "", ())


def test_an_id_in_mixed_case_is_found_in_any(shop: Shop) -> None:
    assert ask(shop, query=ByWords("zz-9")).hits[0].id == "Zz-9"


def test_words_after_a_typed_id_narrow_what_is_like_it(shop: Shop) -> None:
    reply = ask(shop, "red\nw11\nblue")
    assert ids(reply) == {"w01", "w04", "w08", "w09"}
    assert reply.filters.colour == "Blue"


@pytest.mark.parametrize(
    ("words", "found", "filters"),
    [
        ("blue tees", {"w08"}, Filters(category="Tees", colour="Blue")),
        ("hoodies under 50", {"w06"}, Filters(category="Hoodies & Sweatshirts", max_price="50")),
        ("crvene haljine", {"w10"}, Filters(colour="crvene", words="haljine")),
        ("zip hoodie", {"w04"}, Filters()),
        ("warm things under 70", {"w05"}, Filters(words="warm", max_price="70")),
        ("tees under 1", set(), Filters(max_price="1")),
    ],
)
def test_words_alone_are_titles_first_then_names(shop: Shop, words: str, found: set[str], filters: Filters) -> None:
    reply = ask(shop, query=ByWords(words))
    assert (ids(reply), reply.filters) == (found, filters)


def test_a_tap_counts_for_more_than_the_words_that_were_asked(shop: Shop) -> None:
    reply = ask(shop, query=ByWords("hoodies under 60"), filters=Filters(max_price="50"))
    assert ids(reply) == {"w06"}
    assert reply.filters == Filters(category="Hoodies & Sweatshirts", max_price="50")


def test_products_in_stock_come_first_where_nothing_is_compared(tmp_path: Path) -> None:
    with closing(Shop.of(tmp_path, 3)) as small:
        small.rows["p000"]["availability"] = "out_of_stock"
        small.reindex()
        reply = ask(small, query=ByWords("from 1 €"))
    assert [hit.id for hit in reply.hits] == ["p001", "p002", "p000"]


def test_more_like_this_is_refined_as_a_photo_is(shop: Shop) -> None:
    reply = ask(shop, "clothes under 20", ByProduct("w01"))
    assert ids(reply) == {"w07", "w08"}


def test_a_shop_without_prices_and_colours_invents_none(tmp_path: Path) -> None:
    with closing(Shop.of(tmp_path, 6)) as bare:
        for row in bare.rows.values():
            row["price"] = row["color"] = ""
        bare.reindex()
        reply = ask(bare, "blue under 50, cheaper")
    assert (reply.outcome, reply.filters, reply.ignored) == ("hits", Filters(), "blue under 50 cheaper")
    assert {offer.name for offer in reply.offers} == {"category"}


def test_a_catalogue_of_one_product_knows_little_and_does_not_fail(tmp_path: Path) -> None:
    with closing(Shop.of(tmp_path, 1)) as lone:
        lone.reindex()
        reply = ask(lone, "blue shoes under 1\nlamp")
    assert reply.outcome in ("hits", "nothing")


@pytest.fixture(scope="module")
def generation(shop: Shop) -> Generation:
    return shop.store.current()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_word_breaks_the_index_of_titles(generation: Generation, text: str) -> None:
    for word in text.split():
        generation.knowledge.rows_with(word)
    assert generation.knowledge.leaves(Filters(words=text, category=text, colour=text, brand=text)) in (0, 1, 2)
