"""Reindex: counts, reuse, crashes, single ids, shrinking, one at a time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import SnapshelfError
from core.picturestore import path_of
from core.settings import Settings
from index.binariser import Binariser
from index.descriptors import DescriptorCache
from index.lock import Busy, reindex_lock
from index.model.contract import Descriptors, Pixels
from index.model.fake import FakeEmbedder
from index.reindex import NothingToIndex, Shrunk, reindex
from index.tidy import collect_pictures
from tests.index.shop import PARTS, Shop, picture


def files(shop: Shop, name: str) -> dict[str, bytes]:
    folder = shop.settings.index_dir / name
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_account_adds_up_and_lists_what_was_skipped(shop: Shop) -> None:
    shop.add("gone", 1)
    (shop.folder / "images" / "gone.png").unlink()
    shop.add("broken", 2)
    (shop.folder / "images" / "broken.png").write_bytes(picture("broken")[:300])
    shop.extra = [{"id": "", "title": "no id", "image_link": "images/p000.png"}, dict(shop.rows["p001"])]
    account = shop.reindex()
    assert account.rows == 16
    assert (account.products, account.merged, account.skipped) == (12, 1, 3)
    skipped = (shop.settings.index_dir / account.generation / "skipped.tsv").read_text().splitlines()
    assert skipped[0] == "line\tid\treason"
    assert [line.split("\t")[:2] for line in skipped[1:]] == [["14", "gone"], ["15", "broken"], ["16", ""]]
    assert all(line.split("\t")[2] for line in skipped[1:])
    assert "12 products + 1 merged into one + 3 skipped" in "\n".join(account.lines())


def test_additional_pictures_belong_to_one_product(shop: Shop) -> None:
    shop.rows["p000"]["additional_image_link"] = "images/p001.png,images/p002.png"
    account = shop.reindex()
    assert (account.products, account.pictures) == (12, 14)
    found = shop.store.current().catalogue.find("p000")
    assert found is not None
    assert found[1].pictures == 3


def test_a_second_run_embeds_only_what_changed(shop: Shop) -> None:
    shop.reindex()
    shop.embedder.calls.clear()
    again = shop.reindex()
    assert (again.embedded, shop.embedder.calls) == (0, [])
    (shop.folder / "images" / "p003.png").write_bytes(picture("another"))
    shop.add("new", 4)
    account = shop.reindex()
    assert (account.embedded, account.added, account.changed, account.removed) == (2, 1, 1, 0)


def test_a_run_that_finds_nothing_new_publishes_nothing(shop: Shop) -> None:
    shop.add("broken")
    (shop.folder / "images" / "broken.png").write_bytes(b"no picture")
    first = shop.reindex()
    again = shop.reindex()
    assert (again.generation, again.unchanged, again.skipped) == (first.generation, True, 1)
    again = shop.reindex(only=["p001"])
    assert (again.generation, again.unchanged) == (first.generation, True)
    assert shop.store.names() == [first.generation]


def test_a_run_that_finds_nothing_new_writes_what_was_damaged_anew(shop: Shop) -> None:
    first = shop.reindex().generation
    path = shop.settings.index_dir / first / "long.u8"
    path.write_bytes(bytes(path.stat().st_size))
    again = shop.reindex()
    assert not again.unchanged
    assert again.generation != first
    again_again = shop.reindex()
    assert again_again.unchanged


def test_what_the_shop_reads_of_a_picture_is_not_what_a_shopper_reads(shop: Shop) -> None:
    (shop.folder / "images" / "p001.png").write_bytes(b"no picture at all, but words")
    (problem,) = shop.reindex().problems
    assert problem == "line 3, p001: what its picture's address or path leads to is no picture"


def test_the_same_feed_gives_the_same_codes(tmp_path: Path) -> None:
    told = []
    for name in ("one", "two"):
        shop = Shop.of(tmp_path / name, 30)
        account = shop.reindex()
        held = files(shop, account.generation)
        told.append({key: held[key] for key in held if key not in ("manifest.json", "catalogue.sqlite")})
    assert told[0] == told[1]


def test_a_changed_price_needs_no_picture_and_keeps_the_codes(shop: Shop) -> None:
    first = shop.reindex().generation
    shop.rows["p004"]["price"] = "99 EUR"
    account = shop.reindex()
    assert (account.embedded, account.changed, account.refitted) == (0, 1, False)
    assert files(shop, first)["long.u8"] == files(shop, account.generation)["long.u8"]


def test_the_binariser_stays_until_a_fifth_of_the_pictures_changed(tmp_path: Path) -> None:
    shop = Shop.of(tmp_path, 40)
    assert shop.reindex().refitted
    for number in range(8):
        shop.add(f"new{number}", number)
        assert not shop.reindex().refitted
    shop.add("last", 9)
    assert shop.reindex().refitted


def test_another_model_embeds_and_fits_anew(shop: Shop) -> None:
    shop.reindex()
    shop.embedder = FakeEmbedder(parts=PARTS, seed=1)
    account = shop.reindex()
    assert (account.embedded, account.refitted) == (12, True)


class Dying(FakeEmbedder):
    """Fails at a later batch, as a killed process would."""

    def __init__(self, die_at: int) -> None:
        super().__init__(parts=PARTS)
        self.die_at = die_at

    def embed(self, pixels: Pixels) -> Descriptors:
        if len(self.calls) == self.die_at:
            raise MemoryError
        return super().embed(pixels)


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    shop = Shop.of(tmp_path, 100)
    dying = Dying(die_at=2)
    with pytest.raises(MemoryError):
        reindex(shop.settings, shop.feed, embedder=dying)
    assert shop.store.names() == []
    account = shop.reindex()
    assert account.products == 100
    assert account.embedded == 100 - sum(dying.calls)


def test_a_torn_write_of_the_descriptors_is_cut_away(tmp_path: Path) -> None:
    descriptors = np.random.default_rng(0).random((3, 8), dtype=np.float32)
    names = [letter * 64 for letter in "abc"]
    with DescriptorCache(tmp_path, "f" * 64, 8) as cache:
        cache.put(names, descriptors)
    path = next(tmp_path.glob("*.f16"))
    path.write_bytes(path.read_bytes()[:-5])
    with DescriptorCache(tmp_path, "f" * 64, 8) as cache:
        assert [name in cache for name in names] == [True, True, False]
        cache.put(names[2:], descriptors[2:])
        assert np.array_equal(cache.take(names), descriptors.astype(np.float16))


def test_half_written_zeros_at_the_end_are_cut_away(tmp_path: Path) -> None:
    with DescriptorCache(tmp_path, "f" * 64, 8) as cache:
        cache.put(["a" * 64], np.ones((1, 8), np.float32))
    path = next(tmp_path.glob("*.f16"))
    path.write_bytes(path.read_bytes() + bytes(path.stat().st_size))
    with DescriptorCache(tmp_path, "f" * 64, 8) as cache:
        assert len(cache) == 1


def test_descriptors_that_nobody_needs_are_dropped(tmp_path: Path) -> None:
    names = [f"{number:064x}" for number in range(3000)]
    with DescriptorCache(tmp_path, "f" * 64, 4) as cache:
        cache.put(names, np.arange(12000, dtype=np.float32).reshape(3000, 4) / np.float32(12000))
        before = cache.take(names[:100])
        cache.compact(names[:100])
        assert len(cache) == 100
        assert np.array_equal(cache.take(names[:100]), before)
    with DescriptorCache(tmp_path, "f" * 64, 4) as cache:
        assert len(cache) == 100


def test_single_ids_change_only_themselves(shop: Shop) -> None:
    shop.reindex()
    for product in ("p002", "p003"):
        shop.rows[product]["title"] = "Renamed"
    del shop.rows["p004"]
    shop.add("new", 1)
    account = shop.reindex(only=["p002", "p004", "new"])
    catalogue = shop.store.current().catalogue
    titles = {product.id: product.title for product in catalogue.every_product()}
    assert (titles["p002"], titles["p003"]) == ("Renamed", "Thing p003")
    assert "p004" not in titles
    assert "new" in titles
    assert account.rows == account.products + account.merged + account.skipped == 12


def test_single_ids_need_an_index_first(shop: Shop) -> None:
    with pytest.raises(SnapshelfError, match="first"):
        shop.reindex(only=["p001"])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_shop_of_very_few_products_works(tmp_path: Path, count: int) -> None:
    shop = Shop.of(tmp_path, count)
    assert shop.reindex().products == count
    with shop.store as store:
        found = store.current().search(shop.embedder.embed(np.zeros((1, 32, 32, 3), np.uint8)), want=5)
    assert len(found.hits) == count


def test_an_empty_feed_publishes_nothing(shop: Shop) -> None:
    name = shop.reindex().generation
    shop.rows.clear()
    with pytest.raises(NothingToIndex):
        shop.reindex(yes=True)
    assert shop.store.current_name() == name


def test_a_catalogue_that_shrinks_too_much_is_published_only_on_request(shop: Shop) -> None:
    name = shop.reindex().generation
    for product in list(shop.rows)[:7]:
        del shop.rows[product]
    with pytest.raises(Shrunk, match="12 to 5"):
        shop.reindex()
    assert shop.store.current_name() == name
    assert shop.reindex(yes=True).removed == 7


def test_a_second_reindex_is_refused_with_owner_and_start(shop: Shop) -> None:
    with reindex_lock(shop.settings.index_dir, "anna"), pytest.raises(Busy, match="anna has been running since 20"):
        shop.reindex()
    assert shop.reindex().products == 12


def test_a_picture_that_vanished_from_the_store_is_made_again(shop: Shop) -> None:
    shop.reindex()
    shutil.rmtree(shop.settings.pictures_dir)
    shop.reindex()
    for kept in shop.store.current().catalogue.every_picture():
        assert path_of(shop.settings.pictures_dir, kept.digest).is_file()


def test_pictures_stay_while_named_or_young(tmp_path: Path) -> None:
    old, young, named = ("a" * 64, "b" * 64, "c" * 64)
    for digest in (old, young, named):
        path = path_of(tmp_path, digest)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
        if digest != young:
            os.utime(path, (0, 0))
    assert collect_pictures(tmp_path, {named}, older_than_s=3600) == 1
    assert not path_of(tmp_path, old).exists()


def test_pictures_of_a_generation_that_is_dropped_stay_for_thirty_days_more(shop: Shop) -> None:
    shop.reindex()
    kept = {picture.digest for picture in shop.store.current().catalogue.every_picture()}
    for digest in kept:
        os.utime(path_of(shop.settings.pictures_dir, digest), (0, 0))
    for _ in range(4):
        shop.rows.pop("p000", None)
        shop.reindex()
    assert all(path_of(shop.settings.pictures_dir, digest).exists() for digest in kept)


def test_progress_tells_stages_in_order(shop: Shop) -> None:
    stages: list[str] = []
    reindex(
        shop.settings,
        shop.feed,
        embedder=shop.embedder,
        progress=lambda stage, done, total: stages.append(stage) if stage not in stages else None,
    )
    assert stages == ["reading", "embedding", "fitting", "writing"]


def test_a_graph_index_answers_too_and_tells_its_recall(shop: Shop) -> None:
    settings = Settings(data_dir=shop.folder / "data", index="hnsw", _env_file=None)
    account = reindex(settings, shop.feed, embedder=shop.embedder)
    assert (account.index, account.recall) == ("hnsw", 1.0)
    assert shop.store.current().index.short.kind == "hnsw"


def test_the_binariser_on_disk_is_the_one_that_made_the_codes(shop: Shop) -> None:
    name = shop.reindex().generation
    binariser = Binariser.load(shop.settings.index_dir / name / "binariser.npz")
    generation = shop.store.current()
    with DescriptorCache(shop.settings.data_dir / "cache", shop.embedder.fingerprint, 128) as cache:
        digests = [picture.digest for picture in generation.catalogue.every_picture()]
        short, long = binariser.codes(cache.take(digests))
    assert np.array_equal(short, generation.index.short.codes)
    assert np.array_equal(long, generation.index.long.span(0, len(long)))
