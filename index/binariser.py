"""From float descriptors to binary codes, fitted on the catalogue's own descriptors.

The short code (256 bits) looks at the whole descriptor: centre, PCA, ITQ rotation, sign (Gong and Lazebnik, 2011).
The long code looks at each part by itself: centre, slight whitening, random rotations, sign.

Weaknesses: directions are linear, so near-duplicates that differ in one detail may share a code; a catalogue of one
kind of goods that grows another kind keeps its old directions until a fifth of it has changed (see `reindex`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.cpus import usable_cpus
from index import hamming
from index.codes import CodeLayout, CodePart
from index.directions import Directions, Floats
from index.hamming import Codes
from index.model.contract import Part

SHORT_BITS = 256
FIT_AT_MOST = 20_000
"""Pictures looked at by a fit, evenly spread: more change the directions by less than they cost."""
ITQ_ROUNDS = 30
ITQ_AT_MOST = 4_000
"""Pictures that the rotation is turned for: it has 256 x 256 numbers to find."""
SEED = 20_261_120
BITS_OF_PART = {"colour": 512, "texture": 512, "shape": 1024, "kind": 2048}
"""Lengths chosen by measured quality, see docs/decisions; a part that is not named here gets OTHER_BITS."""
OTHER_BITS = 1024
WHITENING = -0.125
"""Power of the variances that directions are scaled by: 0 not at all, -0.5 wholly. More costs same-kind quality."""
RIDGE = 0.1
PRIOR_WEIGHT = 20
"""Own pictures that count as much for the centre as the whole prior."""


@dataclass(frozen=True, slots=True)
class Binariser:
    """The fitted maps."""

    parts: tuple[Part, ...]
    """The descriptor's parts."""
    mean: npt.NDArray[np.float32]
    """`[D]`, of descriptors as the model gives them."""
    short_map: Directions
    """`[D, 256]`, part weights included."""
    long_maps: tuple[Directions, ...]
    """One `[size, bits]` a part."""
    layout: CodeLayout = field(compare=False)

    def short(self, descriptors: Floats) -> Codes:
        """Short codes uint8 `[N, 32]` of descriptors `[N, D]`."""
        return hamming.pack(self.short_map.signs(self._centred(descriptors)))

    def long(self, descriptors: Floats) -> Codes:
        """Long codes uint8 `[N, layout.bytes]` of descriptors `[N, D]`."""
        centred = self._centred(descriptors)
        pieces = [
            hamming.pack(directions.signs(centred[:, part.offset : part.offset + part.size]))
            for part, directions in zip(self.parts, self.long_maps, strict=True)
        ]
        return np.concatenate(pieces, axis=1)

    def codes(self, descriptors: Floats, *, batch: int = 2048) -> tuple[Codes, Codes]:
        """Short and long codes of many descriptors, by batches side by side."""
        batches = [descriptors[at : at + batch] for at in range(0, len(descriptors), batch)]
        if not batches:
            return np.empty((0, SHORT_BITS // 8), np.uint8), np.empty((0, self.layout.bytes), np.uint8)
        with ThreadPoolExecutor(usable_cpus()) as pool:
            shorts, longs = pool.map(self.short, batches), pool.map(self.long, batches)
            return np.concatenate(list(shorts)), np.concatenate(list(longs))

    def _centred(self, descriptors: Floats) -> npt.NDArray[np.float64]:
        # Catalogue descriptors are kept as float16; a query is rounded the same way, so that the same picture
        # gets the same bits whichever way it came.
        return descriptors.astype(np.float16).astype(np.float64) - self.mean

    def to_bytes(self) -> bytes:
        """As an .npz file; equal binarisers give equal bytes (no times inside)."""
        arrays: dict[str, Any] = {"mean": self.mean, "short_map": self.short_map.matrix}
        maps = zip(self.parts, self.long_maps, strict=True)
        arrays |= {f"long_{part.name}": directions.matrix for part, directions in maps}
        parts = [[part.name, part.offset, part.size, part.weight] for part in self.parts]
        code = [[part.name, part.offset_bytes, part.bytes, part.weight] for part in self.layout.parts]
        arrays["parts"] = np.frombuffer(json.dumps({"parts": parts, "code": code}).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def load(cls, path: Path) -> Binariser:
        """Read what `to_bytes` gave. Raises ValueError, KeyError or OSError for another file."""
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(bytes(file["parts"]))
            parts = tuple(Part(*entry) for entry in told["parts"])
            layout = CodeLayout(tuple(CodePart(*entry) for entry in told["code"]))
            maps = tuple(Directions(file[f"long_{part.name}"]) for part in parts)
            return cls(parts, file["mean"], Directions(file["short_map"]), maps, layout)


def fit(descriptors: Floats, parts: Sequence[Part], prior: Floats | None = None) -> Binariser:
    """A binariser for descriptors `[N, D]`, N from 0; `prior` `[M, D]` stands in for what a small catalogue lacks.

    Deterministic: the same input gives the same bytes on the same machine. Raises ValueError where both are empty.
    """
    sample, mean = _sample(descriptors, prior)
    centred = sample - mean
    long_maps, sizes = [], []
    for number, part in enumerate(parts):
        piece = centred[:, part.offset : part.offset + part.size]
        long_maps.append(_long_map(piece, _bits(part), np.random.default_rng([SEED, number])))
        # As in the cosine of parts that are each brought to length 1 after centring, then weighted.
        sizes.append((part.name, _bits(part) // 8, part.weight**2))
    layout = CodeLayout.of(_shares(sizes))
    weights = np.concatenate([np.full(part.size, part.weight) for part in parts])
    short_map = _short_map(centred * weights, np.random.default_rng(SEED)) * weights[:, None]
    return Binariser(
        tuple(parts),
        mean.astype(np.float32),
        Directions(short_map.astype(np.float32)),
        tuple(Directions(matrix.astype(np.float32)) for matrix in long_maps),
        layout,
    )


def _bits(part: Part) -> int:
    return BITS_OF_PART.get(part.name, OTHER_BITS)


def _sample(descriptors: Floats, prior: Floats | None) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What is looked at `[n, D]`, and its centre `[D]`."""
    chosen = descriptors
    if len(descriptors) > FIT_AT_MOST:
        chosen = descriptors[np.linspace(0, len(descriptors) - 1, FIT_AT_MOST).astype(np.intp)]
    own = chosen.astype(np.float16).astype(np.float64)
    drawn = np.empty((0, own.shape[1])) if prior is None else prior.astype(np.float16).astype(np.float64)
    sample = np.concatenate([own, drawn])
    if not len(sample):
        raise ValueError("A binariser needs at least one descriptor.")
    if not len(drawn) or not len(own):
        return sample, sample.mean(axis=0)
    # The centre is the catalogue's own as soon as it has some pictures: a shop of apples is not centred on furniture.
    trust = len(own) / (len(own) + PRIOR_WEIGHT)
    return sample, trust * own.mean(axis=0) + (1 - trust) * drawn.mean(axis=0)


def _shares(sizes: Sequence[tuple[str, int, float]]) -> list[tuple[str, int, float]]:
    """Weights that add up to 1, rounded so that the manifest reads well."""
    total = sum(weight for _, _, weight in sizes)
    return [(name, size, round(weight / total, 4)) for name, size, weight in sizes]


def principal(centred: npt.NDArray[np.float64], keep: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Directions `[d, r]` of the greatest variance and the variances `[r]`, r at most `keep`; signs made definite."""
    covariance = centred.T @ centred / max(1, len(centred))
    variances, directions = np.linalg.eigh(covariance)
    order = np.argsort(-variances, kind="stable")[:keep]
    variances, directions = np.maximum(variances[order], 0.0), directions[:, order]
    strongest = directions[np.argmax(np.abs(directions), axis=0), np.arange(directions.shape[1])]
    definite: npt.NDArray[np.float64] = directions * np.where(strongest < 0, -1.0, 1.0)
    return definite, variances


def _long_map(piece: npt.NDArray[np.float64], bits: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Random directions `[size, bits]`, the strong ones of the part's own directions held back a little."""
    directions, variances = principal(piece, piece.shape[1])
    scale = (variances + RIDGE * variances.mean() + 1e-12) ** WHITENING
    turned: npt.NDArray[np.float64] = (directions * scale) @ _directions(directions.shape[1], bits, generator)
    return turned


def _directions(size: int, bits: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Random rotations side by side, `[size, bits]`: orthogonal within each block of `size` columns."""
    blocks = []
    for _ in range(-(-bits // size)):
        rotation, upper = np.linalg.qr(generator.standard_normal((size, size)))
        blocks.append(rotation * np.sign(np.diag(upper)))
    joined: npt.NDArray[np.float64] = np.concatenate(blocks, axis=1)[:, :bits]
    return joined


def _short_map(weighted: npt.NDArray[np.float64], generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """PCA to 256 dimensions, then the rotation that moves the points least when only signs are kept (ITQ)."""
    directions, _ = principal(weighted, SHORT_BITS)
    if directions.shape[1] < SHORT_BITS:  # a descriptor of fewer dimensions: random directions fill the code
        return directions @ _directions(directions.shape[1], SHORT_BITS, generator)
    projected = weighted[:: -(-len(weighted) // ITQ_AT_MOST)] @ directions
    rotation = _directions(SHORT_BITS, SHORT_BITS, generator)
    for _ in range(ITQ_ROUNDS):
        signs = np.where(projected @ rotation > 0, 1.0, -1.0)
        left, _, right = np.linalg.svd(signs.T @ projected)
        rotation = (left @ right).T
    turned: npt.NDArray[np.float64] = directions @ rotation
    return turned
