"""Two-phase Hamming search: short codes give a shortlist, long codes order it, products come out.

Pure of files and of SQL: it knows rows, codes and the ordinals of products.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index import hamming
from index.codes import CodeLayout
from index.hamming import Codes
from index.selection import Mask, Rows, Selection
from index.shortcodes import ShortCodes

SHORTLIST = 256
"""Rows of the shortlist for each product wanted."""
WIDEN = 4
"""By how much the shortlist grows while it holds too few products."""
CHUNK = 65_536


class HoldsCodes(Protocol):
    """Long codes: `longcodes.LongCodes` on disk, `MemoryCodes` for measuring."""

    def __len__(self) -> int: ...

    def rows(self, numbers: Rows) -> Codes:
        """A copy of these rows."""

    def span(self, start: int, stop: int) -> Codes:
        """Rows from start up to stop."""


class MemoryCodes:
    """Long codes in memory."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    def rows(self, numbers: Rows) -> Codes:
        """A copy of these rows."""
        return self._codes.take(numbers, axis=0)

    def span(self, start: int, stop: int) -> Codes:
        """Rows from start up to stop, without a copy."""
        return self._codes[start:stop]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows in the order of an answer: long distance, short distance, then place in the catalogue."""

    rows: Rows
    distances: npt.NDArray[np.float64]
    """Weighted long distances."""
    by_part: npt.NDArray[np.int32]
    """`[N, P]` differing bits."""


@dataclass(frozen=True, slots=True)
class Found:
    """One product of a result and the row of it that came nearest."""

    product: int
    """Ordinal."""
    row: int
    distance: float
    by_part: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows, in any order, whose long codes were compared with the query's."""

    rows: Rows
    distances: npt.NDArray[np.float64]
    """Weighted long distances."""
    short: npt.NDArray[np.int32]
    """Short distances."""
    by_part: npt.NDArray[np.int32]
    """`[N, P]` differing bits."""

    def first(self, products: npt.NDArray[np.uint32], want: int) -> list[Found]:
        """The `want` first products. Only the nearest rows are sorted: sorting 2,560 takes longer than comparing."""
        several = 4 * want + 16
        while several < len(self.rows):
            last = np.partition(self.distances, several)[several]
            found = distinct(self._of(np.flatnonzero(self.distances <= last)).ranked(products), products, want)
            if len(found) == want:
                return found
            several *= WIDEN
        return distinct(self.ranked(products), products, want)

    def ranked(self, products: npt.NDArray[np.uint32]) -> Ranked:
        """In order of long distance, short distance, product, row."""
        sequence = np.lexsort((self.rows, products[self.rows], self.short, self.distances))
        return Ranked(self.rows[sequence], self.distances[sequence], self.by_part[sequence])

    def _of(self, chosen: Rows) -> Compared:
        return Compared(self.rows[chosen], self.distances[chosen], self.short[chosen], self.by_part[chosen])


@dataclass(frozen=True, slots=True)
class TwoPhase:
    """The search over one generation's codes. `products` uint32 `[rows]`: the ordinal of each row's product.

    Ordinals stand in the order of product ids, so that an ordinal breaks ties as the id would.
    """

    short: ShortCodes
    long: HoldsCodes
    layout: CodeLayout
    products: npt.NDArray[np.uint32]

    def search(
        self,
        short: Codes,
        long: Codes,
        want: int,
        allowed: Selection | Mask | None = None,
        *,
        exact: bool = False,
    ) -> list[Found]:
        """The `want` nearest products to the photos of one query (short `[M, 32]`, long `[M, bytes]`), fused.

        `allowed` says which rows may answer, None: all of them.
        """
        selection = Selection.of(allowed) if isinstance(allowed, np.ndarray) else allowed
        of_one = self._all_of_one if exact else self._of_one
        return fuse((of_one(short[i], long[i], want, selection) for i in range(len(short))), want)

    def _of_one(self, short: Codes, long: Codes, want: int, allowed: Selection | None) -> list[Found]:
        size = SHORTLIST * want
        while True:
            rows, near = self.short.shortlist(short, size, allowed)
            by_part = self.layout.by_part(long, self.long.rows(rows))
            found = Compared(rows, self.layout.weighted(by_part), near, by_part).first(self.products, want)
            if len(found) >= want or len(rows) < size:
                return found
            size *= WIDEN

    def _all_of_one(self, short: Codes, long: Codes, want: int, allowed: Selection | None) -> list[Found]:
        """All allowed rows by their long codes alone."""
        rows = np.arange(len(self.short)) if allowed is None else np.flatnonzero(allowed.whole())
        pieces = [
            self.layout.by_part(long, self._block(rows[at : at + CHUNK], whole=allowed is None))
            for at in range(0, len(rows), CHUNK)
        ]
        by_part = np.concatenate(pieces) if pieces else np.empty((0, len(self.layout.parts)), np.int32)
        near = hamming.distances(short, self.short.codes[rows])
        return Compared(rows, self.layout.weighted(by_part), near, by_part).first(self.products, want)

    def _block(self, rows: Rows, *, whole: bool) -> Codes:
        return self.long.span(int(rows[0]), int(rows[-1]) + 1) if whole else self.long.rows(rows)


def distinct(ranked: Ranked, products: npt.NDArray[np.uint32], want: int) -> list[Found]:
    """The first row of each product, `want` products at most."""
    of_rows = products[ranked.rows]
    _, first = np.unique(of_rows, return_index=True)
    return [
        Found(
            int(of_rows[at]),
            int(ranked.rows[at]),
            float(ranked.distances[at]),
            tuple(int(bits) for bits in ranked.by_part[at]),
        )
        for at in np.sort(first)[:want]
    ]


def fuse(results: Iterable[Sequence[Found]], want: int) -> list[Found]:
    """One list from the lists of several photos: a product counts by its best photo.

    The best distance and not the mean: photos of one album may show different things, and a product that one of
    them shows clearly is what the shopper means.
    """
    best: dict[int, tuple[float, int, Found]] = {}
    for result in results:
        for place, found in enumerate(result):
            key = (found.distance, place, found)
            if found.product not in best or key[:2] < best[found.product][:2]:
                best[found.product] = key
    return [entry[2] for entry in sorted(best.values(), key=lambda e: (e[0], e[1], e[2].product))][:want]
