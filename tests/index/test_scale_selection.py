"""Filters asked about some rows say what they say about all, and every hit that exists is found through them."""

from __future__ import annotations

import numpy as np
import pytest

from core.messages import Filters
from index import hamming, scan
from index.codes import CodeLayout
from index.columns import MICRO, NO_PRICE, Columns
from index.refinement import knowledge as knowing
from index.search import MemoryCodes, TwoPhase
from index.selection import Selection, none_of, one_of, within
from index.shortcodes import Kind, ShortCodes
from tests.index.shop import Shop

ROWS = 150_000
LAYOUT = CodeLayout.of([("texture", 8, 0.2), ("kind", 24, 0.8)])


def columns(rows: int = ROWS) -> Columns:
    generator = np.random.default_rng(3)
    category = generator.integers(0, 5, rows).astype(np.uint32)
    return Columns(
        product=(np.arange(rows) // 3).astype(np.uint32),
        price=np.where(generator.random(rows) < 0.1, NO_PRICE, generator.integers(0, 1000 * MICRO, rows)),
        category=category,
        brand=category,
        colour=category,
        stock=(generator.random(rows) < 0.8).astype(np.uint8),
        labels={
            "category": {1: "bags", 2: "shoes > boots", 3: "shoes > sandals", 4: "trousers"},
            "brand": {1: "a", 2: "b", 3: "c", 4: "d"},
            "colour": {1: "blue", 2: "blue/white", 3: "red", 4: "white"},
        },
    )


@pytest.mark.parametrize(
    "filters",
    [
        Filters(max_price="1"),
        Filters(min_price="20", max_price="700"),
        Filters(category="Shoes"),
        Filters(colour="white"),
        Filters(brand="nobody's"),
        Filters(in_stock=True),
        Filters(category="shoes", max_price="500", in_stock=True),
    ],
)
@pytest.mark.parametrize("without", [(), (0, 7, 49_999)])
def test_some_rows_are_told_as_all_are(filters: Filters, without: tuple[int, ...]) -> None:
    held = columns()
    selection = held.selection(filters, without)
    assert selection is not None
    rows = np.random.default_rng(1).permutation(ROWS)[:5000]
    some, stretch = selection.at(rows), selection.at(slice(65_530, 65_540))
    whole = selection.whole()
    assert some.tolist() == whole[rows].tolist()
    assert stretch.tolist() == whole[65_530:65_540].tolist()
    assert not whole[[row for product in without for row in range(3 * product, 3 * product + 3)]].any()
    mask = held.mask(filters, without)
    assert mask is not None
    assert np.array_equal(mask, whole)


def test_codes_that_stand_apart_are_looked_up() -> None:
    values = np.array([0, 1, 2, 3, 4, 2], np.uint32)
    for passes in ([0, 1, 0, 1, 0], [0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]):
        mask = np.array(passes, np.bool_)
        assert one_of(values, mask)(slice(0, 6)).tolist() == mask[values].tolist()


def test_a_price_that_is_none_never_passes() -> None:
    prices = np.array([NO_PRICE, 0, 5, 9, 2**61])
    every = slice(0, 5)
    assert within(prices, None, 5)(every).tolist() == [False, True, True, False, False]
    assert within(prices, -10, None)(every).tolist() == [False, True, True, True, True]
    assert within(prices, 5, 9)(every).tolist() == [False, False, True, True, False]
    assert within(prices, 6, 5)(every).tolist() == [False] * 5
    assert within(prices, None, -1)(every).tolist() == [False] * 5
    assert within(prices, 6, None)(np.array([4, 2, 3])).tolist() == [True, False, True]


def test_products_left_out_leave_all_their_rows_and_no_other() -> None:
    values = np.array([0, 0, 1, 3, 3, 3, 4], np.uint32)
    test = none_of(values, np.array([3, 2, 0], np.uint32))
    assert test(slice(0, 100)).tolist() == [False, False, True, False, False, False, True]
    assert test(slice(4, 7)).tolist() == [False, False, True]
    assert test(np.array([6, 0, 3])).tolist() == [True, False, False]


def codes(rows: int, seed: int = 0) -> tuple[hamming.Codes, hamming.Codes]:
    generator = np.random.default_rng(seed)
    centres = generator.random((40, 256)) > 0.5
    signs = centres[generator.integers(0, 40, rows)] ^ (generator.random((rows, 256)) < 0.12)
    packed = hamming.pack(signs)
    return packed, packed[:, ::-1].copy()


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.001, 0.01, 0.1, 0.14, 0.16, 0.5, 0.99, 1.0])
def test_a_filtered_pass_gives_what_a_mask_gives(share: float) -> None:
    short, _ = codes(ROWS)
    mask = np.random.default_rng(5).random(ROWS) < share
    asked = Selection(ROWS, [mask.__getitem__])
    rows, near = scan.shortlist(short[77], short, 300, asked)
    distances = hamming.distances(short[77], short)
    expected = sorted((int(distances[row]), row) for row in np.flatnonzero(mask).tolist())
    last = expected[min(300, len(expected)) - 1][0] if expected else -1
    assert list(zip(near.tolist(), rows.tolist(), strict=True)) == [p for p in expected if p[0] <= last][:600]


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
@pytest.mark.parametrize("passing", [0, 1, 9, 10, 11, 300, 6000])
def test_as_many_hits_as_exist_come_through_a_filter(kind: Kind, passing: int) -> None:
    rows = 6000
    short, long = codes(rows, seed=4)
    index = TwoPhase(ShortCodes.build(short, kind), MemoryCodes(long), LAYOUT, np.arange(rows, dtype=np.uint32))
    mask = np.zeros(rows, np.bool_)
    mask[np.random.default_rng(6).permutation(rows)[:passing]] = True
    for query in (0, 1234):
        found = index.search(short[query : query + 1], long[query : query + 1], 10, Selection.of(mask))
        assert len(found) == min(10, passing)
        assert all(mask[one.row] for one in found)


def test_a_graph_out_of_reach_is_made_up_by_a_pass() -> None:
    # one picture 3,000 times over is an island of the graph: few of the others are linked with it
    short = np.concatenate([np.zeros((3000, 32), np.uint8), codes(40)[0]])
    graph = ShortCodes.build(short, "hnsw")
    for query in (0, 3010):
        rows, near = graph.shortlist(short[query], 3020)
        flat = scan.shortlist(short[query], short, 3020)
        assert len(rows) >= 3020
        assert near[:3020].max() == flat[1][:3020].max()


def test_filters_are_looked_at_once_and_pages_leave_out_more(indexed: Shop) -> None:
    with indexed.store.lease() as generation:
        knowledge = generation.knowledge
        first = knowledge.selection(Filters(category="Shoes"))
        again = knowledge.selection(Filters(category="Shoes"))
        page = knowledge.selection(Filters(category="Shoes"), {0, 4})
        assert first is not None
        assert first is again
        assert page is not None
        assert set(np.flatnonzero(first.whole())) - set(np.flatnonzero(page.whole())) == {0, 4}
        assert knowledge.selection(Filters()) is None
        alone = knowledge.selection(Filters(), {1})
        assert alone is not None
        assert np.flatnonzero(~alone.whole()).tolist() == [1]


def test_many_different_filters_are_forgotten_in_turn(indexed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowing, "KEPT_FILTERS", 3)
    with indexed.store.lease() as generation:
        knowledge = knowing.Knowledge(generation.catalogue, generation.columns)
        kept = [knowledge.selection(Filters(max_price=str(price))) for price in range(5)]
        assert knowledge.selection(Filters(max_price="4")) is kept[4]
        assert knowledge.selection(Filters(max_price="0")) is not kept[0]
