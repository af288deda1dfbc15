"""Reader of Keras's `.h5` weights of VGG16, without its top (13 convolutions) or full (with `fc1` and `fc2`).

Layout (keras.src.legacy.saving.legacy_h5_format): a group a layer, attribute `layer_names` on the root and
`weight_names` on each group; kernels are HWIO, dense kernels `[in, out]` with inputs counted H, W, C.
"""

from __future__ import annotations

import math
from pathlib import Path

import h5py
import numpy as np

from index.model.contract import ModelFileError
from index.model.registry import CAFFE, CONVOLUTIONS, DENSE, PUBLISHED, Place
from index.model.weights import Floats, Layer, Weights, as_floats, broken

LARGEST_TENSOR = 512 * 7 * 7 * 4096
"""Numbers in `fc1`; a file that announces more is not VGG16 and is not read into memory."""


def read(path: Path) -> Weights:
    """The weights, with Caffe's preprocessing. Raises `ModelFileError`."""
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            convolutions = tuple(_convolution(path, root, place) for place in CONVOLUTIONS)
            width = convolutions[-1].bias.shape[0]
            dense = tuple(_dense(path, root, place, width) for place in DENSE if place.layer in root)
    except (OSError, RuntimeError, ValueError, TypeError):
        raise broken(path) from None
    return Weights("keras", convolutions, dense, CAFFE, PUBLISHED["keras"].licence)


def _convolution(path: Path, root: h5py.Group, place: Place) -> Layer:
    kernel, bias = _tensors(path, root, place, dimensions=4)
    return Layer(as_floats(kernel.transpose(3, 2, 0, 1)), bias)


def _dense(path: Path, root: h5py.Group, place: Place, width: int) -> Layer:
    """`fc1` sees the last pooling as H, W, C in Keras; ours counts C, H, W."""
    kernel, bias = _tensors(path, root, place, dimensions=2)
    turned = kernel.T
    if place.layer == "fc1":
        side = math.isqrt(kernel.shape[0] // width)
        if side * side * width != kernel.shape[0]:
            raise ModelFileError(f"{path}: fc1 does not fit its convolutions: it holds another network than VGG16.")
        turned = turned.reshape(-1, side, side, width).transpose(0, 3, 1, 2).reshape(-1, kernel.shape[0])
    return Layer(as_floats(turned), bias)


def _tensors(path: Path, root: h5py.Group, place: Place, *, dimensions: int) -> tuple[Floats, Floats]:
    group = root.get(place.layer)
    if not isinstance(group, h5py.Group):
        raise ModelFileError(f"{path} has no layer {place.layer}: it holds another network than VGG16.")
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs.get("weight_names", ())]
    kernel = _dataset(path, group, place, [*names[:1], *place.keras_weights])
    bias = _dataset(path, group, place, [*names[1:2], *place.keras_biases])
    if kernel.ndim != dimensions or bias.ndim != 1:
        raise ModelFileError(f"{path}: {place.layer} has the wrong shape: it holds another network than VGG16.")
    return kernel, bias


def _dataset(path: Path, group: h5py.Group, place: Place, names: list[str]) -> Floats:
    """The first of the names that is there: what the file's own attribute says, then the published ones."""
    for name in names:
        found = group.get(name)
        if isinstance(found, h5py.Dataset):
            if found.size > LARGEST_TENSOR or found.dtype.kind != "f":
                raise ModelFileError(f"{path}: {place.layer} is no tensor of VGG16: it holds another network.")
            return np.asarray(found[()], dtype=np.float32)
    raise ModelFileError(f"{path} has no tensor {place.layer}/{names[-1]}: it holds another network than VGG16.")
