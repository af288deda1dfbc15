"""Reader of `.safetensors` with torchvision's tensor names; pixels as torchvision wants them (RGB, 0..1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from index.model.registry import CONVOLUTIONS, DENSE, PUBLISHED, TORCH
from index.model.weights import Weights, broken, torch_layers


def read(path: Path) -> Weights:
    """The weights. Raises `ModelFileError`."""
    wanted = {f"{place.torch}.{end}" for place in (*CONVOLUTIONS, *DENSE) for end in ("weight", "bias")}
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {
                name: np.asarray(file.get_tensor(name), dtype=np.float32) for name in wanted.intersection(file.keys())
            }
    except (SafetensorError, OSError, TypeError, ValueError):
        raise broken(path) from None
    convolutions, dense = torch_layers(path, tensors)
    return Weights("safetensors", tuple(convolutions), tuple(dense), TORCH, PUBLISHED["torchvision"].licence)
