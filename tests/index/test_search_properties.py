"""The shortlist, however it has to widen, against every row compared in NumPy."""

from __future__ import annotations

from unittest import mock

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from index import hamming, search
from index.codes import CodeLayout
from index.hamming import Codes
from index.search import MemoryCodes, TwoPhase
from index.shortcodes import ShortCodes
from tests.examples import few

LAYOUT = CodeLayout.of([("texture", 8, 0.2), ("kind", 32, 0.8)])


def codes(dice: np.random.Generator, rows: int, spread: float) -> tuple[Codes, Codes]:
    """Around one centre: the less spread, the more rows lie at one distance."""
    signs = (dice.random(320) > 0.5) ^ (dice.random((rows, 320)) < spread)
    return hamming.pack(signs[:, :256]), hamming.pack(signs)


def nearest(
    index: TwoPhase, short: Codes, long: Codes, rows: npt.NDArray[np.int64], want: int
) -> list[tuple[int, float]]:
    """The reference, of these rows alone: all sorted, then the first of each product."""
    far = LAYOUT.weighted(LAYOUT.by_part(long, index.long.rows(rows)))
    near = hamming.distances(short, index.short.codes[rows])
    found: dict[int, float] = {}
    for at in np.lexsort((rows, index.products[rows], near, far)):
        found.setdefault(int(index.products[rows[at]]), float(far[at]))
    return list(found.items())[:want]


def widened(index: TwoPhase, short: Codes, rows: npt.NDArray[np.int64], want: int, size: int) -> npt.NDArray[np.int64]:
    """The rows that a shortlist may hold when it has grown as often as it must: each with all at its last distance."""
    near = hamming.distances(short, index.short.codes[rows])
    while True:
        if size >= len(rows):
            return rows
        last = np.sort(near)[size - 1]
        chosen = rows[near <= last]
        if len(chosen) > 2 * size:
            raise _TooManyTies
        if len(set(index.products[chosen].tolist())) >= want:
            return np.asarray(chosen)
        size *= search.WIDEN


class _TooManyTies(Exception):
    """More rows at the last distance than a shortlist takes: which of them it holds is the library's choice."""


@few(60)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 400),
    products=st.integers(1, 40),
    want=st.integers(1, 12),
    each=st.integers(1, 8),
    spread=st.sampled_from([0.0, 0.01, 0.1, 0.5]),
    share=st.sampled_from([None, 0.0, 0.02, 0.3, 1.0]),
)
def test_properties_of_the_shortlist_as_it_widens(
    *, seed: int, rows: int, products: int, want: int, each: int, spread: float, share: float | None
) -> None:
    """`each`: rows of the shortlist for each product wanted, few here so that it has to widen, 256 in the shop."""
    dice = np.random.default_rng(seed)
    short, long = codes(dice, rows, spread)
    of_rows = np.minimum(dice.geometric(0.3, rows), products).astype(np.uint32)  # some have very many pictures
    index = TwoPhase(ShortCodes.build(short, "flat"), MemoryCodes(long), LAYOUT, of_rows)
    mask = None if share is None else dice.random(rows) < share
    allowed = np.arange(rows) if mask is None else np.flatnonzero(mask)
    asked_short, asked_long = codes(dice, 1, spread)
    with mock.patch.object(search, "SHORTLIST", each):
        found = index.search(asked_short, asked_long, want, mask)
    exact = index.search(asked_short, asked_long, want, mask, exact=True)
    in_all = nearest(index, asked_short[0], asked_long[0], allowed, want)
    assert [(one.product, one.distance) for one in exact] == in_all
    # as many products as there are, each once, none that is not allowed, in order
    assert len(found) == len(in_all)
    assert len({one.product for one in found}) == len(found)
    assert all(mask is None or mask[one.row] for one in found)
    assert all(of_rows[one.row] == one.product for one in found)
    distances = [one.distance for one in found]
    assert distances == sorted(distances)
    try:
        shortlist = widened(index, asked_short[0], allowed, want, each * want)
    except _TooManyTies:
        return
    assert [(one.product, one.distance) for one in found] == nearest(
        index, asked_short[0], asked_long[0], shortlist, want
    )
