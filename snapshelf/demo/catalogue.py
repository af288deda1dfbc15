"""Draws the demo catalogue: pictures and a Google Merchant feed that names them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from io import BytesIO
from pathlib import Path

from PIL import Image

from snapshelf.demo.finish import GROUND, drawn, on_white
from snapshelf.demo.products import Product, all_products

COLUMNS = (
    "id", "title", "description", "link", "image_link", "additional_image_link",
    "price", "brand", "product_type", "color", "availability",
)  # fmt: skip
SIDE = 360  # pixels
QUALITY = 88


def draw_catalogue(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write `folder/images/*.jpg` and `folder/feed.tsv`, and give the feed's path.

    The same bytes on every run on one platform. `progress` is called with (products drawn, products).
    """
    products = all_products()
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        jobs = [pool.submit(_write_pictures, product, images) for product in products]
        for done, job in enumerate(as_completed(jobs), 1):
            job.result()
            if progress:
                progress(done, len(products))
    feed = folder / "feed.tsv"
    feed.write_text(feed_text(products), encoding="utf-8", newline="\n")
    return feed


def feed_text(products: Iterable[Product]) -> str:
    """The feed as tab-separated values; no field holds a tab or a line break."""
    return "\n".join(["\t".join(COLUMNS), *("\t".join(_row(p)) for p in products)]) + "\n"


def pictures(product: Product) -> list[bytes]:
    """The product's shop pictures as JPEG: one, or a second one from the other side, a little turned."""
    image = on_white(drawn(product.kind, product.look, SIDE), product.kind)
    views = [image, _from_the_other_side(image)] if product.has_second_view else [image]
    return [_jpeg(view) for view in views]


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _write_pictures(product: Product, images: Path) -> None:
    names = (f"{product.id}.jpg", f"{product.id}-2.jpg")
    for name, data in zip(names, pictures(product), strict=False):
        (images / name).write_bytes(data)


def _from_the_other_side(image: Image.Image) -> Image.Image:
    s = image.width
    # where the corners of the new picture lie in the old one: the left side comes nearer
    corners = (-0.02 * s, 0.03 * s, -0.02 * s, 0.97 * s, 1.1 * s, 1.08 * s, 1.1 * s, -0.08 * s)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return mirrored.transform(
        image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=(GROUND,) * 3
    )


def _row(product: Product) -> list[str]:
    return [
        product.id,
        product.title,
        product.description,
        product.link,
        f"images/{product.id}.jpg",
        f"images/{product.id}-2.jpg" if product.has_second_view else "",
        product.price,
        product.brand,
        product.kind.product_type,
        product.colour,
        "in_stock" if product.available else "out_of_stock",
    ]
