"""A shopper's words → filters (pure). Later words of one kind win; what nothing answers to is told, not guessed.

A line is read from left to right, the longest phrase or name first: prices, wishes, then the catalogue's own colours,
categories and brands. Of the words left over those that titles hold become a filter, also by what they mean in
another language; a word one letter off a name is taken for it; all others are ignored, as they were written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from core.messages import Filters
from index.refinement.categories import ANY, category_path
from index.refinement.phrases import NO_FILLERS, SMALL, Says
from index.refinement.prices import price_at, says
from index.refinement.text import Token, squash, tokens
from index.refinement.things import is_of, stems
from index.refinement.vocabulary import LONGEST, Vocabulary

PIECES_MAX = 120
"""Of one line."""
_KINDS = {
    Says.COLOUR: {"colour": None},
    Says.BRAND: {"brand": None},
    Says.CATEGORY: {"category": None},
    Says.PRICE: {"min_price": None, "max_price": None},
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What words ask for."""

    filters: Filters
    cheaper: int = 0
    """How often something cheaper was asked for."""
    ignored: str = ""
    """Words of the last line that nothing answers to, as they were written."""
    understood: bool = False
    """Whether the last line asks for anything."""


def parse(text: str, known: Vocabulary, base: Filters = Filters(), *, language: str = "en") -> Parsed:  # noqa: B008 frozen
    """Line by line on top of `base`; a line that only asks for all begins anew. Never raises."""
    said = Parsed(base)
    for line in text.splitlines():
        pieces = tokens(line)[:PIECES_MAX]
        if any(piece.kind != "stop" for piece in pieces):
            said = (
                Parsed(Filters(), understood=True)
                if _asks_for_all(pieces)
                else _Line(pieces, known, language, said).read()
            )
    return said


def _asks_for_all(pieces: Sequence[Token]) -> bool:
    at, found = 0, False
    while at < len(pieces):
        length = says(pieces, at, Says.ALL)
        found = found or bool(length)
        length = length or says(pieces, at, Says.FILLER) or int(pieces[at].kind == "stop")
        if not length:
            return False
        at += length
    return found


class _Line:
    """One line on top of what was said before."""

    def __init__(self, pieces: Sequence[Token], known: Vocabulary, language: str, before: Parsed) -> None:
        self._pieces, self._known, self._language = pieces, known, language
        self._filters, self._cheaper, self._understood = before.filters, before.cheaper, False
        self._left: list[int] = []
        self._ignored: list[int] = []
        self._words: list[str] = []
        self._dropped: list[str] = []
        self._cheaper_before, self._limited = before.cheaper, False
        self._categorised = False
        """A category was named in this line."""

    def read(self) -> Parsed:
        at = 0
        while at < len(self._pieces):
            at += self._price(at) or self._wish(at) or self._name(at) or self._refusal(at) or self._pass(at)
        for group in self._groups():
            self._word(group)
        self._keep_words()
        if self._limited:  # `something cheaper, up to 40` has said how cheap
            self._cheaper = self._cheaper_before
        ignored = [self._pieces[at] for at in sorted(set(self._ignored))]
        written = " ".join([_as_typed(ignored), *self._dropped]).strip()
        return Parsed(self._filters, self._cheaper, written, self._understood)

    def _set(self, **filters: object) -> None:
        self._filters = dataclasses.replace(self._filters, **filters)  # type: ignore[arg-type]
        self._understood = True

    # --- prices and wishes ------------------------------------------------------------------------------------

    def _price(self, at: int) -> int:
        found = price_at(self._pieces, at)
        if found is None:
            return 0
        if not self._known.priced:
            self._ignored += range(at, at + found.length)
        else:
            limits = {"min_price": found.least, "max_price": found.most}
            # A range says both ends; one end leaves the other, unless nothing could lie between them.
            said = {name: _written(value) for name, value in limits.items() if value is not None}
            if _crossed(self._filters, said):
                self._set(min_price=None, max_price=None)
            self._set(**said)
            self._limited = self._limited or found.most is not None
        return found.length

    def _wish(self, at: int) -> int:
        cheaper, stock = says(self._pieces, at, Says.CHEAPER), says(self._pieces, at, Says.STOCK)
        if max(cheaper, stock) == 0:
            return self._any(at)
        if self._name_length(at) > max(cheaper, stock):
            return 0
        if stock > cheaper:
            self._set(in_stock=True)
        elif self._known.priced:
            self._cheaper += 1
            self._understood = True
        else:
            self._ignored += range(at, at + cheaper)
        return max(cheaper, stock)

    def _any(self, at: int) -> int:
        """`any colour` asks for none."""
        length = says(self._pieces, at, Says.ANY)
        for kind, cleared in _KINDS.items():
            more = says(self._pieces, at + length, kind) if length else 0
            if more:
                self._set(**cleared)
                return length + more
        return 0

    # --- the catalogue's own names ------------------------------------------------------------------------------

    def _name(self, at: int) -> int:
        for length in range(min(LONGEST, len(self._pieces) - at), 0, -1):
            pieces = self._pieces[at : at + length]
            if pieces[0].kind == "word" and pieces[-1].kind in ("word", "number") and self._is_named(pieces):
                return length
        return 0

    def _name_length(self, at: int) -> int:
        before = self._filters, self._understood
        length = self._name(at)
        self._filters, self._understood = before
        return length

    def _is_named(self, pieces: Sequence[Token]) -> bool:
        colour = self._known.colour(pieces)
        if colour is not None:
            self._set(colour=colour)
            return True
        chosen = self._known.category(pieces)
        if chosen:
            self._in_category(chosen, _as_typed(pieces).casefold())
            return True
        brand = self._known.brand(pieces)
        if brand is not None:
            self._set(brand=brand)
        return brand is not None

    def _in_category(self, chosen: frozenset[str], name: str) -> None:
        """Together with the category asked for before where any product is in both, else instead of it."""
        before = category_path(self._filters.category or "")
        both = chosen & self._known.within(before)
        if both and (category := self._known.category_filter(both, name, before)) is not None:
            self._set(category=category)
        elif (both or self._categorised) and self._known.leaves(Filters(category=before, words=_in_one(name))):
            self._words.append(_in_one(name))  # a table lamp is a lamp with table in its title
        else:
            self._set(category=self._known.category_filter(chosen, name) or f"{ANY}{name}")
        self._categorised = True

    def _refusal(self, at: int) -> int:
        """`not blue`: no filter says so, and blue is what is least wanted."""
        start = at + says(self._pieces, at, Says.NOT)
        if start == at:
            return 0
        end = start
        while end < len(self._pieces) and (filler := says(self._pieces, end, Says.FILLER)):
            end += filler
        if end < len(self._pieces) and self._pieces[end].kind == "word":
            end += self._name_length(end) or 1
            self._ignored += range(at, end)
            return end - at
        return start - at

    def _pass(self, at: int) -> int:
        """Little words and signs are passed over, any other word is looked at later."""
        piece = self._pieces[at]
        length = says(self._pieces, at, Says.FILLER, Says.COLOUR, Says.BRAND, Says.CATEGORY, Says.PRICE)
        if piece.text.casefold() in NO_FILLERS:
            self._left.append(at)
            return 1
        if length or piece.kind not in ("word", "number") or piece.key in SMALL:
            return length or 1
        self._left.append(at)
        return 1

    # --- words ------------------------------------------------------------------------------------------------

    def _groups(self) -> list[list[int]]:
        """The words left over; those written in one (`T-shirt`) together."""
        groups: list[list[int]] = []
        for at in self._left:
            near = groups[-1][-1] if groups else -9
            linked = at - near == 2 and self._pieces[near + 1].kind == "dash" and self._pieces[at].joined
            if linked and self._pieces[near + 1].joined:
                groups[-1] += [near + 1, at]
            else:
                groups.append([at])
        return groups

    def _word(self, group: Sequence[int]) -> None:
        pieces, own = [self._pieces[at] for at in group], self._language
        if is_of(stems(_text(pieces)), own) and self._category_by_meaning(pieces):
            return
        held = self._known.held(pieces)
        if held is None and self._category_by_meaning(pieces):
            return
        held = held or self._known.held_in_another_language(pieces, own)
        if held is not None:
            self._words.append(held)
        elif not self._mistyped(pieces):
            self._ignored += group

    def _category_by_meaning(self, pieces: Sequence[Token]) -> bool:
        chosen, name = self._known.translated(pieces, self._language)
        if chosen:
            self._in_category(chosen, name)
        return bool(chosen)

    def _mistyped(self, pieces: Sequence[Token]) -> bool:
        word = squash([piece.key for piece in pieces if piece.kind == "word"])
        meant = self._known.typos.near(word) if word else None
        if meant is not None and self._is_named(tokens(self._known.brands.get(meant, meant))):
            return True
        titled = self._known.misspelt(_text(pieces))
        self._words += [titled] if titled is not None else []
        return titled is not None

    def _keep_words(self) -> None:
        """As many words as some product has together under the other filters, the latest first.

        A colour or a category that a title does not repeat counts for more than a word that it should have.
        """
        if not self._words:
            return
        others = dataclasses.replace(self._filters, words=None)
        if not self._known.leaves(others):
            others = Filters()
        kept: list[str] = []
        earlier = [word for word in (self._filters.words or "").split() if word not in self._words]
        for word in dict.fromkeys([*self._words, *earlier]):
            if self._known.leaves(dataclasses.replace(others, words=" ".join([*kept, word]))):
                kept.append(word)
        self._dropped = [word for word in self._words if word not in kept]
        self._set(words=" ".join(kept) or None)


def _in_one(name: str) -> str:
    return name.replace(" ", "-")


def _as_typed(pieces: Sequence[Token]) -> str:
    return "".join(("" if piece.joined else " ") + piece.text for piece in pieces).strip()


def _text(pieces: Sequence[Token]) -> str:
    return " ".join(piece.text.casefold() for piece in pieces if piece.kind in ("word", "number"))


def _written(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else str(value)


def _crossed(filters: Filters, said: dict[str, str]) -> bool:
    least, most = said.get("min_price", filters.min_price), said.get("max_price", filters.max_price)
    try:
        return least is not None and most is not None and Decimal(least) > Decimal(most)
    except InvalidOperation:  # filters of elsewhere: the search refuses them
        return False
