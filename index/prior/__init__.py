"""A shipped prior: pictures that stand in for what a small catalogue lacks when its binariser is fitted.

`pictures.webp`: 256 products of the project's own drawn demo catalogue, tiles of 96 px, 16 by 16 (made by
`python -m benchmarks.make_prior`). Pictures and not descriptors, so that they serve any model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from index.descriptors import DescriptorCache
from index.model.contract import Embeds

SHEET = Path(__file__).parent / "pictures.webp"
TILE = 96
SIDE = 16
SMALL = 2_000
"""Catalogues of fewer pictures are fitted together with the prior."""


def prior_pixels(size: int) -> npt.NDArray[np.uint8]:
    """The prior's pictures for a model: uint8 `[256, size, size, 3]`."""
    with Image.open(SHEET, formats=["WEBP"]) as opened:
        sheet = opened.convert("RGB")
    boxes = [(x * TILE, y * TILE, (x + 1) * TILE, (y + 1) * TILE) for y in range(SIDE) for x in range(SIDE)]
    return np.stack([np.asarray(sheet.crop(box).resize((size, size), Image.Resampling.BICUBIC)) for box in boxes])


def prior_descriptors(embedder: Embeds, cache: DescriptorCache) -> npt.NDArray[np.float16]:
    """Descriptors `[256, D]` of the prior's pictures by this model, kept in the cache like any picture's."""
    names = [f"{number:064x}" for number in range(SIDE * SIDE)]
    if any(name not in cache for name in names):
        pixels = prior_pixels(embedder.input_size)
        for at in range(0, len(names), 32):
            cache.put(names[at : at + 32], embedder.embed(pixels[at : at + 32]))
    return cache.take(names)
