"""Ways to go on that an answer offers (pure): cheaper, only this colour, only this category, back to all."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from core.messages import Filters, Offer
from index.catalogue import Product

CENT = Decimal("0.01")


def below(price: str) -> str:
    """The highest price that is cheaper."""
    return str(max(Decimal(0), Decimal(price) - CENT))


def offers(found: Sequence[Product], filters: Filters, lowest: Decimal | None) -> tuple[Offer, ...]:
    """What narrows these products, nearest first; `lowest` is the least price of the catalogue."""
    return tuple(
        offer
        for offer in (
            _cheaper(found, filters, lowest),
            _colour(found, filters),
            _category(found, filters),
            _all(filters),
        )
        if offer is not None
    )


def _cheaper(found: Sequence[Product], filters: Filters, lowest: Decimal | None) -> Offer | None:
    price = next((product.price for product in found if product.price is not None), None)
    if price is None or lowest is None or Decimal(price) <= lowest:
        return None
    return Offer("cheaper", dataclasses.replace(filters, max_price=below(price)))


def _colour(found: Sequence[Product], filters: Filters) -> Offer | None:
    """The nearest one's, where the others have another."""
    colours = {product.colour for product in found if product.colour}
    if not found or not found[0].colour or filters.colour is not None or len(colours) < 2:
        return None
    return Offer("colour", dataclasses.replace(filters, colour=found[0].colour), found[0].colour)


def _category(found: Sequence[Product], filters: Filters) -> Offer | None:
    """The most frequent one, where there are others beside it."""
    counted = Counter(product.category for product in found if product.category)
    if len(counted) < 2 or filters.category is not None:
        return None
    category, _ = counted.most_common(1)[0]
    return Offer("category", dataclasses.replace(filters, category=category), category)


def _all(filters: Filters) -> Offer | None:
    return Offer("all", Filters()) if filters != Filters() else None
