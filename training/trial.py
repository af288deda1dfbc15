"""How well a model finds held-out products: the right one from an augmented photo, and its category.

The way of `snapshelf evaluate`: the search as it answers shoppers, over the whole catalogue, binariser fitted on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.binariser import fit
from index.evaluate import float_ranker
from index.model.contract import Descriptors, Embeds, Pixels
from index.prior import SMALL, prior_pixels
from index.search import MemoryCodes, TwoPhase
from index.shortcodes import ShortCodes

BATCH = 64


class Pictures(Protocol):
    """An array `[N, S, S, 3]`, or what makes slices of one."""

    def __len__(self) -> int: ...

    def __getitem__(self, wanted: slice, /) -> Pixels: ...


@dataclass(frozen=True, slots=True)
class Questions:
    """What every model is asked."""

    shelf: Pictures
    """`[N, S, S, 3]`: the catalogue's pictures."""
    product: npt.NDArray[np.int64]
    """`[N]`"""
    category: npt.NDArray[np.int64]
    """`[P]`, -1 unknown."""
    held_out: npt.NDArray[np.bool_]
    """`[P]`"""
    photos: Pixels
    """`[Q, S, S, 3]`: photos of held-out products."""
    photo_product: npt.NDArray[np.int64]
    """`[Q]`"""
    sent: int = 0
    """The last ones are what shoppers sent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row a question, True where the answer was right."""

    at_1: npt.NDArray[np.bool_]
    at_5: npt.NDArray[np.bool_]
    photo_product: npt.NDArray[np.int64]
    category: npt.NDArray[np.bool_]
    """Nearest other product of each held-out picture; empty where the feed has no categories."""
    category_product: npt.NDArray[np.int64]


def ask(embedder: Embeds, questions: Questions) -> Outcome:
    """Every question to one model."""
    shelf, photos = embed(embedder, questions.shelf), embed(embedder, questions.photos)
    found = _found(embedder, shelf, questions.product, photos)
    right = found == questions.photo_product[:, None]
    category, of = _categories(embedder, shelf, questions)
    return Outcome(right[:, 0], right.any(1), questions.photo_product, category, of)


def embed(embedder: Embeds, pixels: Pictures) -> Descriptors:
    """By batches."""
    parts = [embedder.embed(np.asarray(pixels[at : at + BATCH])) for at in range(0, len(pixels), BATCH)]
    return np.concatenate(parts) if parts else np.empty((0, embedder.dimensions), np.float32)


def _found(
    embedder: Embeds, shelf: Descriptors, product: npt.NDArray[np.int64], photos: Descriptors
) -> npt.NDArray[np.int64]:
    """Products of the first five hits, `[Q, 5]`, -1 where there are fewer."""
    side = embedder.input_size
    prior = embed(embedder, prior_pixels(side)) if len(shelf) < SMALL else None
    binariser = fit(shelf, embedder.parts, prior)
    short, long = binariser.codes(shelf)
    index = TwoPhase(ShortCodes.build(short, "flat"), MemoryCodes(long), binariser.layout, product.astype(np.uint32))
    shorts, longs = binariser.codes(photos)
    out = np.full((len(photos), 5), -1, np.int64)
    for at in range(len(photos)):
        hits = index.search(shorts[at : at + 1], longs[at : at + 1], 5)
        out[at, : len(hits)] = [product[hit.row] for hit in hits]
    return out


def _categories(
    embedder: Embeds, shelf: Descriptors, questions: Questions
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    known = questions.held_out & (questions.category >= 0)
    asked = np.flatnonzero(known[questions.product])
    if not len(asked):
        return np.empty(0, np.bool_), np.empty(0, np.int64)
    most = int(np.bincount(questions.product).max())
    ranking = float_ranker(shelf, embedder.parts)(shelf[asked], most + 1)
    own = questions.product[asked]
    other = questions.product[ranking] != own[:, None]
    nearest = ranking[np.arange(len(asked)), other.argmax(1)]
    return questions.category[questions.product[nearest]] == questions.category[own], own
