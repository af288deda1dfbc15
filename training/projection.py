"""Learned whitening of each part: a linear map in the exported graph that brings views of one product together.

From pairs of views (as the shop shows a product, as a shopper would photograph it) comes the covariance of what differs
between them; its inverse square root takes that out (Mikolajczyk and Matas 2007; Radenovic, Tolias and Chum 2018,
"Fine-tuning CNN image retrieval with no human annotation"). It costs a pass over some thousand pictures, no steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from index.model.weights import Layer
from training.draw import Draw
from training.network import DIMENSIONS, Vgg16
from training.views import Views

Matrix = npt.NDArray[np.float32]
SHRINK = 0.1
"""Share of the mean variance that is added to every direction: those that hardly ever differ are not blown up."""
NOISE = 1000.0
"""How many times what int8 changes in a picture counts against what differs between its views (decision 0021)."""
BATCH = 64
SEED = 11


def learn(
    net: Vgg16, draw: Draw, side: int, pictures: int, progress: Callable[[int], None] = lambda done: None
) -> dict[str, Layer]:
    """The projection of each part, from two views each of so many pictures."""
    views = Views(SEED)
    seen: dict[str, list[tuple[Matrix, Matrix]]] = {name: [] for name in DIMENSIONS}
    net.eval()
    done = 0
    while done < pictures:
        batch = draw.batch(BATCH)
        clean, photo = views.clean(batch.pictures, side), views.shopper(batch.pictures, batch.backgrounds, side)
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            shown, taken = net(clean), net(photo)
        for name, pairs in seen.items():
            pairs.append((unit(shown[name].float().numpy()), unit(taken[name].float().numpy())))
        done += len(batch.pictures)
        progress(done)
    return {
        name: whitening(np.concatenate([left for left, _ in pairs]), np.concatenate([right for _, right in pairs]))
        for name, pairs in seen.items()
    }


def whitening(left: Matrix, right: Matrix, shrink: float = SHRINK, noise: Matrix | None = None) -> Layer:
    """From two views `[N, D]` each, of length 1, to the map: weight `[D, D]` (symmetric), bias `[D]`.

    `noise` `[M, D]`: other changes of the same features that no search should notice.
    """
    mean = np.concatenate([left, right]).mean(0, dtype=np.float64)
    apart = (left - right).astype(np.float64) / np.sqrt(2)
    within = apart.T @ apart / len(apart)
    within += shrink * np.trace(within) / len(within) * np.eye(len(within))
    if noise is not None:
        within += NOISE * (noise.T.astype(np.float64) @ noise) / len(noise)
    values, vectors = np.linalg.eigh(within)
    weight = (vectors / np.sqrt(values)) @ vectors.T
    weight /= np.linalg.norm(np.concatenate([left, right]) @ weight - mean @ weight, axis=1).mean()
    return Layer(weight.astype(np.float32), (-mean @ weight).astype(np.float32))


def projected(part: Matrix, layer: Layer | None) -> Matrix:
    """What the graph makes of pooled features `[N, D]` of length 1: the same, or mapped and of length 1 again."""
    return part if layer is None else unit(part @ layer.weight.T + layer.bias)


def projections(arrays: Mapping[str, Matrix]) -> dict[str, Layer]:
    """Those in a file of weights, by part."""
    return {
        name: Layer(arrays[f"{name}_projection_w"], arrays[f"{name}_projection_b"])
        for name in DIMENSIONS
        if f"{name}_projection_w" in arrays
    }


def with_projections(source: Path, target: Path, layers: Mapping[str, Layer]) -> None:
    """The weights of `source` with these projections in place of its own, written aside and renamed."""
    with np.load(source) as file:
        arrays = {name: file[name] for name in file.files if not name.endswith(("_projection_w", "_projection_b"))}
    for name, layer in layers.items():
        arrays |= {f"{name}_projection_w": layer.weight, f"{name}_projection_b": layer.bias}
    part = target.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.rename(target)


def unit(values: Matrix) -> Matrix:
    """Each row brought to length 1; a row of zeros stays."""
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12), np.float32)
