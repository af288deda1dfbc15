"""Ways to go on that an answer offers (pure): cheaper, only this colour, only this category, back to all."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from core.messages import Filters, Offer
from index.catalogue import Product
from index.refinement.categories import category_path, steps_of

Leaves = Callable[[Filters], int]
"""How many products pass: 0, 1, or 2 for more."""


def below(price: str, step: Decimal) -> str | None:
    """The highest price that is cheaper; None where nothing can be."""
    lower = Decimal(price) - step
    return str(lower) if lower > 0 else None


def offers(found: Sequence[Product], filters: Filters, step: Decimal | None, leaves: Leaves) -> tuple[Offer, ...]:
    """What narrows these products, nearest first. `step`: the least by which prices differ, None without prices."""
    every = (
        _cheaper(found, filters, step, leaves),
        _colour(found, filters, leaves),
        _category(found, filters, leaves),
        Offer("all", Filters()) if filters != Filters() else None,
    )
    return tuple(offer for offer in every if offer is not None)


def _cheaper(found: Sequence[Product], filters: Filters, step: Decimal | None, leaves: Leaves) -> Offer | None:
    """Than the nearest, where anything is."""
    price = next((product.price for product in found if product.price is not None), None)
    lower = below(price, step) if price is not None and step is not None else None
    if lower is None:
        return None
    asked = dataclasses.replace(filters, max_price=lower)
    return Offer("cheaper", asked) if leaves(asked) else None


def _colour(found: Sequence[Product], filters: Filters, leaves: Leaves) -> Offer | None:
    """The nearest one's, where the others have another. Of several that no other product has together, the first."""
    colours = {product.colour.casefold() for product in found if product.colour}
    if filters.colour is not None or not found or not found[0].colour or len(colours) < 2:
        return None
    for value in dict.fromkeys((found[0].colour, found[0].colour.partition("/")[0].strip())):
        asked = dataclasses.replace(filters, colour=value)
        if value and leaves(asked) > 1:
            return Offer("colour", asked, value)
    return None


def _category(found: Sequence[Product], filters: Filters, leaves: Leaves) -> Offer | None:
    """Where the paths of the nearest part, the way that most of them go."""
    paths = [steps_of(product.category) for product in found if product.category]
    if filters.category is not None or not paths:
        return None
    for depth in range(1, max(map(len, paths)) + 1):
        counted = Counter(category_path(" > ".join(path[:depth])) for path in paths)
        if len(counted) > 1:
            most = counted.most_common(1)[0][0]
            value = next(" > ".join(path[:depth]) for path in paths if category_path(" > ".join(path[:depth])) == most)
            asked = dataclasses.replace(filters, category=value)
            return Offer("category", asked, value) if leaves(asked) > 1 else None
    return None
