"""Why a product is among the hits, in a few words: only what its distances or its own data say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from index.catalogue import Product
from index.columns import fold
from index.manifest import Typical
from index.refinement.categories import category_path

WORDS_OF_PART = {
    "kind": "similar look",
    "shape": "similar shape",
    "texture": "similar pattern",
    "colour": "similar colours",
    "fc1": "similar look",
    "fc2": "similar look",
}
MOST = 3


def reasons(
    names: Sequence[str], by_part: Sequence[int], typical: Mapping[str, Typical], like: Product | None, hit: Product
) -> tuple[str, ...]:
    """Parts in which the hit lies nearer than nearly all unlike products do, and labels it shares with `like`."""
    nearness = []
    for name, bits in zip(names, by_part, strict=True):
        usual = typical.get(name)
        if usual is not None and usual.median > 0 and bits < usual.near and name in WORDS_OF_PART:
            nearness.append((bits / usual.median, WORDS_OF_PART[name]))
    words = [word for _, word in sorted(nearness)]
    return tuple(dict.fromkeys([*_shared(like, hit), *words]))[:MOST]


def _shared(like: Product | None, hit: Product) -> list[str]:
    if like is None:
        return []
    found = []
    if like.category and hit.category and category_path(like.category) == category_path(hit.category):
        found.append("same category")
    if like.brand and hit.brand and fold(like.brand) == fold(hit.brand):
        found.append("same brand")
    if like.colour and hit.colour and fold(like.colour) == fold(hit.colour):
        found.append("same colour")
    return found
