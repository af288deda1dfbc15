"""The sets of the quality protocol, read from ../shared, and their descriptors (kept in a temporary folder)."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.model.contract import Descriptors, Embeds
from index.pictures import decode_to_pixels

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
HELD_OUT = 10
"""Fashion ids divisible by it were never trained on."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures with labels: nearest neighbours of the same label are right."""

    name: str
    pictures: tuple[Callable[[], bytes], ...]
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    """(name of the figure, a label a picture)."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Queries with the product that each shows, and the shop's pictures."""

    name: str
    shop: tuple[tuple[str, Path], ...]
    queries: tuple[tuple[str, Path], ...]


def garments(every: int = 1) -> Labelled:
    """713 photos of garments by people, 10 kinds."""
    folder = SHARED / "photos" / "clothing"
    rows = _rows(folder / "manifest.csv")[::every]
    return Labelled(
        "garments",
        tuple(_reader(folder / row["path"]) for row in rows),
        (("kind", tuple(row["class"] for row in rows)),),
    )


def thumbnails(every: int = 1) -> Labelled:
    """The 4,416 fashion thumbnails with ids divisible by 10."""
    folder = SHARED / "catalogues" / "fashion-44k"
    rows = [row for row in _rows(folder / "styles.csv") if int(row["id"]) % HELD_OUT == 0][::every]
    wanted = {row["id"] for row in rows}
    data: dict[str, bytes] = {}
    with tarfile.open(folder / "images.tar.gz", "r|gz") as archive:
        for member in archive:
            if Path(member.name).stem in wanted and (file := archive.extractfile(member)) is not None:
                data[Path(member.name).stem] = file.read()
    return Labelled(
        "thumbnails",
        tuple(io.BytesIO(data[row["id"]]).getvalue for row in rows),
        (
            ("kind", tuple(row["articleType"] for row in rows)),
            ("colour", tuple(row["baseColour"] for row in rows)),
        ),
    )


def groceries(every: int = 1) -> Paired:
    """405 shoppers' photos of 81 products against the shop's pictures."""
    return _paired("groceries", SHARED / "pairs" / "groceries", "shopper", every)


def views(every: int = 1) -> Paired:
    """255 other views of 151 products against their main pictures."""
    return _paired("views", SHARED / "pairs" / "luma-views", "view", every)


def _paired(name: str, folder: Path, role: str, every: int) -> Paired:
    rows = _rows(folder / "manifest.csv")
    return Paired(
        name,
        tuple((row["product_id"], folder / row["path"]) for row in rows if row["role"] == "shop"),
        tuple((row["product_id"], folder / row["path"]) for row in rows if row["role"] == role)[::every],
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _reader(path: Path) -> Callable[[], bytes]:
    return path.read_bytes


def describe(embedder: Embeds, pictures: Sequence[Callable[[], bytes]]) -> Descriptors:
    """Descriptors `[N, D]` of pictures."""

    def pixels(read: Callable[[], bytes]) -> npt.NDArray[np.uint8]:
        return decode_to_pixels(read(), embedder.input_size)

    pieces = []
    with ThreadPoolExecutor(4) as pool:
        for at in range(0, len(pictures), 64):
            pieces.append(embedder.embed(np.stack(list(pool.map(pixels, pictures[at : at + 64])))))
    return np.concatenate(pieces)
