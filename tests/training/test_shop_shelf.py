"""What training takes from a feed: pictures, who belongs together, who is never trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import SnapshelfError
from core.settings import Settings
from tests.index.shop import picture
from training.shop import (
    HELD_OUT,
    HELD_OUT_AT_MOST,
    UNLABELLED,
    Item,
    Shelf,
    held_out,
    read_items,
    read_verdicts,
    stand,
)

SIDE = 24


def shelf_of(folder: Path, items: list[Item], photos: list[tuple[Path, str]] | None = None) -> Shelf:
    run = folder / "run"
    run.mkdir(exist_ok=True)
    settings = Settings(data_dir=folder / "data")
    return stand(
        items, photos or [], source=folder, side=SIDE, folder=run, settings=settings, progress=lambda *told: None
    )


def items_of(folder: Path, count: int = 48) -> list[Item]:
    """Products of one picture each, in four categories."""
    for number in range(count):
        (folder / f"{number}.png").write_bytes(picture(f"thing {number}"))
    return [Item(f"p{number}", (f"{number}.png",), f"Kind {number % 4}", f"p{number}") for number in range(count)]


def test_every_picture_stands_with_its_product(tmp_path: Path) -> None:
    items = items_of(tmp_path)
    (tmp_path / "more.png").write_bytes(picture("another side of thing 1"))
    items[1] = Item("p1", ("1.png", "more.png"), "Kind 1", "p1")
    shelf = shelf_of(tmp_path, items)
    assert shelf.pixels.shape == (49, SIDE, SIDE, 3)
    assert shelf.product.tolist()[:5] == [0, 1, 1, 2, 3]
    assert shelf.ids == tuple(item.id for item in items)
    assert shelf.categories == 4
    assert shelf.skipped == 0


def test_products_that_show_the_same_picture_are_one(tmp_path: Path) -> None:
    items = items_of(tmp_path)
    (tmp_path / "7.png").write_bytes(picture("thing 3"))
    shelf = shelf_of(tmp_path, items)
    assert len(shelf.ids) == 47
    assert "p7" not in shelf.ids


def test_a_table_of_sizes_that_all_products_show_makes_them_not_one(tmp_path: Path) -> None:
    (tmp_path / "sizes.png").write_bytes(picture("table of sizes"))
    items = [Item(i.id, (*i.images, "sizes.png"), i.category, i.group) for i in items_of(tmp_path)]
    shelf = shelf_of(tmp_path, items)
    assert len(shelf.ids) == 48
    assert len(shelf.pixels) == 49


def test_a_product_whose_picture_is_missing_or_broken_is_left_out_and_counted(tmp_path: Path) -> None:
    items = items_of(tmp_path)
    (tmp_path / "5.png").unlink()
    (tmp_path / "6.png").write_bytes(b"no picture")
    shelf = shelf_of(tmp_path, items)
    assert shelf.skipped == 2
    assert not {"p5", "p6"} & set(shelf.ids)
    assert shelf.product.max() == len(shelf.ids) - 1


def test_a_category_of_one_product_teaches_nothing(tmp_path: Path) -> None:
    items = items_of(tmp_path)
    items[0] = Item("p0", ("0.png",), "A kind of its own", "p0")
    items[1] = Item("p1", ("1.png",), "", "p1")
    shelf = shelf_of(tmp_path, items)
    assert shelf.category[:3].tolist() == [UNLABELLED, UNLABELLED, shelf.category[2]]
    assert shelf.category[2] != UNLABELLED


def test_sizes_of_one_thing_share_a_group(tmp_path: Path) -> None:
    items = items_of(tmp_path)
    items[2] = Item("p2", ("2.png",), "Kind 2", "shirt")
    items[9] = Item("p9", ("9.png",), "Kind 1", "shirt")
    shelf = shelf_of(tmp_path, items)
    assert shelf.group[2] == shelf.group[9]
    assert len(set(shelf.group.tolist())) == 47


def test_too_few_products_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SnapshelfError, match=r"^12 products with a picture are too few"):
        shelf_of(tmp_path, items_of(tmp_path, 12))


def test_photos_of_shoppers_stand_with_the_product_they_liked(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(picture("a photo"))
    photos = [(tmp_path / "photo.png", "p4"), (tmp_path / "photo.png", "gone"), (tmp_path / "missing.png", "p5")]
    shelf = shelf_of(tmp_path, items_of(tmp_path), photos)
    assert shelf.photo_product.tolist() == [4]
    assert shelf.photos.shape == (1, SIDE, SIDE, 3)
    assert shelf.skipped == 2


def test_what_was_decoded_is_not_decoded_again(tmp_path: Path) -> None:
    items = items_of(tmp_path)
    before = np.array(shelf_of(tmp_path, items).pixels)
    for number in range(48):
        (tmp_path / f"{number}.png").unlink()
    assert np.array_equal(shelf_of(tmp_path, items).pixels, before)


def test_a_quarter_is_held_out_and_stays_so_when_the_catalogue_grows() -> None:
    ids = [f"sku-{number}" for number in range(2_000)]
    held = held_out(ids)
    assert held.mean() == pytest.approx(HELD_OUT, abs=0.03)
    assert held_out(ids[500:1500]).tolist() == held[500:1500].tolist()


def test_of_a_large_catalogue_no_more_are_held_out_than_measuring_needs() -> None:
    assert held_out([str(number) for number in range(50_000)]).sum() == pytest.approx(HELD_OUT_AT_MOST, rel=0.1)


def test_items_come_from_a_feed_with_their_categories(tmp_path: Path) -> None:
    feed = tmp_path / "feed.tsv"
    feed.write_text(
        "id\ttitle\timage_link\tproduct_type\titem_group_id\n"
        "a\tA\ta.jpg\tShoes > Boots\tg\nb\tB\tb.jpg\t\t\na\tA\ta2.jpg\tShoes > Boots\tg\n"
    )
    first, second = read_items(feed, "USD")
    assert first == Item("a", ("a.jpg", "a2.jpg"), first.category, "g")
    assert first.category == "shoes > boots"
    assert second == Item("b", ("b.jpg",), "", "b")


def test_verdicts_are_read_from_what_feedback_export_writes(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("path,product_id,verdict\nphotos/1.jpg,p1,up\n")
    expected = [(tmp_path / "photos/1.jpg", "p1")]
    assert read_verdicts(tmp_path) == read_verdicts(tmp_path / "pairs.csv") == expected
    assert read_verdicts(None) == []


def test_a_folder_without_an_export_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SnapshelfError, match="snapshelf feedback export"):
        read_verdicts(tmp_path)
    (tmp_path / "pairs.csv").write_text("path\nphotos/1.jpg\n")
    with pytest.raises(SnapshelfError, match="no column 'product_id'"):
        read_verdicts(tmp_path)
