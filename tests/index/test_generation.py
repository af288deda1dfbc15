"""The store of generations: swaps, leases, damage, rollback."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from core.errors import SnapshelfError
from index import columns, migrations
from index.generation import CATALOGUE, LONG, SHORT, SKIPPED, Generation
from index.longcodes import BLOCK, BrokenGeneration, LongCodes, checksums
from index.manifest import Manifest
from index.store import GenerationStore, NoGeneration
from tests.index.shop import Shop, picture


def damage(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def publish_two(shop: Shop) -> tuple[str, str]:
    first = shop.reindex().generation
    shop.add("new", 3)
    return first, shop.reindex().generation


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoGeneration, match="reindex"):
        GenerationStore(tmp_path).current()


def test_a_reader_keeps_its_generation_while_another_is_published(shop: Shop) -> None:
    first = shop.reindex().generation
    store = shop.store
    with store.lease() as generation:
        shop.add("new", 3)
        second = shop.reindex().generation
        with store.lease() as other:
            assert other.name == second
        assert generation.name == first
        assert generation.catalogue.find("p001") is not None
    with store.lease() as generation:
        assert generation.name == second
        assert generation.catalogue.find("new") is not None


def test_searches_go_on_while_generations_are_swapped(shop: Shop) -> None:
    shop.reindex()
    store = shop.store
    done = threading.Event()
    failures: list[BaseException] = []
    seen: set[str] = set()

    def search() -> None:
        while not done.is_set():
            try:
                with store.lease() as generation:
                    seen.add(generation.name)
                    assert generation.like("p001", want=3).hits
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    names = set()
    for number in range(3):
        shop.add(f"new{number}", number)
        names.add(shop.reindex().generation)
        with store.lease() as generation:
            assert generation.name in names
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert seen


@pytest.mark.parametrize("name", ["manifest.json", SHORT, "binariser.npz", "long.crc32", *columns.FILES])
def test_a_generation_damaged_on_disk_falls_back_to_the_one_before(shop: Shop, name: str) -> None:
    first, second = publish_two(shop)
    damage(shop.settings.index_dir / second / name)
    alarms: list[str] = []
    store = shop.open_store(alarm=alarms.append)
    assert store.current().name == first
    assert len(alarms) == 1
    assert second in alarms[0]


def test_long_codes_damaged_under_a_running_worker_fall_back_too(shop: Shop) -> None:
    first, second = publish_two(shop)
    damage(shop.settings.index_dir / second / LONG)
    alarms: list[str] = []
    store = shop.open_store(alarm=alarms.append)
    with pytest.raises(BrokenGeneration, match=r"long\.u8"), store.lease() as generation:
        generation.like("p001", want=3)
    with store.lease() as generation:
        assert generation.name == first
    assert len(alarms) == 1


def test_when_all_are_broken_it_says_so(shop: Shop) -> None:
    name = shop.reindex().generation
    damage(shop.settings.index_dir / name / SHORT)
    store = shop.open_store(alarm=lambda sentence: None)
    with pytest.raises(BrokenGeneration, match="reindex"):
        store.current()


@pytest.mark.parametrize("name", [SHORT, LONG, CATALOGUE, SKIPPED, *columns.FILES, "binariser.npz"])
def test_verify_finds_a_flipped_bit_in_any_file(shop: Shop, name: str) -> None:
    generation = shop.reindex().generation
    folder = shop.settings.index_dir / generation
    opened = Generation(folder)
    damage(folder / name)
    with pytest.raises(BrokenGeneration, match=name):
        opened.verify()
    opened.close()


def test_a_column_that_was_cut_short_is_noticed(shop: Shop) -> None:
    folder = shop.settings.index_dir / shop.reindex().generation
    (folder / "price.i64").write_bytes((folder / "price.i64").read_bytes()[:-8])
    with pytest.raises(BrokenGeneration):
        Generation(folder)


def test_rollback_goes_back_one_and_is_seen_by_readers(shop: Shop) -> None:
    first, second = publish_two(shop)
    store = shop.store
    assert store.current().name == second
    assert shop.store.rollback() == first
    with store.lease() as generation:
        assert generation.name == first


def test_rollback_past_the_first_is_refused(shop: Shop) -> None:
    shop.reindex()
    with pytest.raises(SnapshelfError, match="no earlier"):
        shop.store.rollback()


def test_only_the_last_generations_are_kept(shop: Shop) -> None:
    names = [shop.reindex_changed().generation for _ in range(5)]
    assert shop.store.names() == names[-3:]
    assert shop.store.current_name() == names[-1]


def test_what_a_killed_writer_left_is_swept_and_never_listed(shop: Shop) -> None:
    shop.reindex()
    left = shop.settings.index_dir / ".new-20200101T000000000000Z-abcdef"
    left.mkdir()
    (left / "short.faiss").write_bytes(b"half")
    name = shop.reindex_changed().generation
    assert not left.exists()
    assert shop.store.names()[-1] == name


def test_a_manifest_of_an_unknown_format_is_refused(shop: Shop) -> None:
    folder = shop.settings.index_dir / shop.reindex().generation
    assert Manifest.read(folder).products == 12
    with pytest.raises(ValueError, match="format 99"):
        migrations.migrate({"format": 99})


def test_an_older_manifest_is_brought_to_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(migrations.MIGRATIONS, 0, lambda told: told | {"format": 1, "new": "field"})
    assert migrations.migrate({"format": 0, "old": 1}) == {"format": 1, "old": 1, "new": "field"}


def test_the_manifest_lists_the_parts_of_the_long_code(shop: Shop) -> None:
    folder = shop.settings.index_dir / shop.reindex().generation
    told = json.loads((folder / "manifest.json").read_text())
    assert [set(part) for part in told["parts"]] == [{"name", "offset_bytes", "bytes", "weight"}] * 3
    assert set(told["files"]) == {path.name for path in folder.iterdir()} - {"manifest.json"}


def test_blocks_are_checked_when_they_are_first_touched(tmp_path: Path) -> None:
    width, rows = 448, 1000
    data = bytearray(picture("x") * 1000)[: width * rows]
    path = tmp_path / "long.u8"
    path.write_bytes(data)
    sums = checksums(bytes(data))
    damage(path, at=3 * BLOCK + 5)
    codes = LongCodes(path, rows, width, sums)
    codes.span(0, 2 * BLOCK // width)
    assert 0 < codes.checked_share < 1
    with pytest.raises(BrokenGeneration, match="damaged"):
        codes.span(0, rows)
    with pytest.raises(BrokenGeneration, match="damaged"):
        codes.sweep(100)
