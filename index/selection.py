"""Which rows may answer: asked about some of them, or about all.

A search over millions of rows looks at a few thousand candidates; where a filter leaves much, it is asked about those
alone and costs next to nothing. Where it leaves little, all rows are asked once and only the rest is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Mask: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.intp]
Test: TypeAlias = Callable[[Rows | slice], Mask]
"""Says of some rows, by number or from one to another, which pass."""

STRETCH = 65_536
"""Rows at once: what a test makes on the way stays in the processor's second cache."""


class Selection:
    """Rows that pass every test."""

    def __init__(self, rows: int, tests: Sequence[Test]) -> None:
        self.rows = rows
        self._tests = tuple(tests)
        self._whole: Mask | None = None

    @classmethod
    def of(cls, mask: Mask) -> Selection:
        """From a mask that is already there."""
        selection = cls(len(mask), [mask.__getitem__])
        selection._whole = mask
        return selection

    def also(self, test: Test) -> Selection:
        """Those of its rows that pass one more test."""
        return Selection(self.rows, (self.at, test))

    @property
    def made(self) -> bool:
        """All rows were asked about already."""
        return self._whole is not None

    def at(self, rows: Rows | slice) -> Mask:
        """Which of these rows pass."""
        if self._whole is not None:
            return self._whole[rows]
        passing = self._tests[0](rows)
        for test in self._tests[1:]:
            passing = passing & test(rows)
        return passing

    def whole(self) -> Mask:
        """Which rows pass, of all: bool `[rows]`; made once."""
        if self._whole is None:
            mask = np.empty(self.rows, np.bool_)
            for at in range(0, self.rows, STRETCH):
                mask[at : at + STRETCH] = self.at(slice(at, at + STRETCH))
            mask.flags.writeable = False  # it is shared from now on
            self._whole = mask
        return self._whole


def within(values: npt.NDArray[np.int64], least: int | None, greatest: int | None) -> Test:
    """Rows whose value lies between these; either may be left out. A negative value is none and never passes."""
    low = np.uint64(max(0, least or 0))
    span = np.int64(2**62 if greatest is None else greatest) - np.int64(low)
    if span < 0:
        return lambda rows: np.zeros(len(values[rows]), np.bool_)
    # without a sign, what is below `low` or negative wraps around to above the span: one comparison for all
    unsigned, width = values.view(np.uint64), np.uint64(span)
    if low:
        return lambda rows: (unsigned[rows] - low) <= width
    return lambda rows: unsigned[rows] <= width


def one_of(values: npt.NDArray[np.uint32], passes: Mask) -> Test:
    """Rows whose code passes, `passes` by code. Codes that stand together are compared, others looked up."""
    codes = np.flatnonzero(passes)
    if not len(codes):
        return lambda rows: np.zeros(len(values[rows]), np.bool_)
    first, count = np.uint32(codes[0]), np.uint32(len(codes))
    if codes[-1] - codes[0] == len(codes) - 1:
        return lambda rows: (values[rows] - first) < count  # below the first it wraps around
    return lambda rows: passes.take(values[rows])


def none_of(values: npt.NDArray[np.uint32], left_out: npt.NDArray[np.uint32]) -> Test:
    """Rows whose value is none of these; values rise."""
    starts, stops = np.searchsorted(values, left_out), np.searchsorted(values, left_out, side="right")

    def test(rows: Rows | slice) -> Mask:
        if isinstance(rows, slice):
            at, stop, _ = rows.indices(len(values))
            passing = np.ones(stop - at, np.bool_)
            for start, end in zip(starts.tolist(), stops.tolist(), strict=True):
                passing[max(0, start - at) : max(0, end - at)] = False
            return passing
        return np.isin(values[rows], left_out, invert=True)

    return test
