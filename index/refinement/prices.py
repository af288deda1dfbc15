"""Amounts in a shopper's words: `under 50`, `zwischen 20 und 40`, `50 € або менше` (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from index.refinement.phrases import LONGEST, PHRASES, Says
from index.refinement.text import Token

_NEAR = Decimal("0.2")
"""`about 50` is from 40 to 60."""


@dataclass(frozen=True, slots=True)
class Price:
    """Amounts that stand at a place of a line, and how many pieces of it they take."""

    length: int
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Amount:
    length: int
    value: Decimal
    currency: bool


def says(pieces: Sequence[Token], at: int, *what: Says) -> int:
    """How many pieces the longest phrase at this place takes that says one of these; 0 where none does."""
    for length in range(min(LONGEST, len(pieces) - at), 0, -1):
        said = PHRASES.get(tuple(piece.key for piece in pieces[at : at + length]))
        if said is not None and not said.isdisjoint(what):
            return length
    return 0


def price_at(pieces: Sequence[Token], at: int) -> Price | None:
    """The price that is said from this place on."""
    for opening in (Says.BETWEEN, Says.MIN, Says.MAX, Says.ABOUT):
        length = says(pieces, at, opening)
        if length and (found := _opened(pieces, at, length, opening)) is not None:
            return found
    return _bare(pieces, at)


def _opened(pieces: Sequence[Token], at: int, length: int, opening: Says) -> Price | None:
    length += int(at + length < len(pieces) and pieces[at + length].text in (".", ":"))  # max. 50, price: 50
    first = _amount(pieces, at + length)
    if first is None:
        return None
    end = at + length + first.length
    if opening is Says.MAX:
        return Price(end - at, most=first.value)
    if opening is Says.ABOUT:
        return Price(end - at, first.value * (1 - _NEAR), first.value * (1 + _NEAR))
    to = (Says.TO, Says.AND) if opening is Says.BETWEEN else (Says.TO, Says.MAX)
    second = _second(pieces, end, to)
    if second is not None:
        return _range(end - at + second.length, first.value, second.value)
    return Price(end - at, least=first.value) if opening is Says.MIN else None


def _bare(pieces: Sequence[Token], at: int) -> Price | None:
    """Without a word before it: a range, an amount with `or less` behind it, or one with a currency."""
    first = _amount(pieces, at)
    if first is None:
        return None
    end = at + first.length
    second = _second(pieces, end, (Says.TO,))
    if second is not None and (first.currency or second.currency or (at == 0 and end + second.length == len(pieces))):
        return _range(end - at + second.length, first.value, second.value)
    less, more = says(pieces, end, Says.OR_LESS), says(pieces, end, Says.OR_MORE)
    if less:
        return Price(first.length + less, most=first.value)
    if more:
        return Price(first.length + more, least=first.value)
    return Price(first.length, most=first.value) if first.currency else None


def _second(pieces: Sequence[Token], at: int, to: tuple[Says, ...]) -> _Amount | None:
    """The other end of a range; its length counts what stands before it."""
    length = says(pieces, at, *to) or int(at < len(pieces) and pieces[at].kind == "dash")
    found = _amount(pieces, at + length) if length else None
    return None if found is None else _Amount(length + found.length, found.value, found.currency)


def _range(length: int, one: Decimal, other: Decimal) -> Price:
    return Price(length, min(one, other), max(one, other))


def _amount(pieces: Sequence[Token], at: int) -> _Amount | None:
    """A number, with or without a currency before or behind it."""
    before = _currency(pieces, at)
    place = at + before
    value = pieces[place].value if place < len(pieces) else None
    if value is None:
        return None
    behind = _currency(pieces, place + 1)
    return _Amount(before + 1 + behind, value, bool(before or behind))


def _currency(pieces: Sequence[Token], at: int) -> int:
    if at < len(pieces) and pieces[at].kind == "currency":
        return 1
    return says(pieces, at, Says.CURRENCY)
