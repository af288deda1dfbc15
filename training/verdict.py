"""Whether a new model is really better: paired bootstrap over the held-out products.

Photos of one product are not independent, so products are drawn, not photos (Efron and Tibshirani 1993, chapter 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS = 10_000
LEVEL = 0.95
"""Of the interval, two-sided."""
SEED = 20_261_121


@dataclass(frozen=True, slots=True)
class Change:
    """A share before and after, and the interval of the difference."""

    before: float
    after: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """The whole interval lies above nothing."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        return self.high < 0


def change(
    before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], product: npt.NDArray[np.int64]
) -> Change | None:
    """Of the same questions in the same order; None where there are none."""
    if not len(before):
        return None
    _, number = np.unique(product, return_inverse=True)
    gained = np.bincount(number, after.astype(np.float64) - before.astype(np.float64))
    asked = np.bincount(number).astype(np.float64)
    dice = np.random.default_rng(SEED)
    # how often each product is drawn, in slices: 10,000 draws of a thousand products are 80 MB at once
    differences = []
    for _ in range(0, DRAWS, 500):
        times = dice.multinomial(len(asked), np.full(len(asked), 1 / len(asked)), 500)
        differences.append((times @ gained) / (times @ asked))
    low, high = np.quantile(np.concatenate(differences), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Change(float(before.mean()), float(after.mean()), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the new model is kept, and the sentence that says why."""

    kept: bool
    why: str


def judge(at_1: Change, at_5: Change, category: Change | None) -> Verdict:
    """Kept where the right product comes first more often than by chance, and nothing else is really worse."""
    spans = f"{at_1.before:.3f} before, {at_1.after:.3f} after, 95 % of resamples {at_1.low:+.3f} to {at_1.high:+.3f}"
    if at_5.worse:
        return Verdict(
            False, f"the right product is among the first five less often ({at_5.before:.3f}, {at_5.after:.3f})"
        )
    if category is not None and category.worse:
        return Verdict(
            False,
            "the nearest other product is of the same category less often "
            f"({category.before:.3f}, {category.after:.3f})",
        )
    if not at_1.better:
        return Verdict(False, f"the difference may be chance: the right product first {spans}")
    return Verdict(True, f"the right product comes first more often: {spans}")
