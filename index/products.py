"""From rows of a feed to products: rows that mean the same one are merged, every row is counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from index.catalogue import Catalogue, Picture, Product
from index.feed import Row, Skipped
from index.writer import Line


@dataclass(slots=True)
class Intake:
    """The rows of a feed, those of one id made one."""

    rows: dict[str, Row] = field(default_factory=dict)
    total: int = 0
    merged: int = 0
    skipped: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """A product and its pictures."""

    product: Product
    pictures: tuple[Picture, ...]

    @property
    def essence(self) -> tuple[object, ...]:
        """What makes two entries the same, wherever they stand."""
        p = self.product
        told = (p.id, p.title, p.price, p.currency, p.link, p.brand, p.category, p.colour, p.in_stock, p.item_group)
        return (told, [picture.digest for picture in self.pictures])


def take(feed: Iterable[Row | Skipped], only: Collection[str] = ()) -> Intake:
    """Read a feed (of `only` these ids, if any). A later row of an id adds its pictures to the first."""
    intake = Intake()
    for row in feed:
        if only and row.id not in only:
            continue
        intake.total += 1
        if isinstance(row, Skipped):
            intake.skipped.append((row.line, row.id, row.reason))
            continue
        intake.notes += [(row.line, row.id, note) for note in row.notes]
        first = intake.rows.get(row.id)
        if first is None:
            intake.rows[row.id] = row
        else:
            intake.merged += 1
            images = tuple(dict.fromkeys((*first.images, *row.images)))
            intake.rows[row.id] = dataclasses.replace(first, images=images)
    return intake


def with_pictures(
    intake: Intake, folder_of: Mapping[str, str], digests: Mapping[str, str], failures: Mapping[str, str]
) -> list[Entry]:
    """The products that have a picture. Counts in `intake` what was skipped or merged on the way.

    folder_of: a row's reference → how it is kept; digests and failures are by the kept form. Rows of one item_group
    that show the same picture are sizes of one thing: the first stands for all.
    """
    entries: list[Entry] = []
    groups: set[tuple[str, str]] = set()
    for row in intake.rows.values():
        kept = [folder_of[image] for image in row.images]
        pictures = {digests[reference]: reference for reference in reversed(kept) if reference in digests}
        pictures = dict(reversed(pictures.items()))
        if not pictures:
            reason = failures.get(kept[0], "its picture can't be used")
            intake.skipped.append((row.line, row.id, reason))
            continue
        group = (row.item_group or "", next(iter(pictures)))
        if row.item_group and group in groups:
            intake.merged += 1
            continue
        groups.add(group)
        intake.notes += [(row.line, row.id, f"a picture less: {failures[r]}") for r in kept if r in failures]
        entries.append(Entry(_product(row), tuple(Picture(digest, ref) for digest, ref in pictures.items())))
    return entries


def _product(row: Row) -> Product:
    return Product(
        id=row.id,
        title=row.title,
        price=None if row.price is None else str(row.price),
        currency=row.currency,
        link=row.link,
        brand=row.brand,
        category=row.category,
        colour=row.colour,
        in_stock=row.in_stock,
        item_group=row.item_group,
        line=row.line,
    )


def entries_of(catalogue: Catalogue) -> list[Entry]:
    """The products of a generation, as they were."""
    pictures = list(catalogue.every_picture())
    return [
        Entry(product, tuple(pictures[product.first_row : product.first_row + product.pictures]))
        for product in catalogue.every_product()
    ]


def in_order(entries: Sequence[Entry]) -> tuple[list[Product], list[Picture]]:
    """Products by id, pictures in the order of products; each product knows its rows."""
    products: list[Product] = []
    pictures: list[Picture] = []
    for entry in sorted(entries, key=lambda entry: entry.product.id):
        count = len(entry.pictures)
        products.append(dataclasses.replace(entry.product, first_row=len(pictures), pictures=count))
        pictures += entry.pictures
    return products, pictures


@dataclass(frozen=True, slots=True)
class Changes:
    """Products against those of the generation before."""

    added: int
    removed: int
    changed: int


def changes(before: Sequence[Entry], now: Sequence[Entry]) -> Changes:
    """By id; a product has changed when its data or one of its pictures has."""
    old = {entry.product.id: entry for entry in before}
    new = {entry.product.id: entry for entry in now}
    both = old.keys() & new.keys()
    return Changes(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        changed=sum(old[key].essence != new[key].essence for key in both),
    )
