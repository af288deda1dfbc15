"""How often a drawn shopper's photo finds its product in the demo shop (python -m benchmarks.demo)."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import ground
from core.messages import ByPhoto, Search
from core.settings import Settings
from index.model.contract import Embeds
from index.model.runtime import Embedder
from index.reindex import reindex
from index.searcher import Searcher
from index.store import GenerationStore
from snapshelf.demo.catalogue import draw_catalogue
from snapshelf.demo.shopper import draw_shopper_photos

PHOTOS = 120


def run(quick: bool = False, embedder: Embeds | None = None) -> dict[str, Any]:
    """Share of photos whose first hit is the right product, the right kind; and the product among the first five."""
    embedder = embedder or Embedder.load()
    photos = 30 if quick else PHOTOS
    parameters = {"quick": quick, "photos": photos, "fingerprint": embedder.fingerprint[:16]}
    ground.announce("demo", parameters)
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as name:
        measured = measure(Path(name), photos, embedder)
    return ground.finish("demo", parameters, measured, quick=quick)


def measure(folder: Path, photos: int, embedder: Embeds) -> dict[str, float]:
    """Draw, index, ask."""
    feed = draw_catalogue(folder / "catalogue")
    answers = draw_shopper_photos(folder / "shopper", feed, photos)
    settings = Settings(data_dir=folder / "data")
    reindex(settings, feed, embedder=embedder)
    right = kind = among = count = 0
    with GenerationStore(settings.index_dir) as store, answers.open(encoding="utf-8", newline="") as file:
        searcher = Searcher(store, embedder)
        for row in csv.DictReader(file):
            photo = (answers.parent / row["path"]).read_bytes()
            search = Search("demo", "console:local", ByPhoto(("photo",)), at=0, deadline=2**53)
            found = [hit.id for hit in searcher.answer(search, [photo]).hits]
            count += 1
            right += found[0] == row["product_id"]
            kind += found[0].rpartition("-")[0] == row["product_id"].rpartition("-")[0]
            among += row["product_id"] in found
    return {
        "right product first": round(right / count, 3),
        "right kind first": round(kind / count, 3),
        "right product among five": round(among / count, 3),
    }


if __name__ == "__main__":
    run(ground.quick_wanted())
