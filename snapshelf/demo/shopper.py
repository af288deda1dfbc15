"""Draws what shoppers might send: photos of some products of the demo catalogue, with known answers."""

from __future__ import annotations

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from snapshelf.demo.photo import photo
from snapshelf.demo.products import Product, all_products

SIDE = 640  # pixels


def draw_shopper_photos(folder: Path, catalogue: Path, count: int = 120) -> Path:
    """Write `folder/photos/*.jpg` and `folder/answers.csv` (path, product_id, kind, difficulty); gives the latter.

    `catalogue` is the feed that `draw_catalogue` wrote (or its folder): only products in it are photographed.
    Raises ValueError when it names none of the demo's products.
    """
    chosen = _choice(_known(catalogue), count)
    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        rows = list(pool.map(lambda job: _write_photo(photos, *job), enumerate(chosen)))
    answers = folder / "answers.csv"
    with answers.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["path", "product_id", "kind", "difficulty"], *rows])
    return answers


def _write_photo(photos: Path, number: int, product: Product) -> list[str]:
    path = photos / f"{number + 1:03d}.jpg"
    picture, difficulty = photo(product, f"shopper/{number}", SIDE)
    path.write_bytes(picture)
    return [f"photos/{path.name}", product.id, product.kind.name, difficulty]


def _known(catalogue: Path) -> list[Product]:
    feed = catalogue / "feed.tsv" if catalogue.is_dir() else catalogue
    with feed.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    products = [p for p in all_products() if p.id in ids]
    if not products:
        raise ValueError(f"{feed.name} names no product of the demo catalogue.")
    return products


def _choice(products: list[Product], count: int) -> list[Product]:
    """Products of all kinds in turn, a different one of the kind on each round."""
    by_kind: dict[str, list[Product]] = {}
    for product in products:
        by_kind.setdefault(product.kind.name, []).append(product)
    kinds = list(by_kind.values())
    # 7 is prime to the number in a kind, so that all come up before one comes twice
    turns = [divmod(i, len(kinds)) for i in range(count)]
    return [kinds[k][(round_ * 7 + k * 3) % len(kinds[k])] for round_, k in turns]
