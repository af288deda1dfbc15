"""Phase 1 without a graph: one pass over all short codes, exact, made of FAISS's Hamming kernel and a bar.

FAISS's own search (`IndexBinaryFlat`) keeps a list for every distance while it looks at a row; this one computes a
stretch of distances at once and keeps the few rows at or below a bar. An evenly spread sample says where the bar is
likely to be, a fuller one is lowered, and one that let too few through is dropped and the pass begun again: a bad
guess costs time, never a row. What that saves on one core stands in `benchmarks/results.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.faiss_ import faiss
from index.hamming import Codes
from index.selection import Rows, Selection

Distances = npt.NDArray[np.int32]
Keys = npt.NDArray[np.int64]
"""Distance and row in one number, so that one sort orders by both."""

ROW_BITS = 40
SAMPLE = 4096
SPREAD = 3.0
"""Standard deviations by which the guess is generous: too few come through in one pass of a thousand."""
STRETCH = 65_536
"""Rows at once: their distances (256 KiB) stay in the processor's second cache."""
PICKED_STRETCH = 16_384
"""The same of rows copied together (512 KiB of codes)."""
PICK_BELOW = 0.05
"""A selection of a smaller share is served by copying its rows together: cheaper than to pass all the others."""
ASK_ALL_BELOW = 150
"""Rows for each row wanted that is allowed: with fewer, asking all rows is cheaper than asking the many candidates."""


def distances(query: Codes, codes: Codes) -> Distances:
    """Differing bits between one code `[bytes]` and each of `[N, bytes]` (contiguous): int32 `[N]`."""
    counted = np.empty(len(codes), np.int32)
    if len(codes):
        one, width = np.ascontiguousarray(query), codes.shape[1]
        faiss.hammings(faiss.swig_ptr(one), faiss.swig_ptr(codes), 1, len(codes), width, faiss.swig_ptr(counted))
    return counted


@dataclass(frozen=True, slots=True)
class _Allowed:
    """The rows that may answer: all, those that pass when asked, or (where these are few) those picked by number."""

    codes: Codes
    passing: Selection | None
    picked: Rows | None
    count: int
    """How many they are; about how many where they are asked."""

    @classmethod
    def of(cls, codes: Codes, allowed: Selection | None, size: int) -> _Allowed:
        total = len(codes)
        if allowed is None:
            return cls(codes, None, None, total)
        some = _spread(total)
        about = int(np.count_nonzero(allowed.at(some)) * total / max(1, len(some)))
        if about > max(8 * size, PICK_BELOW * total):
            if about < ASK_ALL_BELOW * size:
                allowed.whole()
            return cls(codes, allowed, None, about)
        picked = np.flatnonzero(allowed.whole())
        return cls(codes, None, picked, len(picked))

    @property
    def places(self) -> int:
        """How many are passed over."""
        return len(self.codes) if self.picked is None else len(self.picked)

    def near(self, query: Codes, stretch: slice, bar: int) -> Keys:
        """Keys of the allowed ones at or below the bar in a stretch of places."""
        codes = self.codes[stretch] if self.picked is None else self.codes.take(self.picked[stretch], axis=0)
        found = distances(query, codes)
        below = found <= bar
        if self.passing is not None and self.passing.made:
            below &= self.passing.at(stretch)
        near = np.flatnonzero(below)
        places = near + stretch.start
        if self.passing is not None and not self.passing.made:
            pass_too = np.flatnonzero(self.passing.at(places))
            near, places = near[pass_too], places[pass_too]
        keys: Keys = (found.take(near).astype(np.int64) << ROW_BITS) + places
        return keys

    def sample(self, query: Codes) -> Distances:
        """Distances of some of the allowed ones, evenly spread."""
        # as many that pass whatever is asked: a smaller sample makes a more generous guess
        rows = _spread(self.places, SAMPLE if self.passing is None else SAMPLE * self.places // self.count)
        if self.picked is not None:
            rows = self.picked[rows]
        if self.passing is not None:
            rows = rows[self.passing.at(rows)]
        return distances(query, self.codes.take(rows, axis=0))


def _spread(total: int, count: int = SAMPLE) -> Rows:
    return np.arange(0, total, max(1, total // count))


def shortlist(query: Codes, codes: Codes, size: int, allowed: Selection | None = None) -> tuple[Rows, Distances]:
    """The `size` rows nearest to one code, every further row at their last distance, but at most twice `size`.

    Rows at the same distance have the same right to be looked at; where they are too many, the first ones count.
    In order of distance, then row; fewer than `size` only where fewer are allowed.
    """
    those = _Allowed.of(codes, allowed, size)
    keys = _pass(query, those, size, _likely_bar(query, those, size))
    if len(keys) < min(size, those.count):
        keys = _pass(query, those, size, 8 * codes.shape[1])
    places = keys & ((1 << ROW_BITS) - 1)
    return (places if those.picked is None else those.picked[places]), (keys >> ROW_BITS).astype(np.int32)


def _likely_bar(query: Codes, allowed: _Allowed, size: int) -> int:
    """A distance that is likely to let at least `size` rows through, and not many more."""
    furthest: int = 8 * allowed.codes.shape[1]
    if allowed.count <= 4 * size:
        return furthest
    found = allowed.sample(query)
    expected = len(found) * size / allowed.count
    place = int(expected + SPREAD * np.sqrt(expected) + SPREAD)
    return int(np.partition(found, place)[place]) if place < len(found) else furthest


def _pass(query: Codes, allowed: _Allowed, size: int, bar: int) -> Keys:
    """The shortlist of the rows at or below the bar, in order; all of it where that is at least `size`."""
    kept: list[Keys] = []
    count = 0
    stretch = STRETCH if allowed.picked is None else PICKED_STRETCH
    for at in range(0, allowed.places, stretch):
        kept.append(allowed.near(query, slice(at, at + stretch), bar))
        count += len(kept[-1])
        if count >= 4 * size:
            kept, count, bar = _lowered(kept, size, bar)
    return cut(np.sort(np.concatenate(kept)), size) if kept else np.empty(0, np.int64)


def _lowered(kept: list[Keys], size: int, bar: int) -> tuple[list[Keys], int, int]:
    """What is kept cut to a shortlist, and the bar at its last distance: a row of later that lies there counts too."""
    keys = cut(np.sort(np.concatenate(kept)), size)
    last = int(keys[-1] >> ROW_BITS)
    return [keys], len(keys), min(bar, last - 1 if len(keys) == 2 * size else last)


def cut(keys: Keys, size: int) -> Keys:
    """Of rising keys the first `size` and every other at their last distance, at most twice `size`."""
    if len(keys) <= size:
        return keys
    after = ((keys[size - 1] >> ROW_BITS) + 1) << ROW_BITS
    return keys[: min(int(np.searchsorted(keys, after)), 2 * size)]
