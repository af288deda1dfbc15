"""Two-phase search against brute force: flat, graph, masks, ties, several photos."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest

from index import hamming
from index.codes import CodeLayout
from index.hamming import Codes
from index.search import Found, MemoryCodes, Ranked, TwoPhase, distinct, fuse
from index.shortcodes import ShortCodes, whole_last_distance

LAYOUT = CodeLayout.of([("texture", 8, 0.2), ("shape", 16, 0.3), ("kind", 32, 0.5)])


def shelf(
    rows: int, pictures_each: int = 1, kind: Literal["flat", "hnsw"] = "flat", seed: int = 0
) -> tuple[TwoPhase, Codes, Codes]:
    """Codes in clusters, so that neighbours mean something in both phases."""
    generator = np.random.default_rng(seed)
    centres = generator.random((20, 256)) > 0.5
    flips = generator.random((rows, 256)) < 0.15
    signs = centres[generator.integers(0, 20, rows)] ^ flips
    short = hamming.pack(signs)
    long = hamming.pack(np.concatenate([signs, generator.random((rows, 192)) > 0.5], axis=1))
    products = (np.arange(rows) // pictures_each).astype(np.uint32)
    return TwoPhase(ShortCodes.build(short, kind), MemoryCodes(long), LAYOUT, products), short, long


def brute_force(
    index: TwoPhase, short: Codes, long: Codes, query: int, *, want: int, mask: npt.NDArray[np.bool_] | None = None
) -> list[tuple[int, float]]:
    """The reference: every row, in plain Python order of (long distance, short distance, product, row)."""
    allowed = np.flatnonzero(np.ones(len(short), np.bool_) if mask is None else mask).tolist()
    far = LAYOUT.weighted(LAYOUT.by_part(long[query], long))
    near = hamming.distances(short[query], short)
    ordered = sorted(allowed, key=lambda row: (far[row], near[row], index.products[row], row))
    found: dict[int, float] = {}
    for row in ordered:
        found.setdefault(int(index.products[row]), float(far[row]))
    return list(found.items())[:want]


def pairs(found: list[Found]) -> list[tuple[int, float]]:
    return [(one.product, one.distance) for one in found]


@pytest.mark.parametrize("pictures_each", [1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_exact_search_is_brute_force(pictures_each: int, masked: bool) -> None:
    index, short, long = shelf(900, pictures_each)
    mask = np.random.default_rng(1).random(900) < 0.3 if masked else None
    for query in range(0, 900, 101):
        found = index.search(short[query : query + 1], long[query : query + 1], 7, mask, exact=True)
        assert pairs(found) == brute_force(index, short, long, query, want=7, mask=mask)


@pytest.mark.parametrize("masked", [False, True])
def test_a_shortlist_that_holds_everything_is_exact(masked: bool) -> None:
    index, short, long = shelf(250)
    mask = np.random.default_rng(1).random(250) < 0.5 if masked else None
    for query in range(0, 250, 31):
        found = index.search(short[query : query + 1], long[query : query + 1], 5, mask)
        assert pairs(found) == brute_force(index, short, long, query, want=5, mask=mask)


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_two_phases_find_what_brute_force_finds(kind: Literal["flat", "hnsw"]) -> None:
    index, short, long = shelf(6000, kind=kind)
    same = total = 0
    for query in range(0, 6000, 397):
        found = {one.product for one in index.search(short[query : query + 1], long[query : query + 1], 3)}
        same += len(found & {product for product, _ in brute_force(index, short, long, query, want=3)})
        total += 3
    assert same / total >= 0.9


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_mask_lets_nothing_else_through(kind: Literal["flat", "hnsw"], share: float) -> None:
    index, short, long = shelf(3000, kind=kind)
    mask = np.random.default_rng(2).random(3000) < share
    for query in (0, 700, 2999):
        found = index.search(short[query : query + 1], long[query : query + 1], 5, mask)
        assert len(found) == 5
        assert all(mask[one.row] for one in found)


def test_a_graph_scans_a_small_selection_exactly() -> None:
    flat, short, _ = shelf(3000)
    graph, _, _ = shelf(3000, kind="hnsw")
    mask = np.zeros(3000, np.bool_)
    mask[::37] = True
    for query in (1, 1500):
        _, exact = flat.short.nearest(short[query], 20, mask)
        _, found = graph.short.nearest(short[query], 20, mask)
        assert exact.tolist() == found.tolist()


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_an_empty_mask_finds_nothing(kind: Literal["flat", "hnsw"]) -> None:
    index, short, long = shelf(400, kind=kind)
    assert index.search(short[:1], long[:1], 5, np.zeros(400, np.bool_)) == []


def test_the_shortlist_widens_until_there_are_enough_products() -> None:
    # one product has 5,000 pictures, all nearest: the first shortlist of 256 x 3 holds nothing else
    generator = np.random.default_rng(3)
    base = generator.random(448) > 0.5
    signs = np.tile(base, (5010, 1))
    signs[5000:] = generator.random((10, 448)) > 0.5
    short, long = hamming.pack(signs[:, :256]), hamming.pack(signs)
    products = np.minimum(np.arange(5010), 10**6).astype(np.uint32)
    products[:5000] = 0
    index = TwoPhase(ShortCodes.build(short, "flat"), MemoryCodes(long), LAYOUT, products)
    found = index.search(short[:1], long[:1], 3)
    assert len(found) == 3
    assert found[0].product == 0
    assert pairs(found) == brute_force(index, short, long, 0, want=3)


def test_fewer_products_than_wanted_are_all_given() -> None:
    index, short, long = shelf(12, pictures_each=4)
    assert len(index.search(short[:1], long[:1], 10)) == 3


@pytest.mark.parametrize(
    ("distances", "size", "kept"),
    [
        ([1, 2, 3], 3, 3),
        ([1, 2, 2, 2, 3], 2, 4),
        ([1, 1, 1, 1], 2, 4),
        ([1, 2, 3, 4], 2, 2),
        ([], 2, 0),
    ],
)
def test_all_rows_at_the_last_distance_stay_in_the_shortlist(distances: list[int], size: int, kept: int) -> None:
    rows, near = whole_last_distance(np.arange(len(distances)), np.array(distances, np.int32), size)
    assert len(rows) == len(near) == kept


def test_ties_are_broken_by_short_distance_then_product() -> None:
    signs = np.zeros((4, 448), np.bool_)
    signs[:, 300] = True  # the same long distance for all
    short = hamming.pack(np.array([[i in (0, 3)] + [False] * 255 for i in range(4)]))
    index = TwoPhase(
        ShortCodes.build(short, "flat"), MemoryCodes(hamming.pack(signs)), LAYOUT, np.arange(4, dtype=np.uint32)
    )
    found = index.search(hamming.pack(np.zeros((1, 256), np.bool_)), hamming.pack(np.zeros((1, 448), np.bool_)), 4)
    assert [one.product for one in found] == [1, 2, 0, 3]


def test_a_product_counts_by_its_nearest_picture() -> None:
    ranked = Ranked(np.array([5, 2, 4, 0]), np.array([0.1, 0.2, 0.3, 0.4]), np.zeros((4, 3), np.int32))
    products = np.array([7, 7, 8, 9, 8, 9], np.uint32)
    assert [(one.product, one.row) for one in distinct(ranked, products, 9)] == [(9, 5), (8, 2), (7, 0)]
    assert len(distinct(ranked, products, 2)) == 2


def found(product: int, distance: float) -> Found:
    return Found(product, product, distance, (0, 0, 0))


@pytest.mark.parametrize(
    ("lists", "want", "expected"),
    [
        ([], 5, []),
        ([[found(1, 0.1), found(2, 0.2)]], 5, [1, 2]),
        ([[found(1, 0.3), found(2, 0.4)], [found(2, 0.1), found(3, 0.2)]], 5, [2, 3, 1]),
        ([[found(1, 0.3)], [found(2, 0.3)]], 5, [1, 2]),
        ([[found(1, 0.1), found(2, 0.5)], [found(3, 0.2)]], 2, [1, 3]),
    ],
)
def test_photos_of_one_query_are_fused_by_the_best_of_each_product(
    lists: list[list[Found]], want: int, expected: list[int]
) -> None:
    assert [one.product for one in fuse(lists, want)] == expected
