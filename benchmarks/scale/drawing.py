"""Catalogues of any size, drawn from real pictures, with the exact answers found on the way.

A drawn product is a real picture moved by the difference of another one and its nearest neighbour:
`real[i] + (real[b] - real[a])`. Up to FLOATS_AT_MOST rows this is done on the descriptors, which are then binarised
as reindex does; beyond, on the bits: `code[i] ^ code[a] ^ code[b]`, short and long by the same pair. Either way a
product differs from its picture as neighbours in the real catalogue differ (the shares of flipped bits are measured
and reported for both), and bits that go together, short and long, flip together as they do in real ones.

Weak: twenty million products crowd around 46,951 pictures, so that each has hundreds of near twins; a real catalogue
of that size would be more varied, and its neighbours further apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.scale.material import SEED, Material, ready, shares
from index.codes import CodeLayout
from index.faiss_ import faiss
from index.hamming import Codes
from index.longcodes import BLOCK, LongCodes, checksums
from index.search import TwoPhase
from index.shortcodes import ShortCodes

FLOATS_AT_MOST = 1_000_000
PIECE = 16_384
"""Rows drawn at once; with the long code's 448 bytes these fill whole blocks of the checksums."""
FIRST = 10
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn catalogue in a folder; arrays are mapped."""

    folder: Path
    rows: int
    layout: CodeLayout

    @property
    def has_floats(self) -> bool:
        return (self.folder / "ready.f32").exists()

    def floats(self) -> npt.NDArray[np.float32]:
        """`[rows, D]`, normalised: inner products are the float reference."""
        return np.memmap(self.folder / "ready.f32", np.float32, "r").reshape(self.rows, -1)

    def long(self) -> Codes:
        """`[rows, bytes]`."""
        return np.memmap(self.folder / "long.u8", np.uint8, "r").reshape(self.rows, -1)

    def short(self) -> Codes:
        """`[rows, 32]`."""
        return np.memmap(self.folder / "short.u8", np.uint8, "r").reshape(self.rows, -1)

    def questions(self) -> dict[str, Any]:
        """`ready`, `short`, `long` of the photos that ask; `float_rows` and `long_last`, the exact answers."""
        with np.load(self.folder / "questions.npz") as file:
            return dict(file)

    def two_phase(self, kind: str = "flat") -> TwoPhase:
        """The product's search over these files, opened as a generation opens them."""
        sums = np.fromfile(self.folder / "long.crc32", "<u4")
        long = LongCodes(self.folder / "long.u8", self.rows, self.layout.bytes, sums)
        products = np.memmap(self.folder / "product.u32", np.uint32, "r")
        return TwoPhase(ShortCodes.load(self.folder / f"short.{kind}.faiss"), long, self.layout, products)


def draw(material: Material, rows: int, folder: Path) -> dict[str, Any]:
    """Write a catalogue of so many rows; gives the shares of flipped bits of what was drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    binariser = material.binariser
    asked = material.questions.astype(np.float32) - material.centre
    questions: dict[str, Any] = {"ready": ready(asked, binariser), "short": binariser.short(material.questions)}
    questions["long"] = binariser.long(material.questions)
    with_floats = rows <= FLOATS_AT_MOST
    by_float = Nearest(len(asked), FIRST)
    by_long = Nearest(len(asked), FIRST)
    sums: list[npt.NDArray[np.uint32]] = []
    flips: list[dict[str, float]] = []
    files = {name: (folder / name).open("wb") for name in ("short.u8", "long.u8", "source.u32", "product.u32")}
    if with_floats:
        files["ready.f32"] = (folder / "ready.f32").open("wb")
    for at, picked in _picks(material, rows):
        source, floats, short, long = _moved(material, picked, with_floats)
        if floats is not None:
            held = ready(floats, binariser)
            files["ready.f32"].write(held.data)
            by_float.take(at, -(questions["ready"] @ held.T))
        by_long.take(at, _far(questions["long"], long, binariser.layout))
        sums.append(checksums(long.reshape(-1).data))
        for name, array in (("short.u8", short), ("long.u8", long), ("source.u32", source.astype(np.uint32))):
            files[name].write(np.ascontiguousarray(array).data)
        files["product.u32"].write(np.arange(at, at + len(short), dtype=np.uint32).data)
        if not flips:
            flips = [shares(short, material.short[source]), shares(long, material.long[source])]
    for file in files.values():
        file.close()
    np.concatenate(sums).tofile(folder / "long.crc32")
    questions |= {"long_last": by_long.scores.max(axis=1), "float_rows": by_float.rows}
    np.savez(folder / "questions.npz", **questions)
    build_short(folder, rows, "flat")
    return {"short": flips[0], "long": flips[1]}


def build_short(folder: Path, rows: int, kind: Any) -> None:
    """The file of short codes as a generation has it."""
    short = np.fromfile(folder / "short.u8", np.uint8).reshape(rows, -1)
    ShortCodes.build(short, kind).save(folder / f"short.{kind}.faiss")


def _picks(material: Material, rows: int) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Start of each piece and, for each of its rows, a picture and a pair: `[n, 3]`."""
    assert PIECE * material.binariser.layout.bytes % BLOCK == 0
    generator = np.random.default_rng([SEED, rows])
    for at in range(0, rows, PIECE):
        count = min(PIECE, rows - at)
        pictures = generator.integers(0, len(material.short), count)
        pairs = material.pairs[generator.integers(0, len(material.pairs), count)]
        yield at, np.concatenate([pictures[:, None], pairs], axis=1)


def _moved(
    material: Material, picked: npt.NDArray[np.intp], with_floats: bool
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32] | None, Codes, Codes]:
    picture, a, b = picked.T
    if not with_floats:
        short = material.short[picture] ^ material.short[a] ^ material.short[b]
        return picture, None, short, material.long[picture] ^ material.long[a] ^ material.long[b]
    held = material.descriptors
    floats = held[picture] + (held[b] - held[a])
    short, long = material.binariser.codes(floats + material.centre)
    return picture, floats, short, long


def _far(asked: Codes, long: Codes, layout: CodeLayout) -> Scores:
    """Weighted long distances `[Q, n]`, as the product's own layout weighs them."""
    total = np.zeros((len(asked), len(long)), np.float32)
    apart = np.empty((len(asked), len(long)), np.int32)
    for part in layout.parts:
        span = slice(part.offset_bytes, part.offset_bytes + part.bytes)
        one, other = np.ascontiguousarray(asked[:, span]), np.ascontiguousarray(long[:, span])
        pointers = [faiss.swig_ptr(array) for array in (one, other, apart)]
        faiss.hammings(pointers[0], pointers[1], len(one), len(other), part.bytes, pointers[2])
        total += np.float32(part.weight) * apart
    return total


class Nearest:
    """The lowest scores seen so far, of several questions at once."""

    def __init__(self, questions: int, keep: int) -> None:
        self.scores = np.full((questions, keep), np.inf, np.float32)
        self.rows = np.full((questions, keep), -1, np.int64)

    def take(self, start: int, scores: Scores) -> None:
        """Scores `[Q, n]` of rows from `start`."""
        better = np.flatnonzero(scores.min(axis=1) < self.scores.max(axis=1))
        for question in better:
            near = np.flatnonzero(scores[question] < self.scores[question].max())
            all_scores = np.concatenate([self.scores[question], scores[question, near]])
            all_rows = np.concatenate([self.rows[question], near + start])
            first = np.argsort(all_scores, kind="stable")[: len(self.scores[question])]
            self.scores[question], self.rows[question] = all_scores[first], all_rows[first]
