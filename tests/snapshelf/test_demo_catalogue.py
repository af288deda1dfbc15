"""The demo catalogue: large and varied enough, the same on every run, a feed that says what is drawn."""

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from snapshelf.demo.catalogue import COLUMNS, draw_catalogue, feed_text, pictures
from snapshelf.demo.kinds import ALL
from snapshelf.demo.products import Product, all_products


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def _firsts() -> list[Product]:
    return [p for p in all_products() if p.number == 1]


def test_the_range_is_as_large_and_varied_as_promised() -> None:
    kinds = Counter(p.kind.name for p in all_products())
    assert len(all_products()) >= 450
    assert len(kinds) >= 18
    assert min(kinds.values()) >= 12


def test_ids_are_unique_and_no_two_of_a_kind_look_the_same() -> None:
    products = all_products()
    assert len({p.id for p in products}) == len(products)
    looks = Counter((p.kind.name, p.look.style, p.look.pattern, p.look.main_name) for p in products)
    assert max(looks.values()) == 1


def test_the_feed_has_the_columns_of_google_merchant_and_one_row_a_product() -> None:
    rows = _rows(feed_text(all_products()))
    assert tuple(rows[0]) == COLUMNS
    assert [r["id"] for r in rows] == [p.id for p in all_products()]
    for row in rows:
        amount, currency = row["price"].split()
        assert float(amount) > 0
        assert currency == "EUR"
        assert row["link"] == f"https://demo.snapshelf.example/p/{row['id']}"
        assert row["image_link"] == f"images/{row['id']}.jpg"
        assert row["title"]
        assert row["brand"]
        assert " > " in row["product_type"]
        assert row["availability"] in {"in_stock", "out_of_stock"}


def test_some_products_have_a_second_view_and_most_are_in_stock() -> None:
    products = all_products()
    assert 0.2 < sum(p.has_second_view for p in products) / len(products) < 0.5
    assert 0.85 < sum(p.available for p in products) / len(products) < 1


@pytest.mark.parametrize("product", _firsts(), ids=lambda p: p.kind.name)
def test_a_product_is_drawn_whole_on_white(product: Product) -> None:
    image = Image.open(io.BytesIO(pictures(product)[0]))
    assert image.size == (360, 360)
    assert image.format == "JPEG"
    pixels = np.asarray(image.convert("RGB"))
    border = np.concatenate([pixels[:4].reshape(-1, 3), pixels[:, :4].reshape(-1, 3), pixels[:, -4:].reshape(-1, 3)])
    assert border.min() > 225, "the product or its shadow is cut off"
    assert (pixels.min(axis=2) < 200).mean() > 0.04, "there is next to nothing in the picture"


def test_drawing_a_product_twice_gives_the_same_bytes() -> None:
    for product in (p for p in all_products() if p.number == 3):
        once = pictures(product)
        assert once == pictures(product)
        assert len(once) == len(set(once)) == 2


@pytest.mark.parametrize("kind", ALL, ids=lambda k: k.name)
def test_every_style_of_a_kind_is_in_the_range(kind: object) -> None:
    styles = {p.look.style for p in all_products() if p.kind is kind}
    assert styles == set(getattr(kind, "styles", ()))


@pytest.mark.slow
def test_the_whole_catalogue_is_drawn_and_every_picture_opens(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    feed = draw_catalogue(tmp_path, progress=lambda done, total: calls.append((done, total)))
    assert feed == tmp_path / "feed.tsv"
    products = all_products()
    assert calls == [(i + 1, len(products)) for i in range(len(products))]
    named = {
        row[column]
        for row in _rows(feed.read_text("utf-8"))
        for column in ("image_link", "additional_image_link")
        if row[column]
    }
    files = {f"images/{p.name}" for p in (tmp_path / "images").iterdir()}
    assert files == named
    for name in files:
        with Image.open(tmp_path / name) as image:
            image.load()
    assert sum(p.stat().st_size for p in (tmp_path / "images").iterdir()) < 12_000_000
