"""The layout of the long code: parts side by side, each with its own weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index import hamming
from index.hamming import Codes

WORD = 8
"""Parts begin at whole 64-bit words, so that distances are counted a word at a time."""


@dataclass(frozen=True, slots=True)
class CodePart:
    """A stretch of the long code, as the manifest lists it."""

    name: str
    offset_bytes: int
    bytes: int
    weight: float
    """What one differing bit counts."""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> CodePart:
        """From its line in a manifest."""
        return cls(str(entry["name"]), int(entry["offset_bytes"]), int(entry["bytes"]), float(entry["weight"]))


@dataclass(frozen=True, slots=True)
class CodeLayout:
    """All parts of a long code, in order and without gaps."""

    parts: tuple[CodePart, ...]

    def __post_init__(self) -> None:
        at = 0
        for part in self.parts:
            if part.offset_bytes != at or part.bytes <= 0 or part.bytes % WORD:
                raise ValueError(f"Part {part.name} of the long code is not aligned.")
            at += part.bytes

    @classmethod
    def of(cls, sizes: Iterable[tuple[str, int, float]]) -> CodeLayout:
        """From (name, bytes, weight of the whole part): the weight is shared out over the part's bits."""
        parts, at = [], 0
        for name, size, weight in sizes:
            parts.append(CodePart(name, at, size, weight / (8 * size)))
            at += size
        return cls(tuple(parts))

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """What one differing bit of each part counts: float64 `[P]`."""
        return np.array([part.weight for part in self.parts])

    @property
    def starts(self) -> npt.NDArray[np.intp]:
        """First 8-byte word of each part: `[P]`."""
        return np.array([part.offset_bytes // WORD for part in self.parts], dtype=np.intp)

    @property
    def bits(self) -> npt.NDArray[np.int64]:
        return np.array([8 * part.bytes for part in self.parts], dtype=np.int64)

    @property
    def furthest(self) -> float:
        """The weighted distance of two codes that differ in every bit."""
        return float(self.weights @ self.bits)

    def by_part(self, query: Codes, codes: Codes) -> npt.NDArray[np.int32]:
        """Differing bits by part between one long code `[bytes]` and each of `[N, bytes]`: int32 `[N, P]`."""
        return hamming.part_distances(query, codes, self.starts)

    def weighted(self, by_part: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """The weighted distance of each row of `by_part`: float64 `[N]`.

        Summed part by part in one order, so that equal bits give equal distances whatever the number of rows.
        """
        total = np.zeros(len(by_part))
        for column, part in enumerate(self.parts):
            total += part.weight * by_part[:, column]
        return total

    def similarity(self, distance: float) -> float:
        """1 for the same code, 0 for one that differs in every bit; 4 decimals."""
        return round(1.0 - distance / self.furthest, 4)
