"""What a generation learns about itself from its own codes: how far apart unlike things lie, how true its index is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.codes import CodeLayout
from index.hamming import Codes
from index.manifest import Typical
from index.search import TwoPhase

SAMPLE = 256
OTHERS = 2048
NEAR = 0.02
CLOSE_AT_MOST, CLOSE_AT_LEAST, CLOSE_AT = 0.05, 0.01, 100
"""The threshold is a quantile of the distances between unlike products: 0.05 for 100 pictures, falling to 0.01, since
the nearest of many strangers lies nearer than the nearest of a few."""
SEED = 6
FIRST = 10


@dataclass(frozen=True, slots=True)
class Distances:
    """How far apart unlike products lie."""

    threshold: float
    typical: dict[str, Typical]


def closeness_quantile(pictures: int) -> float:
    """Which share of pairs of unlike products counts as close in a catalogue of so many pictures."""
    share = CLOSE_AT_MOST * (CLOSE_AT / max(1, pictures)) ** 0.6
    return float(min(CLOSE_AT_MOST, max(CLOSE_AT_LEAST, share)))


def unlike(codes: Codes, labels: npt.NDArray[np.uint32], layout: CodeLayout, pictures: int | None = None) -> Distances:
    """Distances between pictures of different products, and of different categories where the catalogue has some.

    codes uint8 `[N, bytes]`, labels `[N]`: what two pictures of unlike things do not share; `pictures`: how many of
    the codes are the catalogue's own (default all). N of 1 or 0 gives a threshold of half of the furthest distance,
    where random codes lie.

    Weak where shoppers' photos look unlike the shop's pictures: of 200 photos of garments 19 in 20 were close to a
    fashion catalogue, but of 200 photos of groceries every second one, too; of shoppers' photos of apples in their
    crates few were close to the apple on white that they show.
    """
    generator = np.random.default_rng(SEED)
    chosen = generator.permutation(len(codes))[:SAMPLE]
    others = generator.permutation(len(codes))[:OTHERS]
    pieces = [layout.by_part(codes[row], codes[others[labels[others] != labels[row]]]) for row in chosen]
    by_part = np.concatenate(pieces) if pieces else np.empty((0, len(layout.parts)), np.int32)
    if not len(by_part):
        typical = {part.name: Typical(4.0 * part.bytes, 3.0 * part.bytes) for part in layout.parts}
        return Distances(layout.furthest / 2, typical)
    share = closeness_quantile(len(codes) if pictures is None else pictures)
    typical = {
        part.name: Typical(float(np.median(by_part[:, at])), float(np.quantile(by_part[:, at], NEAR)))
        for at, part in enumerate(layout.parts)
    }
    return Distances(round(float(np.quantile(layout.weighted(by_part), share)), 6), typical)


@dataclass(frozen=True, slots=True)
class Recall:
    """Share of the exact first ten products that the two-phase search gives too, over `sample` pictures."""

    value: float
    sample: int


def recall(index: TwoPhase, long: Codes) -> Recall:
    """Search pictures of the catalogue both ways. A hit at the same distance as the exact one counts as the same."""
    total = len(long)
    sample = min(total, max(16, min(100, 1_000_000 // max(1, total))))
    shares = []
    for row in np.random.default_rng(SEED).permutation(total)[:sample]:
        short, query = index.short.codes[row : row + 1], long[row : row + 1]
        exact = index.search(short, query, FIRST, exact=True)
        found = index.search(short, query, FIRST)
        if exact:
            shares.append(sum(one.distance <= exact[-1].distance for one in found) / len(exact))
    return Recall(round(float(np.mean(shares)), 4) if shares else 1.0, len(shares))
