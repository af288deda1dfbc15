"""A shopper's words → filters (pure). Later words of one kind win; what nothing answers to is told, not guessed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.messages import Filters
from index.refinement.colours import meaning, simple
from index.refinement.vocabulary import (
    ALL,
    AND,
    BETWEEN,
    CHEAPER,
    CURRENCIES,
    FILLERS,
    IN_STOCK,
    NOT,
    OVER,
    SAME,
    SMALL,
    UNDER,
)

_TOKEN = re.compile(r"\d[\d.,' \u00a0\u202f]*\d|\d|[^\W\d_][\w'’&.-]*|[$€£₴<>]=?|[-–—]")
_WORD = re.compile(r"[^\W_]+")
LONGEST = 40
"""Words of one refinement that are looked at."""


@dataclass(frozen=True)
class Vocabulary:
    """What a catalogue calls its things."""

    colours: frozenset[str] = frozenset()
    """Folded labels, several of a product joined by `/`."""
    brands: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Words of a brand → how it is written."""
    categories: tuple[str, ...] = ()
    """Folded paths `a > b > c`."""
    holds: Callable[[str], bool] = lambda word: False
    """Whether any title has a word that begins so."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What words ask for."""

    filters: Filters
    cheaper: int = 0
    """How often something cheaper was asked for."""
    ignored: str = ""
    """Words that nothing answers to, as they were written."""
    understood: bool = False


def vocabulary(
    colours: Iterable[str], brands: Iterable[str], categories: Iterable[str], holds: Callable[[str], bool]
) -> Vocabulary:
    """From the labels of a generation."""
    of_brands = {words: brand for brand in brands if (words := tuple(_WORD.findall(simple(brand))))}
    return Vocabulary(frozenset(colours), of_brands, tuple(categories), holds)


def parse(text: str, known: Vocabulary, base: Filters = Filters()) -> Parsed:  # noqa: B008 frozen
    """Line by line on top of `base`; a line that only asks for all begins anew."""
    said = Parsed(base)
    for line in text.splitlines():
        tokens = _TOKEN.findall(line)[:LONGEST]
        if tokens and all(simple(token) in ALL for token in tokens):
            said = Parsed(Filters(), understood=True)
        elif tokens:
            said = _Line(tokens, known, said).parsed()
    return said


class _Line:
    """One line's tokens; each pass takes those that it understands."""

    def __init__(self, tokens: Sequence[str], known: Vocabulary, before: Parsed) -> None:
        self._written, self._known = list(tokens), known
        self._words = [simple(token) for token in tokens]
        self._free = [True] * len(tokens)
        self._filters, self._cheaper, self._understood = before.filters, before.cheaper, before.understood

    def parsed(self) -> Parsed:
        for understand in (self._between, self._limits, self._stock, self._cheaper_ones, self._brand):
            understand()
        for understand in (self._category, self._colour):
            understand()
        ignored = self._titles()
        return Parsed(self._filters, self._cheaper, ignored, self._understood)

    def _set(self, at: Iterable[int], **filters: object) -> None:
        for number in at:
            self._free[number] = False
        self._filters = dataclasses.replace(self._filters, **filters)  # type: ignore[arg-type]
        self._understood = True

    # --- prices -------------------------------------------------------------------------------------------

    def _between(self) -> None:
        """`between 20 and 40`, `20-40`, `20 to 40 €`."""
        for at, word in enumerate(self._words):
            first = self._number_after(at) if word in BETWEEN else at if _price(word) is not None else None
            if first is None or first + 2 >= len(self._words):
                continue
            middle, last = first + 1, first + 2
            if self._words[middle] in CURRENCIES and last + 1 < len(self._words):
                middle, last = middle + 1, last + 1
            low, high = _price(self._words[first]), _price(self._words[last])
            opened = word in BETWEEN or self._words[at - 1] not in UNDER | OVER or at == 0
            if low is not None and high is not None and self._words[middle] in AND and opened:
                taken = range(at, self._behind_currency(last) + 1)
                self._set(taken, min_price=min(low, high, key=Decimal), max_price=max(low, high, key=Decimal))
                return

    def _limits(self) -> None:
        """`under 50`, `from 20`, `ab 20 bis 40`; a bare `50 €` is the most that may be paid."""
        for at, word in enumerate(self._words):
            if not self._free[at]:
                continue
            if word in UNDER or word in OVER:
                number = self._number_after(at)
                if number is None or not self._free[number]:
                    continue
                turned = at > 0 and self._words[at - 1] in NOT
                which = "max_price" if word in UNDER or turned else "min_price"
                self._set(range(at - int(turned), self._behind_currency(number) + 1), **{which: _price(self._words[number])})
            elif _price(word) is not None and self._near_currency(at):
                first = at - 1 if at > 0 and self._words[at - 1] in CURRENCIES else at
                self._set(range(first, self._behind_currency(at) + 1), max_price=_price(word))

    def _number_after(self, at: int) -> int | None:
        """The number that a word such as “under” is about."""
        for number in range(at + 1, min(at + 4, len(self._words))):
            if _price(self._words[number]) is not None:
                return number
            if self._words[number] not in FILLERS | CURRENCIES:
                return None
        return None

    def _near_currency(self, at: int) -> bool:
        return any(0 <= near < len(self._words) and self._words[near] in CURRENCIES for near in (at - 1, at + 1))

    def _behind_currency(self, at: int) -> int:
        return at + 1 if at + 1 < len(self._words) and self._words[at + 1] in CURRENCIES else at

    def _cheaper_ones(self) -> None:
        for at, word in enumerate(self._words):
            if self._free[at] and word in CHEAPER:
                self._set([at])
                self._cheaper += 1

    def _stock(self) -> None:
        for phrase in IN_STOCK:
            for at in range(len(self._words) - len(phrase) + 1):
                if tuple(self._words[at : at + len(phrase)]) == phrase:
                    self._set(range(at, at + len(phrase)), in_stock=True)

    # --- the catalogue's own names --------------------------------------------------------------------------

    def _brand(self) -> None:
        """The longest brand whose words stand together."""
        bare = ["".join(_WORD.findall(word)) for word in self._words]
        for size in (4, 3, 2, 1):
            for at in range(len(bare) - size + 1):
                words = tuple(piece for word in self._words[at : at + size] for piece in _WORD.findall(word))
                brand = self._known.brands.get(words) or self._known.brands.get(tuple(bare[at : at + size]))
                if brand is not None and all(self._free[at : at + size]) and set(words) - SMALL:
                    self._set(range(at, at + size), brand=brand)
                    return

    def _category(self) -> None:
        """The path that explains most of the words; of it the steps between the first and the last that do."""
        best: tuple[int, int, str, frozenset[int]] | None = None
        for path in self._known.categories:
            steps = path.split(" > ")
            by_step = [self._named_by(step) for step in steps]
            named = [number for number, taken in enumerate(by_step) if taken]
            if named:
                taken = frozenset().union(*by_step)
                part = " > ".join(steps[named[0] : named[-1] + 1])
                candidate = (len(taken), -len(part), part, taken)
                best = max(best, candidate, key=lambda one: one[:2]) if best is not None else candidate
        if best is not None:
            self._set(best[3], category=best[2])

    def _named_by(self, step: str) -> frozenset[int]:
        """The words that name a step of a path: every word of the step must be said."""
        wanted = [word for word in _WORD.findall(step) if word not in SMALL]
        taken = set()
        for word in wanted:
            at = next((n for n, said in enumerate(self._words) if self._open(n) and alike(said, word)), None)
            if at is None:
                return frozenset()
            taken.add(at)
        return frozenset(taken)

    def _open(self, at: int) -> bool:
        return self._free[at] and self._words[at] not in SMALL and _price(self._words[at]) is None

    def _colour(self) -> None:
        """A label of the catalogue, or a word that means a colour which the catalogue has."""
        had = frozenset().union(*(meaning(label) for label in self._known.colours))
        labels = {piece.strip() for label in self._known.colours for piece in label.split("/")}
        for size in (3, 2, 1):
            for at in range(len(self._words) - size + 1):
                if not all(self._open(number) for number in range(at, at + size)):
                    continue
                said = " ".join(self._words[at : at + size])
                means = meaning(said)
                if said in labels or (size < 3 and means and means <= had and all(map(meaning, said.split()))):
                    self._set(range(at, at + size), colour=said)

    def _titles(self) -> str:
        """Words that titles hold become a filter; the rest is ignored, as it was written."""
        left = [number for number in range(len(self._words)) if self._free[number]]
        asked: list[str] = []
        ignored: list[int] = []
        for number in left:
            word = self._words[number]
            if word in SMALL or word in CURRENCIES | AND | FILLERS | ALL:
                continue
            held = next((one for one in _ways_to_say(word) if _WORD.search(one) and self._known.holds(one)), None)
            if held is None:
                ignored.append(number)
            else:
                asked.append(held)
        if asked:
            words = " ".join(dict.fromkeys([*(self._filters.words or "").split(), *asked]))
            self._set(left, words=words)
        return " ".join(self._written[number] for number in ignored)


def alike(said: str, named: str) -> bool:
    """The same word but for its ending (shoe and shoes, tasche and taschen, cipela and cipele) or its language."""
    if said == named or any(said in group and named in group for group in SAME):
        return True
    longer = max(len(said), len(named))
    if min(len(said), len(named)) < 3 or abs(len(said) - len(named)) > 2:
        return False
    same = next((n for n, (a, b) in enumerate(zip(said, named, strict=False)) if a != b), min(len(said), len(named)))
    if same == min(len(said), len(named)) and longer - same <= (1 if same == 3 else 2):
        return True
    return same >= max(4, longer - 1)


def _ways_to_say(word: str) -> list[str]:
    """The word itself first."""
    return [word, *(other for group in SAME if word in group for other in sorted(group - {word}))]


def _price(word: str) -> str | None:
    """`1.299,50`, `1,299.50`, `50` → a decimal string."""
    digits = re.sub(r"[ '\u00a0\u202f]", "", word)
    if not re.fullmatch(r"\d[\d.,]*", digits) or len(digits) > 12:
        return None
    tail = re.search(r"[.,](\d{1,2})$", digits)
    whole = re.sub(r"[.,]", "", digits[: tail.start()] if tail else digits)
    return f"{whole}.{tail[1]}" if tail else whole
