"""A shop's catalogue as training sees it: pictures decoded once and mapped, products, categories, what is held out."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from core.errors import Refused, SnapshelfError
from core.picturestore import path_of
from core.settings import Settings
from core.spreadsheets import meant
from index.feed import is_url, read_feed
from index.picture_source import NoPicture, PictureSource
from index.pictures import decode_to_pixels
from index.products import take
from index.references import References
from index.refinement.categories import category_path
from training.runs import room_for

HELD_OUT = 0.25
"""Share of the products that are never trained on."""
HELD_OUT_AT_LEAST, HELD_OUT_AT_MOST = 8, 1000
LEAST_PRODUCTS = 40
UNLABELLED = -1
Progress = Callable[[str, int, int], None]
"""Stage, done, of how many."""
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Item:
    """A product of the feed."""

    id: str
    images: tuple[str, ...]
    category: str
    group: str
    """What its sizes and colours have in common, or its own id."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """All pictures of a catalogue, and those that shoppers sent."""

    pixels: Pixels
    """`[N, side, side, 3]` RGB, mapped: the shop's pictures."""
    product: npt.NDArray[np.int64]
    """`[N]`: number of the product that each picture shows; pictures that are the same, byte by byte, are of one."""
    ids: tuple[str, ...]
    """Product numbers → ids, for people."""
    category: npt.NDArray[np.int64]
    """`[P]`: UNLABELLED where the feed names none, or one that only this product is in."""
    group: npt.NDArray[np.int64]
    """`[P]`: products of one group are not pushed apart."""
    held_out: npt.NDArray[np.bool_]
    """`[P]`: kept for measuring."""
    photos: Pixels
    """`[M, side, side, 3]`: photos of shoppers, out of the feedback."""
    photo_product: npt.NDArray[np.int64]
    """`[M]`"""
    skipped: int
    """Products and photos that could not be read."""

    @property
    def categories(self) -> int:
        return int(self.category.max(initial=UNLABELLED)) + 1


def read_items(path: Path, currency: str) -> list[Item]:
    """The products of a feed that lies here. Raises FeedError."""
    rows = take(read_feed(path, currency=currency)).rows.values()
    return [
        Item(row.id, row.images, category_path(row.category) if row.category else "", row.item_group or row.id)
        for row in rows
    ]


def read_verdicts(folder: Path | None) -> list[tuple[Path, str]]:
    """Photo and product that a shopper liked or bought, from `snapshelf feedback export`. Raises SnapshelfError."""
    if folder is None:
        return []
    table = folder / "pairs.csv" if folder.is_dir() else folder
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            return [(table.parent / row["path"], meant(row["product_id"])) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise SnapshelfError(f"{table} is not there: write it with `snapshelf feedback export {folder}`.") from None
    except KeyError as missing:
        raise SnapshelfError(f"{table.name} has no column {missing}: it needs path and product_id.") from None


def stand(
    items: Sequence[Item],
    photos: Sequence[tuple[Path, str]],
    *,
    source: Path | None,
    side: int,
    folder: Path,
    settings: Settings,
    progress: Progress,
) -> Shelf:
    """Decode what is not yet in `folder`, and say what belongs together. Raises SnapshelfError for too few products."""
    if not (folder / "shelf.json").exists():
        room_for(folder, sum(len(item.images) for item in items) * side * side * 3)
        _decode(items, photos, source=source, side=side, folder=folder, settings=settings, progress=progress)
    told = json.loads((folder / "shelf.json").read_text())
    count, side = len(told["product"]), told["side"]
    shape = (side, side, 3)
    if len(told["ids"]) < LEAST_PRODUCTS:
        raise SnapshelfError(
            f"{len(told['ids'])} products with a picture are too few to train on and to test with: "
            f"it takes {LEAST_PRODUCTS}, and is worth it from some hundred."
        )
    return Shelf(
        pixels=_mapped(folder / "pictures.u8", (count, *shape)),
        product=np.array(told["product"], np.int64),
        ids=tuple(told["ids"]),
        category=_shared_labels(told["category"]),
        group=_numbered(told["group"]),
        held_out=held_out(told["ids"]),
        photos=_mapped(folder / "photos.u8", (len(told["photo_product"]), *shape)),
        photo_product=np.array(told["photo_product"], np.int64),
        skipped=told["skipped"],
    )


def held_out(ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """A quarter of the products by their id alone: a test product stays one when the catalogue grows and the shop
    trains again from what it trained before."""
    draws = np.array([int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64 for name in ids])
    share = min(HELD_OUT, HELD_OUT_AT_MOST / max(1, len(ids)))
    held = np.asarray(draws < share)
    held[np.argsort(draws)[:HELD_OUT_AT_LEAST]] = True
    return held


@dataclass(slots=True)
class _Gathered:
    """What `shelf.json` will say."""

    side: int
    ids: list[str] = field(default_factory=list)
    category: list[str] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    product: list[int] = field(default_factory=list)
    photo_product: list[int] = field(default_factory=list)
    skipped: int = 0


def _decode(
    items: Sequence[Item],
    photos: Sequence[tuple[Path, str]],
    *,
    source: Path | None,
    side: int,
    folder: Path,
    settings: Settings,
    progress: Progress,
) -> None:
    told = _Gathered(side)
    numbers: dict[str, int] = {}
    with (folder / "pictures.u8").open("wb") as out:
        by_digest: dict[str, int] = {}
        for done, (item, contents) in enumerate(_contents(items, source, settings)):
            progress("reading pictures", done + 1, len(items))
            read = {_digest(content): pixels for content in contents if (pixels := squeezed(content, side)) is not None}
            if not read:
                told.skipped += 1
                continue
            numbers[item.id] = _taken(item, read, by_digest, told, out)
    with (folder / "photos.u8").open("wb") as out:
        for path, wanted in photos:
            pixels = squeezed(path.read_bytes(), side) if wanted in numbers and path.is_file() else None
            if pixels is None:
                told.skipped += 1
                continue
            told.photo_product.append(numbers[wanted])
            out.write(pixels.tobytes())
    (folder / "shelf.part").write_text(json.dumps(asdict(told)))
    (folder / "shelf.part").rename(folder / "shelf.json")


def _taken(item: Item, read: dict[str, Pixels], by_digest: dict[str, int], told: _Gathered, out: BinaryIO) -> int:
    """The number of a product; one that shows the same first picture as another is that one for us. A further picture
    that another product has too (a table of sizes, say) stays with the first that had it."""
    first = next(iter(read))
    number = by_digest.get(first, len(told.ids))
    if number == len(told.ids):
        told.ids.append(item.id)
        told.category.append(item.category)
        told.group.append(item.group)
    for digest, pixels in read.items():
        if digest not in by_digest:
            by_digest[digest] = number
            told.product.append(number)
            out.write(pixels.tobytes())
    return number


def _contents(items: Sequence[Item], folder: Path | None, settings: Settings) -> Iterator[tuple[Item, list[bytes]]]:
    """Each product with the bytes of its pictures; those that cannot be read are left out."""
    references = [(number, image) for number, item in enumerate(items) for image in item.images]
    with _Stored(folder, settings) as source:
        contents: list[bytes] = []
        at = 0
        for number, content in source.read_many(references):
            while at < number:
                yield items[at], contents
                at, contents = at + 1, []
            contents += [] if isinstance(content, NoPicture) else [content]
        for rest in range(at, len(items)):
            yield items[rest], contents
            contents = []


class _Stored(PictureSource):
    """Pictures of the web come from DATA_DIR/pictures where `reindex` has fetched them."""

    def __init__(self, folder: Path | None, settings: Settings) -> None:
        super().__init__(folder, hosts=settings.feed_hosts)
        with References(settings.data_dir / "cache") as seen:
            self._stored = {name: digest for name, (_, digest) in seen.every().items() if is_url(name)}
        self._root = settings.pictures_dir

    def read(self, reference: str) -> bytes:
        """Raises NoPicture."""
        digest = self._stored.get(reference, "")
        if digest:
            with contextlib.suppress(FileNotFoundError):
                return path_of(self._root, digest).read_bytes()
        return super().read(reference)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def squeezed(content: bytes, side: int) -> Pixels | None:
    """A picture's pixels, or None where it cannot be opened."""
    try:
        return decode_to_pixels(content, side)
    except Refused:
        return None


def _mapped(path: Path, shape: tuple[int, ...]) -> Pixels:
    return np.memmap(path, np.uint8, "r", shape=shape) if shape[0] else np.zeros(shape, np.uint8)


def _numbered(labels: Sequence[str]) -> npt.NDArray[np.int64]:
    names = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    return np.array([names[label] for label in labels], np.int64)


def _shared_labels(labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Numbers of the labels that two products have at least; UNLABELLED for the others."""
    count: dict[str, int] = {}
    for label in labels:
        count[label] = count.get(label, 0) + 1
    names = {label: number for number, label in enumerate(sorted(one for one in count if one and count[one] > 1))}
    return np.array([names.get(label, UNLABELLED) for label in labels], np.int64)
