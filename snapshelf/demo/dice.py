"""Repeatable chance: the same name gives the same numbers on every machine and every Python."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of numbers that depends on nothing but its name (hash in counter mode)."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rolls = 0

    def unit(self) -> float:
        """The next number in [0, 1)."""
        self._rolls += 1
        digest = blake2b(f"{self._name}/{self._rolls}".encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / (1 << 53)

    def between(self, low: float, high: float) -> float:
        """The next number in [low, high)."""
        return low + (high - low) * self.unit()

    def below(self, count: int) -> int:
        """The next whole number in [0, count)."""
        return int(self.unit() * count)

    def pick(self, things: Sequence[T]) -> T:
        """One of the things."""
        return things[self.below(len(things))]

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.unit() < share

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """All the things in another order (Fisher and Yates)."""
        out = list(things)
        for i in range(len(out) - 1, 0, -1):
            j = self.below(i + 1)
            out[i], out[j] = out[j], out[i]
        return out
