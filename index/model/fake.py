"""An embedder for tests: the same contract as the real one, no weights and no waiting."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from index.model.contract import Descriptors, Part, Pixels

PARTS = (Part("texture", 0, 256, 0.5), Part("shape", 256, 512, 0.7), Part("kind", 768, 512, 1.0))


class FakeEmbedder:
    """Maps a picture's bytes to a fixed descriptor.

    The descriptor is a fixed random projection of the picture shrunk to 8 x 8, so that equal pictures get equal
    descriptors, slightly changed pictures near ones, and different pictures far ones. It knows nothing about kinds.
    """

    def __init__(self, input_size: int = 32, *, parts: tuple[Part, ...] = PARTS, seed: int = 0) -> None:
        if input_size % 8:
            raise ValueError("The fake embedder shrinks to 8 x 8: give a multiple of 8 as its input size.")
        self.input_size = input_size
        self.parts = parts
        self.dimensions = sum(part.size for part in parts)
        self.fingerprint = hashlib.sha256(f"fake {input_size} {parts} {seed}".encode()).hexdigest()
        self.variant = "fp32"
        self.path_description = "a fixed projection, for tests"
        self.calls: list[int] = []
        """Batch sizes of all calls so far, in order."""
        generator = np.random.default_rng(seed)
        self._projection = generator.standard_normal((192, self.dimensions), dtype=np.float32)

    def embed(self, pixels: Pixels) -> Descriptors:
        """Descriptors of a batch, the same on every machine up to the last float digits."""
        side = self.input_size
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (side, side, 3):
            raise ValueError(f"The model takes uint8 pictures of shape [N, {side}, {side}, 3].")
        self.calls.append(len(pixels))
        cells = pixels.reshape(-1, 8, side // 8, 8, side // 8, 3).astype(np.float32).mean(axis=(2, 4))
        flat = cells.reshape(len(pixels), 192) / 127.5 - 1.0
        out: Descriptors = (np.maximum(flat @ self._projection, 0.0) + 1e-3).astype(np.float32)
        for part in self.parts:
            piece = out[:, part.offset : part.offset + part.size]
            piece /= np.linalg.norm(piece, axis=1, keepdims=True)
        return out

    def warm(self, batch_sizes: Iterable[int]) -> None:
        """Nothing to warm."""
