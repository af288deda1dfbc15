"""Names that differ from a word by one letter: dropped, added, changed, or swapped with its neighbour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Typos:
    """Names by themselves with one letter dropped: a look-up costs as many steps as the word has letters.

    Method: symmetric deletion (Garbe's SymSpell), for distance 1.
    """

    _by_shorter: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[str]) -> Typos:
        """For these names, all of some length: one letter of a short word makes another word."""
        found: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            for shorter in {name, *_shorter(name)}:
                found.setdefault(shorter, []).append(name)
        return cls({shorter: tuple(of_it) for shorter, of_it in found.items()})

    def near(self, word: str) -> str | None:
        """The only name that is meant; None where none is, or several could be."""
        shorter = {word, *_shorter(word)}
        found = {name for piece in shorter for name in self._by_shorter.get(piece, ())}
        candidates = {name for name in found if one_apart(word, name)}
        return candidates.pop() if len(candidates) == 1 else None


def _shorter(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def one_apart(one: str, other: str) -> bool:
    """Whether one letter dropped, added, changed or swapped with its neighbour makes one word the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return one == other
    if len(one) > len(other):
        one, other = other, one
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return swapped or one[at + 1 :] == other[at + 1 :]
