"""Who opens a catalogue closes it: connections of many threads, of broken generations, of readers left behind."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import catalogue
from index.catalogue import Catalogue, Picture, Product
from index.generation import Generation
from index.longcodes import BrokenGeneration
from index.store import GenerationStore
from tests.index.shop import Shop


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.sqlite"
    products = [Product(f"p{n}", f"Thing {n}", first_row=n) for n in range(3)]
    catalogue.write(path, products, [Picture("0" * 64, f"{n}.jpg") for n in range(3)], [])
    return path


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[sqlite3.Connection]]:
    """Every connection that is opened meanwhile."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembered(*args: object, **options: object) -> sqlite3.Connection:
        opened.append(connect(*args, **options))  # type: ignore[call-overload]
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remembered)
    yield opened
    for connection in opened:
        connection.close()


def is_closed(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return True
    return False


def test_closing_closes_the_connections_of_other_threads_too(path: Path, connections: list[sqlite3.Connection]) -> None:
    reader = Catalogue(path)
    threads = [threading.Thread(target=reader.find, args=("p1",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.close()
    assert len(connections) == 3
    assert all(is_closed(connection) for connection in connections)


def test_rows_read_one_by_one_keep_their_catalogue_open(path: Path) -> None:
    rows = Catalogue(path).every_product()
    with pytest.warns(ResourceWarning, match="left open"):
        found = [product.id for product in rows]  # the last row lets go of the reader
    assert found == ["p0", "p1", "p2"]


def test_a_catalogue_that_nobody_closed_is_told_and_closed(path: Path, connections: list[sqlite3.Connection]) -> None:
    reader = Catalogue(path)
    assert reader.find("p1") is not None
    with pytest.warns(ResourceWarning, match="left open"):
        del reader
    assert is_closed(connections[0])


@pytest.mark.parametrize(("name", "opened_before"), [("price.i64", False), ("long.u8", True)])
def test_a_generation_that_cannot_be_opened_leaves_nothing_open(
    shop: Shop, connections: list[sqlite3.Connection], name: str, opened_before: bool
) -> None:
    folder = shop.settings.index_dir / shop.reindex().generation
    (folder / name).write_bytes((folder / name).read_bytes()[:-8])
    connections.clear()
    with pytest.raises(BrokenGeneration):
        Generation(folder)
    assert bool(connections) is opened_before
    assert all(is_closed(connection) for connection in connections)


def test_a_store_closes_what_it_opened(shop: Shop, connections: list[sqlite3.Connection]) -> None:
    shop.reindex()
    connections.clear()
    with GenerationStore(shop.settings.index_dir) as store:
        assert store.current().like("p001", want=3).hits
    assert connections
    assert all(is_closed(connection) for connection in connections)
