"""How fast the model runs, int8 beside fp32 of the same graph, and how well the two agree.

The fp32 twin is the same graph from `--weights FILE`, the weights that the model was exported from; without, from those
in the int8 file multiplied out: as fast, but rounded to 8 bits already, so that what agrees is what flows through.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import ground
from benchmarks.protocol import SHARED, groceries, views
from index.model.contract import Descriptors, Part, Pixels
from index.model.probes import draw
from index.model.runtime import Embedder
from index.pictures import decode_to_pixels

ROUNDS = 15
SEED = 7


def run(quick: bool = False, model: str = "builtin", weights: Path | None = None) -> dict[str, Any]:
    """Pictures a second at each thread count and batch, medians over interleaved rounds; agreement in cosine."""
    rounds = 3 if quick else ROUNDS
    with _twin(model, weights) as (twin_path, twin_kind):
        size = Embedder.load(model).input_size
        parameters = {"model": model, "fp32": twin_kind, "input_size": size, "rounds": rounds, "seed": SEED}
        ground.announce("embedding", parameters)
        measured: dict[str, Any] = {}
        for threads in (1, 2):
            small, exact = Embedder.load(model, threads=threads), Embedder.load(twin_path, threads=threads)
            for batch in (1, 8):
                measured[f"threads {threads} batch {batch}"] = _speeds(small, exact, batch, rounds)
        measured["agreement"] = _agreement(small, exact, _pictures(size, quick))
    return ground.finish("embedding", parameters, measured, quick=quick)


@contextmanager
def _twin(model: str, weights: Path | None) -> Iterator[tuple[Path, str]]:
    """A file with the same graph in fp32, and where its weights are from."""
    from index.model.export import export, save
    from index.model.weights import read_weights
    from training.installed import installed_weights

    embedder = Embedder.load(model)
    found = read_weights(weights) if weights else installed_weights(embedder.file)[0]
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as folder:
        path = Path(folder) / "fp32.onnx"
        save(export(found, size=embedder.input_size, outputs=("descriptor",), name="fp32"), path)
        yield path, "exported from the weights" if weights else "the int8 file's weights multiplied out"


def _speeds(small: Embedder, exact: Embedder, batch: int, rounds: int) -> dict[str, float]:
    pixels = np.random.default_rng(SEED).integers(0, 256, (batch, small.input_size, small.input_size, 3), np.uint8)
    seconds: dict[str, list[float]] = {"int8": [], "fp32": []}
    for at in range(rounds + 2):
        for name, embedder in (("int8", small), ("fp32", exact)):
            took = _time(embedder, pixels)
            if at >= 2:
                seconds[name].append(took)
    rates = {name: batch / statistics.median(times) for name, times in seconds.items()}
    return {
        "int8 pictures/s": round(rates["int8"], 1),
        "fp32 pictures/s": round(rates["fp32"], 1),
        "ratio": round(rates["int8"] / rates["fp32"], 2),
    }


def _time(embedder: Embedder, pixels: Pixels) -> float:
    repeat = max(1, 16 // len(pixels))
    started = time.perf_counter()
    for _ in range(repeat):
        embedder.embed(pixels)
    return (time.perf_counter() - started) / repeat


def _pictures(size: int, quick: bool) -> Pixels:
    if not SHARED.exists():
        return draw(size)
    paths = [path for paired in (groceries(), views()) for _, path in paired.queries]
    return np.stack([decode_to_pixels(path.read_bytes(), size) for path in paths[:: 10 if quick else 1]])


def _agreement(small: Embedder, exact: Embedder, pixels: Pixels) -> dict[str, float]:
    """Cosine of the descriptors of each picture, centred by the fp32 mean and weighted as in a search."""
    reference = np.concatenate([exact.embed(pixels[at : at + 16]) for at in range(0, len(pixels), 16)])
    variant = np.concatenate([small.embed(pixels[at : at + 16]) for at in range(0, len(pixels), 16)])
    mean = reference.mean(axis=0)
    cosines = _cosine(_weighted(reference - mean, small.parts), _weighted(variant - mean, small.parts))
    return {
        "pictures": len(pixels),
        "median cosine": round(float(np.median(cosines)), 4),
        "1st percentile": round(float(np.percentile(cosines, 1)), 4),
        "least": round(float(cosines.min()), 4),
        "signs that differ": round(float(((reference > mean) != (variant > mean)).mean()), 4),
    }


def _weighted(descriptors: Descriptors, parts: tuple[Part, ...]) -> Descriptors:
    scaled = descriptors.copy()
    for part in parts:
        scaled[:, part.offset : part.offset + part.size] *= part.weight
    return scaled


def _cosine(left: Descriptors, right: Descriptors) -> npt.NDArray[np.float32]:
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray((left * right).sum(axis=1) / norms, np.float32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="the .npz that the model was exported from")
    run(ground.quick_wanted(), weights=parser.parse_known_args()[0].weights)
