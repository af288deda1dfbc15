"""On which side of each of many directions a vector lies: one bit each, the same whatever batch it is asked in.

Products are taken in float64, since in float32 the last digit depends on the order of a sum, which BLAS chooses by the
batch. A single question asks in float32 first, which reads half the memory and converts nothing, and in float64 only
for those directions that come out closer to 0 than float32's rounding may be wrong: some three of four thousand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

FEW = 4
"""Rows for which float32 is asked first; with more, nearly every direction is close to 0 for one of them."""
ROUNDING = 2.0**-24
"""Of float32, relative."""
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Directions:
    """`matrix` float32 `[d, B]`, a direction a column."""

    matrix: npt.NDArray[np.float32]
    _error: npt.NDArray[np.float64] = field(init=False, repr=False, compare=False)
    """`[B]`: by how much a product in float32 may be wrong, for a row of length 1."""

    def __post_init__(self) -> None:
        # A sum of d products is wrong by (d + 2) roundings of the sum of their sizes at most (Higham, Accuracy and
        # Stability of Numerical Algorithms, 3.1, one for the row's own rounding), which Cauchy and Schwarz bound.
        lengths = np.linalg.norm(self.matrix.astype(np.float64), axis=0)
        object.__setattr__(self, "_error", (len(self.matrix) + 2) * ROUNDING * lengths)

    def signs(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Bool `[N, B]` of float64 `[N, d]`: whether each product is above 0."""
        if len(rows) > FEW:
            return self._exactly(rows, slice(None))
        products = rows.astype(np.float32) @ self.matrix
        above = products > 0
        close = np.abs(products) <= np.linalg.norm(rows, axis=1, keepdims=True) * self._error
        unsure = np.flatnonzero(close.any(axis=0))
        if len(unsure):
            above[:, unsure] = self._exactly(rows, unsure)
        return above

    def _exactly(self, rows: npt.NDArray[np.float64], which: Any) -> npt.NDArray[np.bool_]:
        signs: npt.NDArray[np.bool_] = rows @ self.matrix[:, which].astype(np.float64) > 0
        return signs
