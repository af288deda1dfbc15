"""Makes `index/prior/pictures.webp` from the drawn demo catalogue: python -m benchmarks.make_prior."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from PIL import Image

from index.prior import SHEET, SIDE, TILE
from snapshelf.demo.catalogue import draw_catalogue


def main() -> None:
    """Every n-th picture of the catalogue, so that all kinds are among them."""
    with tempfile.TemporaryDirectory() as folder:
        feed = draw_catalogue(Path(folder))
        with feed.open(encoding="utf-8", newline="") as file:
            images = [feed.parent / row["image_link"] for row in csv.DictReader(file, delimiter="\t")]
        chosen = [images[number * len(images) // SIDE**2] for number in range(SIDE**2)]
        sheet = Image.new("RGB", (SIDE * TILE, SIDE * TILE))
        for number, path in enumerate(chosen):
            with Image.open(path) as image:
                tile = image.convert("RGB").resize((TILE, TILE), Image.Resampling.LANCZOS)
            sheet.paste(tile, (number % SIDE * TILE, number // SIDE * TILE))
    sheet.save(SHEET, "WEBP", quality=80, method=6)
    print(f"{SHEET.name}: {len(images)} pictures, {SIDE**2} taken, {SHEET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
