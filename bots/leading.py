"""The words above an answer (pure): how close it comes, which filters it keeps to, and what was not understood."""

from __future__ import annotations

from bots.cards import clean, price_text, shorten
from bots.channel import RenderContext
from bots.texts import label, reply_text
from core.messages import Filters, Reply

IGNORED_UNITS = 60


def leading_text(reply: Reply, context: RenderContext) -> str:
    """One to three lines."""
    lines = [reply_text(reply)]
    kept = filters_text(reply.filters, reply.language, context.currency)
    if kept:
        lines.append(label("filtered", reply.language, filters=kept))
    if reply.ignored:
        lines.append(label("ignored", reply.language, words=shorten(clean(reply.ignored), IGNORED_UNITS)))
    return "\n".join(lines)


def filters_text(filters: Filters, language: str, currency: str) -> str:
    """`blue · Nike · up to $50.00`; empty where nothing is asked."""
    named = [filters.category, filters.colour, filters.brand, filters.words]
    said = [clean(value) for value in named if value]
    if filters.min_price is not None:
        said.append(label("from_price", language, price=price_text(filters.min_price, currency, language)))
    if filters.max_price is not None:
        said.append(label("to_price", language, price=price_text(filters.max_price, currency, language)))
    if filters.in_stock:
        said.append(label("in_stock", language))
    return " · ".join(said)
