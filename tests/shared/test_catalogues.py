"""Real feeds, indexed with the built-in model and checked against the counts of ../shared/NOTES.md."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.messages import ByPhoto, Search
from core.settings import Settings
from index.model.runtime import Embedder
from index.reindex import reindex
from index.searcher import Searcher
from index.store import GenerationStore
from tests.paths import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.load()


def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, _env_file=None)


def asking(want: int = 5) -> Search:
    return Search(job="j", chat="api:j", query=ByPhoto(("x",)), at=0, deadline=1, want=want)


@pytest.mark.parametrize(
    ("name", "rows"), [("fashion", 1500), ("home", 2066), ("luma", 461), ("electronics", 174), ("groceries", 81)]
)
def test_a_real_feed_is_indexed_whole(name: str, rows: int, tmp_path: Path, embedder: Embedder) -> None:
    feed = SHARED / "catalogues" / name / "feed.tsv"
    account = reindex(settings(tmp_path), feed, embedder=embedder)
    assert (account.rows, account.products, account.merged, account.skipped) == (rows, rows, 0, 0)
    assert account.pictures == rows
    assert account.recall >= 0.99
    again = reindex(settings(tmp_path), feed, embedder=embedder)
    assert (again.embedded, again.added, again.changed, again.removed) == (0, 0, 0, 0)
    with feed.open(encoding="utf-8") as file:
        row = next(csv.DictReader(file, delimiter="\t"))
    with GenerationStore(settings(tmp_path).index_dir) as store:
        reply = Searcher(store, embedder).answer(asking(), [(feed.parent / row["image_link"]).read_bytes()])
    assert reply.hits[0].similarity == 1.0


def test_garments_by_people_find_garments(tmp_path: Path, embedder: Embedder) -> None:
    reindex(settings(tmp_path), SHARED / "catalogues" / "fashion" / "feed.tsv", embedder=embedder)
    folder = SHARED / "photos" / "clothing"
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] in ("shoes", "pants", "t-shirt")][::6]
    steps = {"shoes": "Footwear", "pants": "Apparel", "t-shirt": "Apparel"}
    right = 0
    with GenerationStore(settings(tmp_path).index_dir) as store:
        for row in rows:
            reply = Searcher(store, embedder).answer(asking(1), [(folder / row["path"]).read_bytes()])
            right += (reply.hits[0].category or "").startswith(steps[row["class"]])
    # measured 0.52: a shirt on a bed and a shirt on a model are far apart for the built-in weights (their card)
    assert right / len(rows) >= 0.45


def test_other_views_find_their_product(tmp_path: Path, embedder: Embedder) -> None:
    reindex(settings(tmp_path), SHARED / "catalogues" / "luma" / "feed.tsv", embedder=embedder)
    folder = SHARED / "pairs" / "luma-views"
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == "view"]
    with GenerationStore(settings(tmp_path).index_dir) as store:
        searcher = Searcher(store, embedder)
        replies = [searcher.answer(asking(), [(folder / row["path"]).read_bytes()]) for row in rows]
    found = sum(row["product_id"] in [hit.id for hit in reply.hits] for row, reply in zip(rows, replies, strict=True))
    assert found / len(rows) >= 0.4


def test_codes_keep_the_quality_of_the_float_descriptors(embedder: Embedder) -> None:
    from benchmarks.quality import run

    measured = run(quick=True, embedder=embedder)["measured"]
    assert measured["mean_ratio"] >= 0.9
