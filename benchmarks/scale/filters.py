"""What filters cost: the same photos asked with and without them, one beside the other in every round.

Prices are drawn evenly from 0 to 1,000, so that a highest price selects a known share of rows that has nothing to do
with looks; categories are groups of pictures that look alike, and lie under two headings; nine in ten are in stock.
A filtered search is timed from its filters to its hits: what finding the rows that pass costs is part of it. *Again*
is the next one with the same filters, a page further or another shopper's: what passes was kept, as a worker keeps it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.scale.drawing import FIRST, Drawn
from benchmarks.scale.material import Material
from core.messages import Filters
from index import scan
from index.columns import MICRO, Columns
from index.hamming import Codes

GROUPS = 64
HEADINGS = ("above", "below")
PRICES = 1000
SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.75, 0.9, 1.0)
FEW = 7
"""Rows that the rarest filter leaves: fewer than are wanted."""
SEED = 11


def label(group: int) -> str:
    """The category of a group of pictures."""
    return f"{HEADINGS[group % 2]} > kind {group:02}"


def groups(material: Material) -> npt.NDArray[np.uint32]:
    """The group of each real picture: the nearest of 64 pictures, by the short code; codes rise with labels."""
    anchors = np.random.default_rng(SEED).permutation(len(material.short))[:GROUPS]
    apart = np.stack([scan.distances(material.short[row], material.short) for row in anchors])
    codes = np.array([sorted(map(label, range(GROUPS))).index(label(group)) + 1 for group in range(GROUPS)])
    of_picture: npt.NDArray[np.uint32] = codes[apart.argmin(axis=0)].astype(np.uint32)
    return of_picture


def write_columns(folder: Path, rows: int, of_picture: npt.NDArray[np.uint32]) -> None:
    """The filter columns of a drawn catalogue."""
    generator = np.random.default_rng([SEED, rows])
    cents = generator.integers(1, 100 * PRICES + 1, rows)
    # what only the rarest filter selects costs nothing
    cents[generator.permutation(rows)[:FEW]] = 0
    (cents * (MICRO // 100)).astype("<i8").tofile(folder / "price.i64")
    (generator.random(rows) < 0.9).astype("u1").tofile(folder / "stock.u8")
    of_picture[np.fromfile(folder / "source.u32", "<u4")].tofile(folder / "category.u32")


def columns(drawn: Drawn) -> Columns:
    """Mapped, as a generation maps them."""

    def mapped(name: str, kind: str) -> npt.NDArray[Any]:
        return np.asarray(np.memmap(drawn.folder / name, kind, "r"))

    category = mapped("category.u32", "<u4")
    labels = dict(enumerate(sorted(map(label, range(GROUPS))), start=1))
    return Columns(
        product=mapped("product.u32", "<u4"),
        price=mapped("price.i64", "<i8"),
        category=category,
        brand=category,
        colour=category,
        stock=mapped("stock.u8", "u1"),
        labels={"category": labels, "brand": {}, "colour": {}},
    )


def asked() -> dict[str, Filters]:
    """Each filter by what it selects."""
    told = {f"price, {share:.1%} of rows": Filters(max_price=f"{share * PRICES:.2f}") for share in SHARES}
    return (
        {f"price, {FEW} rows": Filters(max_price="0")}
        | told
        | {
            "a category": Filters(category=label(5)),
            "a heading": Filters(category=HEADINGS[0]),
            "in stock": Filters(in_stock=True),
            "heading, price to half, in stock": Filters(category=HEADINGS[0], max_price="500", in_stock=True),
        }
    )


def measured(drawn: Drawn, rounds: int, questions: int) -> dict[str, Any]:
    """Milliseconds with each filter and without, of the clock; rows that pass; the fewest hits of a question."""
    index, held, photos = drawn.two_phase(), columns(drawn), drawn.questions()
    kinds = {"none": Filters()} | asked()
    times, again = ({name: np.empty((rounds, questions)) for name in kinds} for _ in range(2))
    fewest = dict.fromkeys(kinds, FIRST)
    generator = np.random.default_rng(SEED)

    def once(name: str, number: int, turn: int) -> None:
        short: Codes = photos["short"][number : number + 1]
        long: Codes = photos["long"][number : number + 1]
        began = time.perf_counter()
        chosen = held.selection(kinds[name])
        found = index.search(short, long, FIRST, chosen)
        ended = time.perf_counter()
        times[name][turn, number] = 1000 * (ended - began)
        index.search(short, long, FIRST, chosen)
        again[name][turn, number] = 1000 * (time.perf_counter() - ended)
        fewest[name] = min(fewest[name], len(found))

    for turn in range(rounds):
        for number in range(questions):
            # in another order each time: whoever comes first finds the question's long codes out of the cache
            for name in generator.permutation(list(kinds)).tolist():
                once(name, number, turn)
    told: dict[str, Any] = {}
    unfiltered, unfiltered_again = (np.median(np.median(seen["none"], axis=0)) for seen in (times, again))
    for name, filters in kinds.items():
        mask = held.mask(filters)
        passing = drawn.rows if mask is None else int(np.count_nonzero(mask))
        each = np.median(times[name], axis=0)
        told[name] = {
            "rows": passing,
            "median_ms": round(float(np.median(each)), 3),
            "p99_ms": round(float(np.quantile(each, 0.99)), 3),
            "ratio": round(float(np.median(each) / unfiltered), 3),
            "ratio_again": round(float(np.median(np.median(again[name], axis=0)) / unfiltered_again), 3),
            "fewest_hits": fewest[name],
            "hits_owed": min(FIRST, passing),
        }
    return told
