"""What one catalogue calls its things, ready to be looked up by a shopper's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from core.messages import Filters
from index.refinement import things
from index.refinement.categories import filter_for, names_of, steps_of, within
from index.refinement.colours import BASIC_NAMES, NAMES, colour_fits, said_of
from index.refinement.phrases import SMALL, Says
from index.refinement.prices import says
from index.refinement.text import Token, squash, stem, words_of
from index.refinement.typos import Typos

LONGEST = 5
"""Words of the longest name that is looked for."""
TYPO_LETTERS = 5
_PIECES = ("word", "number")
_AND = ("and", "und", "y", "i", "ta")


@dataclass(frozen=True)
class Vocabulary:
    """Names by their squashed words (`text.squash`); `vocabulary` makes one."""

    colours: frozenset[str] = frozenset()
    """Folded labels, several of a product joined by `/`."""
    brands: dict[str, str] = field(default_factory=dict)
    """→ how the brand is written."""
    paths: tuple[str, ...] = ()
    """Folded category paths."""
    steps: dict[str, frozenset[str]] = field(default_factory=dict)
    """→ the paths that have a step of this name."""
    stems: dict[str, frozenset[str]] = field(default_factory=dict)
    """The same by `text.stem`."""
    typos: Typos = field(default_factory=Typos)
    holds: Callable[[str], bool] = lambda word: False
    """Whether any title, or a label, has this word."""
    leaves: Callable[[Filters], int] = lambda filters: 2
    """How many products pass: 0, 1, or 2 for more."""
    misspelt: Callable[[str], str | None] = lambda word: None
    """The word of titles that this one was meant to be."""
    priced: bool = True

    # --- names ----------------------------------------------------------------------------------------------

    def brand(self, pieces: Sequence[Token]) -> str | None:
        """The brand that these pieces of text name. A little word must be written as the brand is (`ON`, `Only`)."""
        found = self.brands.get(_squashed(pieces)) or self.brands.get(_squashed(_without_and(pieces)))
        if found is None or pieces[0].kind == "dash" or pieces[-1].kind not in _PIECES:
            return None
        return found if not _little(pieces) or _text(pieces) == found else None

    def category(self, pieces: Sequence[Token]) -> frozenset[str]:
        """The paths with a step of this name; exactly named first, then by stem."""
        if _little(pieces) or any(piece.kind not in ("word", "dash", "sign") for piece in pieces):
            return frozenset()
        return self.named(_squashed(pieces)) or self.stems.get(_stemmed(pieces), frozenset())

    def translated(self, pieces: Sequence[Token], language: str) -> tuple[frozenset[str], str]:
        """The paths with a step that another language's word means, and what the step is called."""
        for synonym in things.synonyms(_phrase(pieces), language):
            found = self.named(squash(words_of(synonym)))
            if found:
                return found, synonym
        return frozenset(), ""

    def named(self, name: str) -> frozenset[str]:
        """By a squashed name."""
        return self.steps.get(name, frozenset())

    def within(self, category: str | None) -> frozenset[str]:
        """The paths that a filter keeps."""
        return within(category, self.paths) if category else frozenset()

    def category_filter(self, chosen: Collection[str], name: str, before: str = "") -> str | None:
        """The filter that keeps exactly these paths."""
        return filter_for(chosen, self.paths, name, before)

    def colour(self, pieces: Sequence[Token]) -> str | None:
        """The filter for the colour that these pieces name, as it was written; None where the catalogue has none such.

        A shade or tone that no product has is taken for its colour.
        """
        if any(piece.kind not in ("word", "dash", "sign") for piece in pieces):
            return None
        words = [piece for piece in pieces if piece.kind == "word"]
        # `black and white` is both: the little word between them is no part of a colour.
        words = [words[0], *(word for word in words[1:-1] if not says([word], 0, Says.AND)), *words[1:][-1:]]
        text = " ".join(word.text.casefold() for word in words)
        said = said_of(text)
        if (said.rest or not said.basic) and text not in self._pieces_of_labels:
            return None
        if self.has_colour(text):
            return text
        if len(pieces) > 1 or not (said.shades or said.tone):
            return None
        return next((name for name in sorted(said.basic) if self.has_colour(name)), None)

    def has_colour(self, text: str) -> bool:
        """Whether any product has it."""
        return any(colour_fits(text, label) for label in self.colours)

    @property
    def _pieces_of_labels(self) -> frozenset[str]:
        return frozenset(piece.strip() for label in self.colours for piece in label.split("/"))

    # --- words ----------------------------------------------------------------------------------------------

    def held(self, pieces: Sequence[Token]) -> str | None:
        """The words as some product has them, written apart or in one."""
        apart = " ".join(piece.text.casefold() for piece in pieces if piece.kind in _PIECES)
        in_one = apart.replace(" ", "")
        for way in dict.fromkeys((apart.replace(" ", "-"), in_one)):
            if way and self.holds(way):
                return way
        return None

    def held_in_another_language(self, pieces: Sequence[Token], language: str) -> str | None:
        """What means the same and stands in titles: things, and colours where the feed tells none."""
        said = said_of(" ".join(piece.text for piece in pieces))
        colours = () if said.rest else tuple(way for name in sorted(said.shades or said.basic) for way in NAMES[name])
        for way in (*things.synonyms(_phrase(pieces), language), *colours):
            written = way.casefold().replace(" ", "-")
            if self.holds(written):
                return written
        return None


def vocabulary(
    colours: Iterable[str],
    brands: Iterable[str],
    categories: Iterable[str],
    holds: Callable[[str], bool],
    *,
    leaves: Callable[[Filters], int] = lambda filters: 2,
    misspelt: Callable[[str], str | None] = lambda word: None,
    priced: bool = True,
) -> Vocabulary:
    """From the labels of a generation."""
    paths, of_colours = tuple(categories), frozenset(colours)
    steps: dict[str, set[str]] = {}
    for path in paths:
        for step in steps_of(path):
            for name in names_of(step):
                steps.setdefault(name, set()).add(path)
    of_brands = _brands(brands)
    stems: dict[str, set[str]] = {}
    for name, having in steps.items():
        stems.setdefault(stem(name), set()).update(having)
    named_colours = [name for name in BASIC_NAMES if any(colour_fits(name, label) for label in of_colours)]
    known = [*of_brands, *steps, *named_colours]
    return Vocabulary(
        colours=of_colours,
        brands=of_brands,
        paths=paths,
        steps={name: frozenset(having) for name, having in steps.items()},
        stems={name: frozenset(having) for name, having in stems.items()},
        typos=Typos.of(name for name in known if len(name) >= TYPO_LETTERS),
        holds=holds,
        leaves=leaves,
        misspelt=misspelt,
        priced=priced,
    )


def _brands(brands: Iterable[str]) -> dict[str, str]:
    """By all their words, and without the `and` that some people leave out."""
    found: dict[str, str] = {}
    for brand in brands:
        words = words_of(brand)
        found.setdefault(squash(words), brand)
        found.setdefault(squash([word for word in words if word not in _AND]), brand)
    found.pop("", None)
    return found


def _squashed(pieces: Sequence[Token]) -> str:
    return squash([piece.key for piece in pieces if piece.kind in _PIECES])


def _stemmed(pieces: Sequence[Token]) -> str:
    squashed = _squashed(pieces)
    return stem(squashed) if len(squashed) >= TYPO_LETTERS else squashed


def _phrase(pieces: Sequence[Token]) -> tuple[str, ...]:
    return tuple(stem(piece.key) for piece in pieces if piece.kind in _PIECES)


def _without_and(pieces: Sequence[Token]) -> list[Token]:
    """`Jack and Jones` is written with a sign, too."""
    return [piece for at, piece in enumerate(pieces) if piece.key not in _AND or at in (0, len(pieces) - 1)]


def _little(pieces: Sequence[Token]) -> bool:
    return all(piece.key in SMALL or piece.kind not in _PIECES for piece in pieces)


def _text(pieces: Sequence[Token]) -> str:
    return " ".join(piece.text for piece in pieces)
