"""The card's protocol on checkpoints: float descriptors, each part centred by its set's mean, weighted, cosine.

"First": share of nearest neighbours of the same label, leave one out. "At 1 / at 5": the right product among all shop
pictures of the set, from another photo of it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from index.model.registry import ONLY_PROJECTED, PART_WEIGHTS
from training import network
from training.pictures import prepare
from training.projection import projected, projections
from training.recipe import PictureSet

Matrix = npt.NDArray[np.float32]


def describe(net: network.Vgg16, pixels: npt.NDArray[np.uint8]) -> dict[str, Matrix]:
    """`[N, S, S, 3]` → each part `[N, D]`, L2-normalised."""
    out: dict[str, list[Matrix]] = {}
    net.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for at in range(0, len(pixels), 128):
            stack = torch.from_numpy(np.array(pixels[at : at + 128])).permute(0, 3, 1, 2).float()
            for name, values in net(stack).items():
                out.setdefault(name, []).append(torch.nn.functional.normalize(values.float()).numpy())
    return {name: np.concatenate(values) for name, values in out.items()}


def joined(parts: dict[str, Matrix], weights: dict[str, float]) -> Matrix:
    """Centred by the set's own mean, weighted, normalised: `[N, D]`."""
    centred = []
    for name, values in parts.items():
        moved = values - values.mean(0)
        centred.append(weights[name] * moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9))
    matrix = np.concatenate(centred, 1)
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), np.float32)


def pictures(paths: list[Path], side: int) -> npt.NDArray[np.uint8]:
    """Squeezed to `[N, S, S, 3]`."""
    out = np.empty((len(paths), side, side, 3), np.uint8)
    for at, path in enumerate(paths):
        with Image.open(path) as image:
            out[at] = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))
    return out


def leave_one_out(matrix: Matrix, labels: list[str], best: int = 10) -> tuple[float, float]:
    """First and P@10."""
    alike = matrix @ matrix.T
    np.fill_diagonal(alike, -9)
    near = np.argpartition(-alike, best, 1)[:, :best]
    order = np.take_along_axis(near, np.argsort(-np.take_along_axis(alike, near, 1), 1), 1)
    right = np.array(labels)[order] == np.array(labels)[:, None]
    return float(right[:, 0].mean()), float(right.mean())


def right_product(matrix: Matrix, products: list[str], is_shop: list[bool]) -> tuple[float, float]:
    """At 1 and at 5 over the pictures that are not the shop's."""
    shop, asked = np.flatnonzero(is_shop), np.flatnonzero(~np.array(is_shop))
    names = np.array(products)
    order = np.argsort(-(matrix[asked] @ matrix[shop].T), 1)[:, :5]
    right = names[shop][order] == names[asked][:, None]
    return float(right[:, 0].mean()), float(right.any(1).mean())


Describe = Callable[[npt.NDArray[np.uint8]], dict[str, Matrix]]
"""Pictures `[N, S, S, 3]` → parts, each `[N, D]` and of length 1."""
Figures = dict[str, float]


def measure(
    weights: Path, data: Path, cache: Path, side: int, part_weights: dict[str, float] = PART_WEIGHTS
) -> Figures:
    """Every figure of the card's table for weights at one input size."""
    return figures(describer(weights), data, cache, side, {"": part_weights})[""]


def describer(weights: Path, *, plain: bool = False) -> Describe:
    """What a file of weights makes of pictures as its exported graph would; `plain` without projections."""
    net, kept = network.load(weights)
    layers = {} if plain else projections(kept)

    def describes(pixels: npt.NDArray[np.uint8]) -> dict[str, Matrix]:
        return {
            name: projected(part, layers.get(name))
            for name, part in describe(net, pixels).items()
            if name in layers or name not in ONLY_PROJECTED
        }

    return describes


def figures(
    describes: Describe, data: Path, cache: Path, side: int, recipes: dict[str, dict[str, float]]
) -> dict[str, Figures]:
    """Every figure of the card's table, for several weights of the parts at the price of one."""
    told: dict[str, Figures] = {name: {} for name in recipes}
    folder = data / "photos/clothing"
    rows = _rows(folder / "manifest.csv")
    parts = describes(pictures([folder / row["path"] for row in rows], side))
    for name, weights in recipes.items():
        found = leave_one_out(joined(parts, weights), [row["class"] for row in rows])
        told[name]["garments first"], told[name]["garments p10"] = found
    for pair in ("groceries", "luma-views"):
        folder = data / "pairs" / pair
        rows = _rows(folder / "manifest.csv")
        parts = describes(pictures([folder / row["path"] for row in rows], side))
        products, is_shop = [row["product_id"] for row in rows], [row["role"] == "shop" for row in rows]
        for name, weights in recipes.items():
            found = right_product(joined(parts, weights), products, is_shop)
            told[name][f"{pair} at 1"], told[name][f"{pair} at 5"] = found
    _thumbnails(describes, data, cache, side, recipes, told)
    return {name: {key: round(value, 4) for key, value in one.items()} for name, one in told.items()}


def _thumbnails(  # noqa: PLR0917
    describes: Describe,
    data: Path,
    cache: Path,
    side: int,
    recipes: dict[str, dict[str, float]],
    told: dict[str, Figures],
) -> None:
    """Kind and colour of the thumbnails that were held back; nothing where they are not there."""
    held = prepare(PictureSet("yardstick", "catalogues/fashion-44k/images.tar.gz", 80), data, cache)
    if held is None:
        return
    table = {row["id"]: row for row in _rows(data / "catalogues/fashion-44k/styles.csv")}
    at = [n for n, name in enumerate(held.ids) if int(name) % 10 == 0 and name in table]
    small = [np.asarray(Image.fromarray(held.pixels[n]).resize((side, side), Image.Resampling.BILINEAR)) for n in at]
    parts = describes(np.stack(small))
    for name, weights in recipes.items():
        matrix = joined(parts, weights)
        for label, column in (("kind", "articleType"), ("colour", "baseColour")):
            found = leave_one_out(matrix, [table[held.ids[n]][column] for n in at])
            told[name][f"thumbnails {label}"], told[name][f"thumbnails {label} p10"] = found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
