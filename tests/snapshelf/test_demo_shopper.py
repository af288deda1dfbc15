"""Shoppers' photos of demo products: with known answers, the same on every run, the product in sight."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from snapshelf.demo.catalogue import feed_text
from snapshelf.demo.products import Product, all_products
from snapshelf.demo.shopper import draw_shopper_photos


def _feed(folder: Path, products: list[Product]) -> Path:
    feed = folder / "feed.tsv"
    feed.write_text(feed_text(products), encoding="utf-8")
    return feed


def _answers(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_photo_opens_and_its_answer_is_a_product_of_the_catalogue(tmp_path: Path) -> None:
    products = list(all_products()[::60])
    answers = draw_shopper_photos(tmp_path / "shopper", _feed(tmp_path, products), count=6)
    rows = _answers(answers)
    assert answers == tmp_path / "shopper" / "answers.csv"
    assert len(rows) == 6
    kinds = {p.id: p.kind.name for p in products}
    for row in rows:
        assert row["kind"] == kinds[row["product_id"]]
        assert row["difficulty"] in {"easy", "middle", "hard"}
        with Image.open(answers.parent / row["path"]) as image:
            image.load()
            assert image.size == (640, 640)


def test_the_same_photos_come_out_of_every_run(tmp_path: Path) -> None:
    feed = _feed(tmp_path, list(all_products()[::200]))
    one, two = (draw_shopper_photos(tmp_path / name, feed, count=3) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    for row in _answers(one):
        assert (one.parent / row["path"]).read_bytes() == (two.parent / row["path"]).read_bytes()


def test_the_feeds_folder_does_as_well_as_the_feed(tmp_path: Path) -> None:
    _feed(tmp_path, list(all_products()[:1]))
    assert len(_answers(draw_shopper_photos(tmp_path / "shopper", tmp_path, count=1))) == 1


def test_a_feed_without_demo_products_is_refused(tmp_path: Path) -> None:
    feed = _feed(tmp_path, [])
    with pytest.raises(ValueError, match="names no product of the demo"):
        draw_shopper_photos(tmp_path / "shopper", feed, count=1)


@pytest.mark.slow
def test_120_photos_show_all_kinds_alike_and_are_of_all_difficulties(tmp_path: Path) -> None:
    rows = _answers(draw_shopper_photos(tmp_path / "shopper", _feed(tmp_path, list(all_products()))))
    assert len(rows) == 120
    kinds = Counter(row["kind"] for row in rows)
    assert len(kinds) == len({p.kind.name for p in all_products()})
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert len({row["product_id"] for row in rows}) >= 115
    assert min(Counter(row["difficulty"] for row in rows).values()) >= 12
