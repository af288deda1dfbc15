"""A small shop for the tests of the index: a feed with pictures drawn from the product's id, and a quick embedder."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.settings import Settings
from index.account import Account
from index.model.contract import Part
from index.model.fake import FakeEmbedder
from index.reindex import reindex
from index.searcher import Searcher
from index.store import GenerationStore
from tests.decoded_here import DecodedHere

PARTS = (Part("texture", 0, 32, 0.5), Part("shape", 32, 48, 0.7), Part("kind", 80, 48, 1.0))
KINDS = ("Shoes > Boots", "Shoes > Sandals", "Bags", "Lamps")


def picture(name: str, *, shade: int = 0) -> bytes:
    """A PNG of coarse coloured cells, the same for the same name; `shade` changes it a little."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    cells = np.random.default_rng(seed).integers(0, 225, (8, 8, 3)).astype(np.uint8) + np.uint8(shade)
    out = io.BytesIO()
    Image.fromarray(cells.repeat(8, 0).repeat(8, 1)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Shop:
    """A feed on disk, settings and an embedder; `rows` are columns by product id, edited by the tests."""

    folder: Path
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    embedder: FakeEmbedder = field(default_factory=lambda: FakeEmbedder(parts=PARTS))
    extra: list[Mapping[str, str]] = field(default_factory=list)
    """Rows beyond those by id (a second row of an id, a row without one)."""
    opened: list[GenerationStore] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path, count: int) -> Shop:
        shop = cls(folder)
        for number in range(count):
            shop.add(f"p{number:03}", number)
        return shop

    def add(self, product: str, number: int = 0, **columns: str) -> None:
        images = self.folder / "images"
        images.mkdir(parents=True, exist_ok=True)
        (images / f"{product}.png").write_bytes(picture(product))
        self.rows[product] = {
            "id": product,
            "title": f"Thing {product}",
            "image_link": f"images/{product}.png",
            "price": f"{10 + number}.50 EUR",
            "product_type": KINDS[number % len(KINDS)],
            "brand": ("Acme", "Ümlaut & Söhne")[number % 2],
            "color": ("Red", "Blue/White")[number % 2],
            "availability": "in_stock" if number % 5 else "out_of_stock",
            "link": f"https://shop.example/{product}",
        } | columns

    @property
    def feed(self) -> Path:
        rows: Sequence[Mapping[str, str]] = [*self.rows.values(), *self.extra]
        columns = list(dict.fromkeys(column for row in rows for column in row)) or ["id", "title", "image_link"]
        lines = ["\t".join(columns), *("\t".join(row.get(column, "") for column in columns) for row in rows)]
        path = self.folder / "feed.tsv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder / "data", _env_file=None)

    @property
    def store(self) -> GenerationStore:
        return self.open_store()

    def open_store(self, **options: Any) -> GenerationStore:
        """Closed with the shop."""
        self.opened.append(GenerationStore(self.settings.index_dir, **options))
        return self.opened[-1]

    @property
    def searcher(self) -> Searcher:
        return Searcher(self.store, self.embedder)

    def close(self) -> None:
        """Close every store that a test opened."""
        for store in self.opened:
            store.close()
        self.opened.clear()

    def reindex(self, *, only: Sequence[str] = (), yes: bool = False) -> Account:
        return reindex(self.settings, self.feed, embedder=self.embedder, decoders=DecodedHere(), only=only, yes=yes)

    def reindex_changed(self) -> Account:
        """After a change that nobody notices: a run that finds none publishes nothing."""
        first = next(iter(self.rows.values()))
        first["title"] += "."
        return self.reindex()
