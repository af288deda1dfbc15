"""An answer's hits as cards that any channel can show: numbered, priced, cut to length (pure).

A channel's `render.py` turns them into its own messages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from babel.numbers import UnknownCurrencyError, format_currency, format_percent

from bots.channel import RenderContext
from bots.texts import why_text
from core.messages import Hit, Reply
from core.picturestore import digest_of_url

TITLE_UNITS = 200
"""A title longer than this (UTF-16 units) is cut: shops put whole descriptions there."""
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Card:
    """One product, ready to be shown."""

    number: int
    """From 1 within this answer; its buttons carry the same number."""
    product: str
    title: str
    price: str
    """With its currency as this language writes it; empty when the catalogue names none."""
    similarity: str
    """In per cent, as this language writes it."""
    why: str
    link: str | None
    picture: str | None
    """Digest of its picture in the picture store."""

    @property
    def detail(self) -> str:
        """What stands beside the title: price and similarity."""
        return " · ".join(part for part in (self.price, self.similarity) if part)


def cards(reply: Reply, context: RenderContext) -> list[Card]:
    """The hits of an answer, in order."""
    return [_card(number, hit, reply.language, context) for number, hit in enumerate(reply.hits, start=1)]


def _card(number: int, hit: Hit, language: str, context: RenderContext) -> Card:
    return Card(
        number=number,
        product=hit.id,
        title=shorten(clean(hit.title) or hit.id, TITLE_UNITS),
        price=price_text(hit.price, hit.currency or context.currency, language),
        similarity=similarity_text(hit.similarity, language),
        why=", ".join(why_text(why, language) for why in hit.why),
        link=hit.link,
        picture=digest_of_url(hit.picture) if hit.picture else None,
    )


def locale_of(language: str) -> Locale:
    """Babel's locale for an IETF tag from a messenger (`pt-br`); English when it knows none."""
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return Locale("en")


def price_text(price: str | None, currency: str, language: str) -> str:
    """`1299.5`, `EUR`, `de` → `1.299,50 €`. Empty for no price; price and code for a currency that nobody knows."""
    if price is None:
        return ""
    try:
        amount = Decimal(price)
        return format_currency(amount, currency, locale=locale_of(language))
    except (InvalidOperation, UnknownCurrencyError, ValueError):
        return f"{clean(price)} {currency}"


def similarity_text(similarity: float, language: str) -> str:
    """0.9231 → `92%`, in the numerals and order of this language; empty for a search by words, which has none."""
    if similarity <= 0:
        return ""
    return format_percent(min(1.0, similarity), locale=locale_of(language))


def utf16_units(text: str) -> int:
    """Length as messengers count it: a character outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def clean(text: str) -> str:
    """One line without control characters and without marks that turn the direction of what follows."""
    kept = (
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in text
        if unicodedata.bidirectional(sign) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        and unicodedata.category(sign) != "Cs"  # half a surrogate pair is no text
    )
    return " ".join("".join(kept).split())


def shorten(text: str, units: int) -> str:
    """At most so many UTF-16 units, cut before a combining sign's base and marked by an ellipsis."""
    if utf16_units(text) <= units:
        return text
    end, used = 0, 1  # the ellipsis is one unit
    for sign in text:
        used += utf16_units(sign)
        if used > units:
            break
        end += 1
    while end > 0 and end < len(text) and _joins(text[end]):
        end -= 1
    return text[:end].rstrip() + _ELLIPSIS


def _joins(sign: str) -> bool:
    return unicodedata.combining(sign) != 0 or sign in ("\u200d", "\ufe0f")


def numbered(entries: Sequence[Card]) -> list[str]:
    """One line a card, for channels and messages that show no pictures."""
    return [f"{card.number}. {card.title}" + (f" — {card.detail}" if card.detail else "") for card in entries]
