"""Measures of search quality, for tests, `snapshelf evaluate` and the benchmarks alike.

Two rankers over the same descriptors: the float one (centred, weighted, cosine) and the two-phase search over codes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.binariser import Binariser
from index.model.contract import Part
from index.search import MemoryCodes, TwoPhase
from index.shortcodes import ShortCodes

Floats = npt.NDArray[np.floating[Any]]
Ranking = npt.NDArray[np.intp]
"""`[queries, k]`: numbers of the shelf's pictures, best first; -1 where there are fewer."""
Ranker = Callable[[Floats, int], Ranking]
"""Descriptors of queries and k → their ranking."""


@dataclass(frozen=True, slots=True)
class SameKind:
    """Leave one out: the share of neighbours with the query's label."""

    first: float
    of_ten: float


@dataclass(frozen=True, slots=True)
class RightOne:
    """The share of queries whose right product is the first hit, or among the first five."""

    at_1: float
    at_5: float


def _unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12))


def float_ranker(shelf: Floats, parts: Sequence[Part], mean: Floats | None = None) -> Ranker:
    """Exact cosine of the joined parts, each centred by the shelf's mean, normalised and weighted (the card's way)."""
    centre = shelf.astype(np.float64).mean(axis=0) if mean is None else mean.astype(np.float64)

    def prepared(descriptors: Floats) -> npt.NDArray[np.float64]:
        centred = descriptors.astype(np.float64) - centre
        return _unit(
            np.concatenate([part.weight * _unit(centred[:, part.offset :][:, : part.size]) for part in parts], 1)
        )

    ready = prepared(shelf)

    def rank(queries: Floats, k: int) -> Ranking:
        return np.argsort(-(prepared(queries) @ ready.T), axis=1, kind="stable")[:, :k]

    return rank


def two_phase_ranker(shelf: Floats, binariser: Binariser, *, exact: bool = False) -> Ranker:
    """The search as it answers shoppers, each picture its own product."""
    short, long = binariser.codes(shelf)
    products = np.arange(len(shelf), dtype=np.uint32)
    index = TwoPhase(ShortCodes.build(short, "flat"), MemoryCodes(long), binariser.layout, products)

    def rank(queries: Floats, k: int) -> Ranking:
        shorts, longs = binariser.codes(queries)
        out = np.full((len(queries), k), -1, dtype=np.intp)
        for at in range(len(queries)):
            found = index.search(shorts[at : at + 1], longs[at : at + 1], k, exact=exact)
            out[at, : len(found)] = [one.row for one in found]
        return out

    return rank


def same_kind(rank: Ranker, shelf: Floats, labels: Sequence[Hashable], k: int = 10) -> SameKind:
    """Leave one out over the shelf itself."""
    kinds = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    numbers = np.array([kinds[label] for label in labels])
    ranking = without_self(rank(shelf, k + 1), k)
    right = numbers[ranking] == numbers[:, None]
    return SameKind(float(right[:, 0].mean()), float(right.mean()))


def without_self(ranking: Ranking, k: int) -> Ranking:
    """Query i is picture i: the ranking `[N, k + 1]` without it, `[N, k]`."""
    own = ranking == np.arange(len(ranking))[:, None]
    # where twins pushed it out altogether, the last one goes
    own[~own.any(axis=1), -1] = True
    others: Ranking = ranking[~own].reshape(len(ranking), k)
    return others


def right_one(rank: Ranker, queries: Floats, answers: Sequence[Hashable], shelf: Sequence[Hashable]) -> RightOne:
    """answers: the product of each query; shelf: the product of each picture that is searched."""
    ranking = rank(queries, 5)
    right = np.array(
        [[place >= 0 and shelf[place] == answer for place in row] for row, answer in zip(ranking, answers, strict=True)]
    )
    return RightOne(float(right[:, 0].mean()), float(right.any(axis=1).mean()))
