"""A generation opened for searching: one folder of `DATA_DIR/index`."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from core import picturestore
from core.cpus import usable_cpus
from core.errors import Reason, Refused
from core.messages import Filters, Hit
from index import columns
from index.binariser import Binariser
from index.catalogue import Catalogue, Product
from index.longcodes import BrokenGeneration, LongCodes
from index.manifest import Manifest, sha256
from index.model.contract import Descriptors
from index.refinement.knowledge import Knowledge
from index.search import Found, TwoPhase
from index.shortcodes import ShortCodes
from index.why import reasons

SHORT = "short.faiss"
LONG = "long.u8"
LONG_SUMS = "long.crc32"
CATALOGUE = "catalogue.sqlite"
BINARISER = "binariser.npz"
SKIPPED = "skipped.tsv"
NOTES = "notes.tsv"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a generation answers."""

    hits: tuple[Hit, ...]
    close: bool
    """False where even the nearest is further than unlike products are from each other."""
    products: tuple[Product, ...] = ()
    """Those of the hits, in order."""


class Generation:
    """Thread-safe. `close` only after the last search; `GenerationStore.lease` sees to that."""

    def __init__(self, folder: Path) -> None:
        """Open; check all but long codes and catalogue, which are checked as they are read. Raises BrokenGeneration."""
        self.folder = folder
        self.name = folder.name
        self.manifest = Manifest.read(folder)
        self._check_files((SHORT, *columns.FILES, BINARISER, LONG_SUMS))
        self.catalogue = Catalogue(folder / CATALOGUE)
        try:
            self._open_files()
        except BaseException:
            self.catalogue.close()
            raise

    def _open_files(self) -> None:
        folder = self.folder
        try:
            self.binariser = Binariser.load(folder / BINARISER)
            short = ShortCodes.load(folder / SHORT)
            sums = np.fromfile(folder / LONG_SUMS, dtype="<u4")
            labels = {kind: self.catalogue.labels(kind) for kind in ("category", "brand", "colour")}
            self.columns: columns.Columns = columns.load(folder, self.manifest.pictures, labels)
        except (OSError, ValueError, KeyError, sqlite3.Error) as error:
            raise BrokenGeneration(f"{self.name}: {error}") from None
        layout = self.manifest.layout
        long = LongCodes(folder / LONG, self.manifest.pictures, layout.bytes, sums)
        self.sweep = long.sweep
        """Check some blocks of the long codes that no search has touched yet (see LongCodes)."""
        self.index = TwoPhase(short, long, layout, self.columns.product)

    @classmethod
    def open(cls, folder: Path) -> Generation:
        """The same as the constructor. Raises BrokenGeneration."""
        return cls(folder)

    def close(self) -> None:
        """Give the connections back; mapped files go with the last reference."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def fingerprint(self) -> str:
        return self.manifest.fingerprint

    def _check_files(self, names: Collection[str]) -> None:
        """Side by side: with millions of products the columns together are as large as the short codes."""
        with ThreadPoolExecutor(usable_cpus(), thread_name_prefix="checksum") as pool:
            for checked in [pool.submit(self._check_file, name) for name in names]:
                checked.result()

    def _check_file(self, name: str) -> None:
        try:
            same = sha256(self.folder / name) == self.manifest.files.get(name)
        except OSError:
            raise BrokenGeneration(f"{self.name}: {name} is missing.") from None
        if not same:
            raise BrokenGeneration(f"{self.name}: {name} is not the file that was written.")

    def verify(self) -> None:
        """Check every file against its checksum: before it is published, and after it was copied here."""
        self._check_files(tuple(self.manifest.files))

    def search(
        self,
        descriptors: Descriptors,
        *,
        want: int,
        filters: Filters = Filters(),  # noqa: B008 frozen
        exclude: Collection[str] = (),
        exact: bool = False,
    ) -> SearchResult:
        """The products nearest to the photos of one query: descriptors float32 `[M, D]`."""
        short, long = self.binariser.short(descriptors), self.binariser.long(descriptors)
        allowed = self.knowledge.selection(filters, self._ordinals(exclude))
        found = self.index.search(short, long, want, allowed, exact=exact)
        return self._result(found, like=None)

    def like(
        self,
        product_id: str,
        *,
        want: int,
        filters: Filters = Filters(),  # noqa: B008 frozen
        exclude: Collection[str] = (),
        exact: bool = False,
    ) -> SearchResult:
        """Other products like this one. Raises Refused(PRODUCT_GONE)."""
        known = self.catalogue.find(product_id)
        if known is None:
            raise Refused(Reason.PRODUCT_GONE)
        ordinal, product = known
        rows = np.arange(product.first_row, product.first_row + product.pictures)
        allowed = self.knowledge.selection(filters, {ordinal, *self._ordinals(exclude)})
        found = self.index.search(self.index.short.codes[rows], self.index.long.rows(rows), want, allowed, exact=exact)
        return self._result(found, like=product)

    def words(
        self,
        text: str,
        *,
        want: int,
        filters: Filters = Filters(),  # noqa: B008 frozen
        exclude: Collection[str] = (),
    ) -> SearchResult:
        """Products with these words in their titles; similarity is the share of the words found."""
        mask = self.knowledge.mask(filters, self._ordinals(exclude))
        matches = self.catalogue.words(text, 10_000 if mask is not None else want)
        if mask is not None:
            passing = set(np.unique(self.columns.product[mask]).tolist())
            matches = [match for match in matches if match[0] in passing]
        shares = dict(matches[:want])
        products = self.catalogue.products(list(shares))
        hits = (
            self._hit(product, product.first_row, round(share, 4), ("words in its title",))
            for product, share in zip(products, shares.values(), strict=True)
        )
        return SearchResult(tuple(hits), close=True, products=tuple(products))

    def browse(
        self,
        *,
        want: int,
        filters: Filters,
        exclude: Collection[str] = (),
    ) -> SearchResult:
        """Products that pass the filters, those in stock first, in the order of the catalogue: nothing is compared."""
        mask = self.knowledge.mask(filters, self._ordinals(exclude))
        rows = np.arange(len(self.columns.product)) if mask is None else np.flatnonzero(mask)
        in_stock = self.columns.stock[rows] != 0
        ordinals = self.columns.product[np.concatenate([rows[in_stock], rows[~in_stock]])]
        _, first = np.unique(ordinals, return_index=True)
        products = self.catalogue.products([int(ordinals[at]) for at in np.sort(first)[:want]])
        hits = tuple(self._hit(product, product.first_row, 1.0, ()) for product in products)
        return SearchResult(hits, close=True, products=tuple(products))

    def itself(self, product_id: str, *, want: int, filters: Filters, exclude: Collection[str]) -> SearchResult:
        """A product that was asked for by its id, then what is like it. Raises Refused(PRODUCT_GONE)."""
        known = self.catalogue.find(product_id)
        if known is None:
            raise Refused(Reason.PRODUCT_GONE)
        product = known[1]
        if product_id in exclude:
            return self.like(product_id, want=want, filters=filters, exclude=exclude)
        own = self._hit(product, product.first_row, 1.0, ("the product itself",))
        others = self.like(product_id, want=want - 1, filters=filters, exclude=exclude) if want > 1 else None
        more = others if others is not None else SearchResult((), close=True)
        return SearchResult((own, *more.hits), close=True, products=(product, *more.products))

    @cached_property
    def knowledge(self) -> Knowledge:
        """What refinement knows of this catalogue."""
        return Knowledge(self.catalogue, self.columns)

    def _ordinals(self, ids: Collection[str]) -> set[int]:
        known = (self.catalogue.find(product_id) for product_id in ids)
        return {pair[0] for pair in known if pair is not None}

    def _result(self, found: Sequence[Found], like: Product | None) -> SearchResult:
        layout, typical = self.manifest.layout, self.manifest.typical
        products = self.catalogue.products([one.product for one in found])
        hits = tuple(
            self._hit(
                product,
                one.row,
                layout.similarity(one.distance),
                reasons(layout.names, one.by_part, typical, like, product),
            )
            for one, product in zip(found, products, strict=True)
        )
        close = bool(found) and found[0].distance <= self.manifest.threshold
        return SearchResult(hits, close=close, products=tuple(products))

    def _hit(self, product: Product, row: int, similarity: float, why: tuple[str, ...]) -> Hit:
        return Hit(
            id=product.id,
            title=product.title,
            price=product.price,
            currency=product.currency if product.price is not None else None,
            link=product.link,
            picture=picturestore.url_of(self.catalogue.picture(row).digest),
            brand=product.brand,
            category=product.category,
            similarity=similarity,
            why=why,
        )
