"""Words, ids and offers on a real generation: what a shopper's next sentence does to the answer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.messages import ByPhoto, ByProduct, ByWords, Filters, Query, Reply, Search
from tests.index.shop import Shop, picture

BY_PHOTO = ByPhoto(("blob",))


def ask(
    shop: Shop,
    query: Query = BY_PHOTO,
    refine: str = "",
    filters: Filters = Filters(),  # noqa: B008 frozen
    want: int = 5,
) -> Reply:
    search = Search("j", "web:s", query, 0, 60_000, want=want, refine=refine, filters=filters)
    return shop.searcher.answer(search, [picture("p007")] if isinstance(query, ByPhoto) else [])


def products(shop: Shop, reply: Reply) -> list[dict[str, str]]:
    return [shop.rows[hit.id] for hit in reply.hits]


@pytest.mark.parametrize(
    ("words", "column", "value"),
    [
        ("red", "color", "Red"),
        ("rojo", "color", "Red"),
        ("синій", "color", "Blue/White"),
        ("acme", "brand", "Acme"),
        ("ümlaut söhne", "brand", "Ümlaut & Söhne"),
        ("lamp", "product_type", "Lamps"),
        ("boots", "product_type", "Shoes > Boots"),
    ],
)
def test_words_narrow_a_photos_question(indexed: Shop, words: str, column: str, value: str) -> None:
    reply = ask(indexed, refine=words)
    assert len(reply.hits) == 5
    assert {row[column] for row in products(indexed, reply)} == {value}
    assert reply.filters != Filters()
    assert reply.ignored == ""


def test_a_price_and_stock_narrow_together(indexed: Shop) -> None:
    reply = ask(indexed, refine="between 20 and 40\nin stock")
    assert len(reply.hits) == 5
    for row in products(indexed, reply):
        assert 20 <= Decimal(row["price"].split()[0]) <= 40
        assert row["availability"] == "in_stock"


def test_cheaper_is_cheaper_than_the_nearest_each_time(indexed: Shop) -> None:
    first = ask(indexed).hits[0].price
    once, twice = ask(indexed, refine="cheaper"), ask(indexed, refine="cheaper\ncheaper")
    assert first is not None
    assert all(Decimal(hit.price or 0) < Decimal(first) for hit in once.hits)
    assert all(Decimal(hit.price or 0) < Decimal(once.hits[0].price or 0) for hit in twice.hits)


def test_words_that_mean_nothing_here_leave_the_answer_and_are_told(indexed: Shop) -> None:
    plain, reply = ask(indexed), ask(indexed, refine="xyzzy")
    assert reply.hits == plain.hits
    assert (reply.ignored, reply.filters) == ("xyzzy", Filters())


def test_words_of_titles_narrow_too(indexed: Shop) -> None:
    reply = ask(indexed, refine="p012")
    assert reply.hits[0].id == "p012"


def test_a_typed_id_finds_its_product_and_what_is_like_it(indexed: Shop) -> None:
    for query, refine in ((ByWords("p012"), ""), (BY_PHOTO, "p012")):
        reply = ask(indexed, query, refine)
        assert reply.hits[0].id == "p012"
        assert reply.hits[0].why == ("the product itself",)
        assert len(reply.hits) == 5


@pytest.mark.parametrize("words", ['"', "p012*", "NEAR(a b)", "title:x", "-", "a OR", "(", "'; DROP", "\x00"])
def test_no_sign_of_the_query_language_breaks_a_search_by_words(indexed: Shop, words: str) -> None:
    assert ask(indexed, ByWords(words)).outcome in ("hits", "nothing")
    assert ask(indexed, refine=words).outcome == "hits"


def test_a_search_by_words_reads_prices_too(indexed: Shop) -> None:
    reply = ask(indexed, ByWords("thing under 15"))
    assert reply.hits
    assert all(Decimal(hit.price or 0) <= 15 for hit in reply.hits)


def test_next_is_offered_only_where_more_may_follow(indexed: Shop) -> None:
    assert ask(indexed).more
    assert not ask(indexed, want=100).more


def test_nothing_under_the_filters_says_which_and_leads_back(indexed: Shop) -> None:
    reply = ask(indexed, refine="under 1")
    assert reply.outcome == "nothing"
    assert reply.filters == Filters(max_price="1")
    assert [offer.name for offer in reply.offers] == ["all"]


def test_an_answers_offers_lead_to_what_they_say(indexed: Shop) -> None:
    by_name = {offer.name: offer for offer in ask(indexed, want=8).offers}
    assert set(by_name) == {"cheaper", "colour", "category"}
    narrowed = ask(indexed, filters=by_name["colour"].filters)
    assert {row["color"] for row in products(indexed, narrowed)} == {by_name["colour"].value}
    assert "all" in {offer.name for offer in narrowed.offers}
    of_category = ask(indexed, filters=by_name["category"].filters)
    assert of_category.hits
    assert all(row["product_type"].startswith(by_name["category"].value) for row in products(indexed, of_category))


def test_more_like_this_is_narrowed_as_a_photo_is(indexed: Shop) -> None:
    reply = ask(indexed, ByProduct("p007"), "red")
    assert {row["color"] for row in products(indexed, reply)} == {"Red"}


def test_cheaper_is_not_asked_for_again_by_later_words(indexed: Shop) -> None:
    cheaper = ask(indexed, refine="cheaper")
    assert cheaper.settled
    later = ask(indexed, refine="red", filters=cheaper.filters)
    assert later.filters.max_price == cheaper.filters.max_price


def test_words_after_words_narrow_them_while_something_is_left(indexed: Shop) -> None:
    boots = ask(indexed, ByWords("boots"))
    red = ask(indexed, ByWords("red", before="boots"))
    assert {(row["color"], row["product_type"]) for row in products(indexed, red)} == {("Red", "Shoes > Boots")}
    assert (red.settled, red.words, red.filters.colour) == (True, "boots", "Red")
    cheaper = ask(indexed, ByWords("cheaper", before="boots"))
    dearest = boots.hits[0].price
    assert cheaper.hits
    assert all(Decimal(hit.price or 0) < Decimal(dearest or 0) for hit in cheaper.hits)
    assert {row["product_type"] for row in products(indexed, cheaper)} == {"Shoes > Boots"}
    back = ask(indexed, ByWords("all", before="boots"), filters=red.filters)
    assert [hit.id for hit in back.hits] == [hit.id for hit in boots.hits]


@pytest.mark.parametrize("words", ["lamp", "thing p012", "p012", "sandals"])
def test_words_after_words_that_ask_for_something_else_begin_anew(indexed: Shop, words: str) -> None:
    kept = Filters(category="Shoes > Boots", colour="Red")
    reply, alone = ask(indexed, ByWords(words, before="boots"), filters=kept), ask(indexed, ByWords(words))
    assert [hit.id for hit in reply.hits] == [hit.id for hit in alone.hits]
    assert (reply.settled, reply.words, reply.filters) == (True, words, alone.filters)


def test_words_that_leave_nothing_of_those_before_are_told_so(indexed: Shop) -> None:
    reply = ask(indexed, ByWords("under 1", before="boots"))
    assert (reply.outcome, reply.words, reply.filters.max_price) == ("nothing", "boots", "1")
