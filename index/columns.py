"""Filter columns: one value a code row, mapped from disk, turned into a mask of the rows that may answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import Reason, Refused
from core.messages import Filters
from index import selection
from index.catalogue import Product
from index.refinement.categories import category_path, within
from index.refinement.colours import colour_fits
from index.selection import Mask, Selection, Test

MICRO = 1_000_000
NO_PRICE = -1
UNLABELLED = 0
LABELLED = ("category", "brand", "colour")
FILES = {"product.u32": "<u4", "price.i64": "<i8", "category.u32": "<u4", "brand.u32": "<u4", "colour.u32": "<u4"} | {
    "stock.u8": "|u1"
}


def fold(text: str) -> str:
    """A label as it is compared: case and runs of spaces do not count."""
    return " ".join(text.casefold().split())


def micro(price: str) -> int:
    """A decimal string in millionths. Raises Refused(BAD_REQUEST) where it is no amount."""
    try:
        amount = Decimal(price)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or abs(amount) > 10**12:
        raise Refused(Reason.BAD_REQUEST, "That price is not a number.")
    return int((amount * MICRO).to_integral_value())


@dataclass(frozen=True, slots=True)
class Columns:
    """All columns, each `[rows]`; `labels` gives the text of a code by column."""

    product: npt.NDArray[np.uint32]
    """Ordinal of the row's product."""
    price: npt.NDArray[np.int64]
    """Millionths, -1 without a price."""
    category: npt.NDArray[np.uint32]
    brand: npt.NDArray[np.uint32]
    colour: npt.NDArray[np.uint32]
    stock: npt.NDArray[np.uint8]
    labels: Mapping[str, Mapping[int, str]]

    def mask(self, filters: Filters, without: Collection[int] = ()) -> Mask | None:
        """As `selection`, asked about every row: bool `[rows]`."""
        chosen = self.selection(filters, without)
        return None if chosen is None else chosen.whole()

    def selection(self, filters: Filters, without: Collection[int] = ()) -> Selection | None:
        """Rows that pass the filters and belong to none of the products `without` (ordinals); None: every row.

        Raises Refused(BAD_REQUEST) for a price that is no number.
        """
        tests: list[Test] = []
        if filters.min_price is not None or filters.max_price is not None:
            least, greatest = (
                None if price is None else micro(price) for price in (filters.min_price, filters.max_price)
            )
            tests.append(selection.within(self.price, least, greatest))
        if filters.category is not None:
            kept = within(category_path(filters.category), self.labels["category"].values())
            tests.append(self._labelled("category", kept.__contains__))
        if filters.brand is not None:
            brand = fold(filters.brand)
            tests.append(self._labelled("brand", lambda text: text == brand))
        if filters.colour is not None:
            colour = fold(filters.colour)
            tests.append(self._labelled("colour", lambda text: colour_fits(colour, text)))
        if filters.in_stock:
            tests.append(lambda rows: self.stock[rows] != 0)
        if without:
            tests.append(selection.none_of(self.product, np.fromiter(without, np.uint32, len(without))))
        return Selection(len(self.product), tests) if tests else None

    def _labelled(self, column: str, fits: Callable[[str], bool]) -> Test:
        labels = self.labels[column]
        passes = np.zeros(max(labels, default=0) + 1, np.bool_)
        for code, text in labels.items():
            passes[code] = fits(text)
        return selection.one_of(getattr(self, column), passes)


def build(products: Sequence[Product]) -> tuple[dict[str, npt.NDArray[Any]], list[tuple[str, int, str]]]:
    """The columns by file name, and the labels (column, code, folded text), for products in row order."""
    counts = np.array([product.pictures for product in products], dtype=np.intp)
    labels: list[tuple[str, int, str]] = []
    arrays: dict[str, npt.NDArray[Any]] = {"product.u32": np.arange(len(products)).repeat(counts)}
    arrays["price.i64"] = _of([NO_PRICE if p.price is None else micro(p.price) for p in products], np.int64, counts)
    arrays["stock.u8"] = _of([p.in_stock for p in products], np.uint8, counts)
    for column in LABELLED:
        fold_it = category_path if column == "category" else fold
        texts = [fold_it(getattr(product, column) or "") for product in products]
        codes = {text: code for code, text in enumerate(sorted(set(texts) - {""}), start=1)}
        labels += [(column, code, text) for text, code in codes.items()]
        arrays[f"{column}.u32"] = _of([codes.get(text, UNLABELLED) for text in texts], np.uint32, counts)
    return {name: arrays[name].astype(kind) for name, kind in FILES.items()}, labels


def _of(values: Iterable[int], kind: type[np.generic], counts: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    return np.array(list(values), dtype=kind).repeat(counts)


def load(folder: Path, rows: int, labels: Mapping[str, Mapping[int, str]]) -> Columns:
    """Map the columns of a generation. Raises ValueError or OSError where a file is missing or has another length."""
    arrays = {}
    for name, kind in FILES.items():
        # as a plain array: the subclass of mapped ones costs at each slice
        array = np.asarray(np.memmap(folder / name, dtype=kind, mode="r")) if rows else np.empty(0, kind)
        if len(array) != rows:
            raise ValueError(f"{name} has {len(array)} rows instead of {rows}.")
        arrays[name.partition(".")[0]] = array
    return Columns(**arrays, labels=labels)
