"""What is asked and searched: the demo's shopper photos as a messenger hands them over, its catalogue indexed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from index.model.contract import Embeds
from index.reindex import reindex
from snapshelf.demo.catalogue import draw_catalogue
from snapshelf.demo.shopper import draw_shopper_photos
from tests.standins.telegram_updates import sizes_of

Sizes = list[tuple[bytes, int, int]]
"""One photo in the sizes that Telegram keeps: bytes, width, height."""


@dataclass(frozen=True)
class Material:
    """A folder of DATA_DIR with a generation in it, and photos."""

    data_dir: Path
    photos: tuple[Sizes, ...]
    products: int

    @property
    def photo_kb(self) -> float:
        """Of the largest size of a photo, in the mean: that one is fetched."""
        return sum(len(sizes[-1][0]) for sizes in self.photos) / len(self.photos) / 1000


def gather(folder: Path, embedder: Embeds, photos: int) -> Material:
    """Draw catalogue and photos and index them, unless an earlier run left them in this folder."""
    feed = folder / "catalogue" / "feed.tsv"
    if not feed.exists():
        draw_catalogue(feed.parent)
    answers = folder / f"shopper{photos}" / "answers.csv"
    if not answers.exists():
        draw_shopper_photos(answers.parent, feed, photos)
    data_dir = folder / f"data-{embedder.fingerprint[:12]}"
    if not (data_dir / "index" / "current").exists():
        reindex(Settings(data_dir=data_dir), feed, embedder=embedder)
    with answers.open(encoding="utf-8", newline="") as file:
        paths = [answers.parent / row["path"] for row in csv.DictReader(file)]
    kept = tuple(sizes_of(path.read_bytes()) for path in paths)
    return Material(data_dir, kept, len(feed.read_text(encoding="utf-8").splitlines()) - 1)
