"""Hamming distances between packed codes, in NumPy: the reference that the FAISS indexes are tested against."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
"""Packed binary codes: uint8 `[N, bytes]`, bytes a multiple of 8, the first bit in the lowest bit of the first byte."""


def pack(signs: npt.NDArray[np.bool_]) -> Codes:
    """Bits `[N, B]` as codes `[N, B / 8]`; B a multiple of 64."""
    if signs.shape[1] % 64:
        raise ValueError("A code has a multiple of 64 bits.")
    return np.packbits(signs, axis=1, bitorder="little")


def words(codes: Codes) -> npt.NDArray[np.uint64]:
    """The same codes as uint64 `[N, bytes / 8]`, without a copy where memory allows."""
    return np.ascontiguousarray(codes).view(np.uint64)


def distances(query: Codes, codes: Codes) -> npt.NDArray[np.int32]:
    """Differing bits between one code `[bytes]` and each of `[N, bytes]`: int32 `[N]`."""
    differing = words(codes) ^ words(query.reshape(1, -1))
    counted: npt.NDArray[np.int32] = np.bitwise_count(differing).sum(axis=1, dtype=np.int32)
    return counted


def part_distances(query: Codes, codes: Codes, starts: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """Differing bits by part: int32 `[N, P]`. `starts`: the first 8-byte word of each part, rising from 0."""
    differing = np.bitwise_count(words(codes) ^ words(query.reshape(1, -1)))
    # A product of matrices adds short rows in half the time that `add.reduceat` takes; whole numbers stay whole.
    counted: npt.NDArray[np.int32] = (differing.astype(np.float32) @ _parts(differing.shape[1], tuple(starts))).astype(
        np.int32
    )
    return counted


@lru_cache(maxsize=64)
def _parts(width: int, starts: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """`[width, P]`: 1 where a word belongs to a part."""
    of_word = np.searchsorted(starts, np.arange(width), side="right") - 1
    belongs: npt.NDArray[np.float32] = (of_word[:, None] == np.arange(len(starts))).astype(np.float32)
    belongs.flags.writeable = False
    return belongs
