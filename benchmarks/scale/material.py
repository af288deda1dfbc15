"""What big catalogues are drawn from: descriptors of real pictures, and photos that ask.

Real pictures: every picture of `../shared/catalogues` (46,951; the 1,500 of `fashion` are in `fashion-44k` too and
count once) where that folder exists, else the demo's drawn catalogue. Questions: photos by people and other views,
none of which is in a catalogue; else the demo's drawn shoppers' photos.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import protocol
from index import scan
from index.binariser import Binariser, fit
from index.evaluate import Floats
from index.hamming import Codes
from index.model.contract import Embeds
from index.prior import SMALL, prior_pixels
from snapshelf.demo.catalogue import draw_catalogue
from snapshelf.demo.shopper import draw_shopper_photos

CATALOGUES = protocol.SHARED / "catalogues"
SMALLER = ("electronics", "groceries", "home", "luma")
PICTURES = (".jpg", ".jpeg", ".png", ".webp")
ANCHORS = 16_000
"""Pictures whose nearest neighbour is looked for: the differences that drawn products are made with."""
SEED = 9
Read = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Material:
    """Real pictures as descriptors and codes, and pairs of them that lie close."""

    source: str
    descriptors: npt.NDArray[np.float32]
    """`[R, D]`, centred."""
    binariser: Binariser
    short: Codes
    long: Codes
    pairs: npt.NDArray[np.intp]
    """`[A, 2]`: a picture and the nearest other one that is not the very same."""
    questions: npt.NDArray[np.float32]
    """`[Q, D]`, as the model gives them."""

    @property
    def centre(self) -> npt.NDArray[np.float32]:
        """What was taken off the descriptors."""
        return self.binariser.mean

    def flips(self) -> dict[str, Any]:
        """Share of bits in which the pairs differ: what "near" means in the real catalogue."""
        a, b = self.pairs.T
        return {"short": shares(self.short[a], self.short[b]), "long": shares(self.long[a], self.long[b])}


def shares(one: Codes, other: Codes) -> dict[str, float]:
    """Quantiles of the share of differing bits between rows of two arrays."""
    differing = np.bitwise_count(one ^ other).sum(axis=1) / (8 * one.shape[1])
    names = {"5 %": 0.05, "median": 0.5, "95 %": 0.95}
    return {name: round(float(np.quantile(differing, at)), 4) for name, at in names.items()}


def gather(embedder: Embeds, folder: Path, *, questions: int, quick: bool) -> Material:
    """Embed (or take from `folder`, where an earlier run left them), fit, and find the pairs."""
    kept = folder / f"descriptors-{embedder.fingerprint[:16]}{'-quick' if quick else ''}.npz"
    if not kept.exists():
        source, shelf, asking = _pictures(folder, quick)
        np.savez(
            kept,
            source=np.array(source),
            shelf=_described(embedder, shelf),
            asking=_described(embedder, asking),
        )
    with np.load(kept) as file:
        source, shelf_floats, asking_floats = str(file["source"]), file["shelf"], file["asking"]
    prior = embedder.embed(prior_pixels(embedder.input_size)) if len(shelf_floats) < SMALL else None
    binariser = fit(shelf_floats, embedder.parts, prior)
    short, long = binariser.codes(shelf_floats)
    chosen = np.linspace(0, len(asking_floats) - 1, min(questions, len(asking_floats))).astype(np.intp)
    return Material(
        source=source,
        descriptors=shelf_floats.astype(np.float32) - binariser.mean,
        binariser=binariser,
        short=short,
        long=long,
        pairs=_pairs(long),
        questions=asking_floats[chosen].astype(np.float32),
    )


def _described(embedder: Embeds, pictures: list[Read]) -> npt.NDArray[np.float16]:
    return protocol.describe(embedder, pictures).astype(np.float16)


def _pictures(folder: Path, quick: bool) -> tuple[str, list[Read], list[Read]]:
    if not CATALOGUES.is_dir():
        feed = draw_catalogue(folder / "demo")
        answers = draw_shopper_photos(folder / "shopper", feed)
        return "the demo's drawn catalogue", _below(feed.parent), _below(answers.parent)
    every = 10 if quick else 1
    shelf: list[Read] = [
        partial(bytes, data) for data in _archived(CATALOGUES / "fashion-44k" / "images.tar.gz", every)
    ]
    for name in SMALLER:
        shelf += _below(CATALOGUES / name)[::every]
    asking = list(protocol.garments().pictures)
    for paired in (protocol.groceries(), protocol.views()):
        asking += [path.read_bytes for _, path in paired.queries]
    return "../shared/catalogues", shelf, asking[::every]


def _archived(path: Path, every: int) -> Iterator[bytes]:
    with tarfile.open(path, "r|gz") as archive:
        for number, member in enumerate(archive):
            if number % every == 0 and member.isfile() and (file := archive.extractfile(member)) is not None:
                yield file.read()


def _below(folder: Path) -> list[Read]:
    return [path.read_bytes for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES]


def _pairs(long: Codes) -> npt.NDArray[np.intp]:
    anchors = np.random.default_rng(SEED).permutation(len(long))[:ANCHORS]
    pairs = []
    for row in anchors.tolist():
        apart = scan.distances(long[row], long)
        apart[apart == 0] = 8 * long.shape[1]
        pairs.append((row, int(apart.argmin())))
    return np.array(pairs, dtype=np.intp)


def ready(descriptors: Floats, binariser: Binariser) -> npt.NDArray[np.float32]:
    """Centred descriptors as the float peers hold them: each part normalised and weighted, then the whole normalised.

    Inner products of these are the float reference of `index.evaluate.float_ranker`.
    """
    pieces = [part.weight * _unit(descriptors[:, part.offset :][:, : part.size]) for part in binariser.parts]
    return _unit(np.concatenate(pieces, axis=1)).astype(np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
