"""The same service with models that take longer: the share of the bare model's rate follows from what a picture costs.

The built-in weights in float, as a processor without VNNI computes them, at the built-in size and at VGG16's own 224.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.load.material import Material, gather
from benchmarks.load.raw import Model
from benchmarks.load.stage import staged
from benchmarks.load.throughput import a_round, at_rest, by_webhook, told
from core.cpus import usable_cpus
from index.model.export import export, save
from index.model.runtime import Embedder
from training.installed import installed_weights

SIDES = (96, 224)
ROUNDS, PHOTOS = 3, 200


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """By the webhook, for each model."""
    del material  # each model needs an index of its own
    rounds, photos = (1, 20) if quick else (ROUNDS, PHOTOS)
    figures = {}
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as name:
        weights = (await asyncio.to_thread(installed_weights, Embedder.load(threads=1).file))[0]
        for side in SIDES[: 1 if quick else None]:
            file = Path(name) / f"float{side}.onnx"
            await asyncio.to_thread(_save, weights, side, file)
            shop = await asyncio.to_thread(gather, Path(name) / str(side), Embedder.load(file), 40)
            figures[f"float, {side} px"] = await _measure(shop, file, rounds, photos)
    return figures


def _save(weights: Any, side: int, file: Path) -> None:
    save(export(weights, size=side, name=file.stem), file)


async def _measure(shop: Material, file: Path, rounds: int, photos: int) -> dict[str, Any]:
    model = await asyncio.to_thread(Model, file)
    async with staged(shop, settings={"MODEL": str(file)}) as stage:
        await by_webhook(stage, photos)
        idle = await at_rest(stage, 2.0)
        return told([await a_round(stage, model, by_webhook, photos, idle) for _ in range(rounds)], usable_cpus())
