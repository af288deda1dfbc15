"""What the rest of the index knows of a model: an embedder and the parts of its descriptor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.errors import SnapshelfError

Pixels = npt.NDArray[np.uint8]
"""A batch of pictures: uint8 RGB `[N, S, S, 3]`, upright, squeezed to the model's square."""

Descriptors = npt.NDArray[np.float32]
"""One row a picture: float32 `[N, D]`, each part L2-normalised by itself, parts joined."""


class ModelFileError(SnapshelfError):
    """A model or weights file that is missing, truncated, tampered with or not what it claims to be."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the descriptor that is centred, rotated and weighted by itself."""

    name: str
    """`texture`, `shape`, `kind`, `colour` in some; `fc1` or `fc2` for a model that was exported with that output."""
    offset: int
    """First column in the descriptor."""
    size: int
    """Number of columns."""
    weight: float
    """How much the part counts against the others (it scales the part before cosines are taken)."""


class Embeds(Protocol):
    """Turns pictures into descriptors; `runtime.Embedder` does it, `fake.FakeEmbedder` pretends."""

    @property
    def input_size(self) -> int:
        """Side in pixels of the square that the model takes."""

    @property
    def dimensions(self) -> int:
        """Columns of a descriptor."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The descriptor's parts in order; together they cover all its columns."""

    @property
    def fingerprint(self) -> str:
        """64 hex digits that name the family: weights, preprocessing, outputs and input size.

        Descriptors of two families can't be compared; int8 and fp32 variants share the family.
        """

    @property
    def variant(self) -> str:
        """`fp32` or `int8`."""

    @property
    def path_description(self) -> str:
        """Which way of computing this machine's processor gets, one sentence for `doctor`."""

    def embed(self, pixels: Pixels) -> Descriptors:
        """Describe a batch; row i belongs to picture i. Thread-safe. `ValueError` for another shape or type."""

    def warm(self, batch_sizes: Iterable[int]) -> None:
        """Run once for each batch size, so that the first shopper does not wait for buffers."""
