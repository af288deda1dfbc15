"""A small shop of drawn pictures for the tests that train."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.index.shop import picture
from training.shop import Shelf, held_out

SIDE = 48


def drawn_shelf(products: int = 44) -> Shelf:
    """In memory: one picture a product, four categories, two photos of shoppers."""
    dice = np.random.default_rng(11)
    cells = dice.integers(0, 230, (products + 2, 6, 6, 3)).astype(np.uint8).repeat(8, 1).repeat(8, 2)
    ids = tuple(f"p{number}" for number in range(products))
    number = np.arange(products)
    return Shelf(
        pixels=cells[:products],
        product=number,
        ids=ids,
        category=number % 4,
        group=number,
        held_out=held_out(ids),
        photos=cells[products:],
        photo_product=np.array([0, 1]),
        skipped=0,
    )


def drawn_feed(folder: Path, products: int = 44) -> Path:
    """On disk: a TSV with local pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["id\ttitle\timage_link\tproduct_type"]
    for number in range(products):
        (folder / f"{number}.png").write_bytes(picture(f"thing {number}"))
        lines.append(f"p{number}\tThing {number}\t{number}.png\tThings > Kind {number % 4}")
    (folder / "feed.tsv").write_text("\n".join(lines) + "\n")
    return folder / "feed.tsv"
