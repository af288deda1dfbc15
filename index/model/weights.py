"""Weights of a VGG16 in one neutral shape, whatever file they came from."""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.model.contract import ModelFileError
from index.model.registry import CONVOLUTIONS, DENSE, DEPTHS, VGG16_WIDTHS, Preprocessing

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution (weight OIHW) or a dense layer (weight `[out, in]`, inputs counted C, H, W), float32."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A VGG16: 13 convolutions, `fc1` and `fc2` where the file has them, and what to do with a pixel first."""

    source: str
    """`keras`, `torchvision`, `safetensors` or `npz`."""
    convolutions: tuple[Layer, ...]
    dense: tuple[Layer, ...]
    preprocessing: Preprocessing
    terms: str
    """Under which terms the weights are, for the card and the exported file."""
    projections: Mapping[str, Layer] = field(default_factory=dict)
    """By part of the descriptor: a linear map of its pooled, L2-normalised features to as many, learnt so that views of
    one product come together (learned whitening: Mikolajczyk and Matas 2007; Radenovic et al. 2018)."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the five blocks."""
        ends = np.cumsum(DEPTHS) - 1
        return tuple(int(self.convolutions[int(end)].bias.shape[0]) for end in ends)

    @property
    def dense_input_size(self) -> int | None:
        """Side of the picture that the dense layers were made for (224 for VGG16); None without them."""
        if not self.dense:
            return None
        return 32 * math.isqrt(self.dense[0].weight.shape[1] // self.widths[-1])

    def digest(self) -> str:
        """SHA-256 over all numbers and the preprocessing: the same from whichever container they were read."""
        total = hashlib.sha256(json.dumps(asdict(self.preprocessing), sort_keys=True).encode())
        projections = [self.projections[name] for name in sorted(self.projections)]
        for layer in (*self.convolutions, *self.dense, *projections):
            for array in (layer.weight, layer.bias):
                total.update(str(array.shape).encode())
                total.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
        return total.hexdigest()


def read_weights(path: Path, *, widths: Sequence[int] = VGG16_WIDTHS) -> Weights:
    """Read any of the known formats, told apart by their first bytes, never by the file's name.

    `widths` are the channels expected of the five blocks (tests use narrow ones).
    Raises `ModelFileError` for a file that is missing, truncated, of another network or of no known format.
    """
    try:
        reader = _reader_for(path)
    except OSError as error:
        raise ModelFileError(f"{path} can't be read ({error.strerror}): give the path of a weights file.") from None
    weights = reader(path)
    check(weights, path, widths)
    return weights


def _reader_for(path: Path) -> Callable[[Path], Weights]:
    from index.model.readers import keras, npz, safetensors, torch

    with path.open("rb") as file:
        head = file.read(9)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return keras.read
    if head.startswith(b"PK"):
        return npz.read if _holds_npy(path) else torch.read_zip
    if head.startswith(b"\x80"):
        return torch.read_legacy
    if head[8:9] == b"{":
        return safetensors.read
    raise ModelFileError(
        f"{path} is not a weights file that we know: give Keras .h5, torchvision .pth, .safetensors or our .npz."
    )


def _holds_npy(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except zipfile.BadZipFile:
        raise broken(path) from None


def broken(path: Path) -> ModelFileError:
    """The error for a file that starts well and then does not hold what it promises."""
    return ModelFileError(f"{path} is damaged or was not downloaded whole: download it again.")


def torch_layers(path: Path, tensors: Mapping[str, npt.NDArray[np.float32]]) -> tuple[list[Layer], list[Layer]]:
    """Convolutions and dense layers out of torchvision's names (.pth and .safetensors have the same)."""
    return (
        [_torch_layer(path, tensors, place.torch) for place in CONVOLUTIONS],
        [_torch_layer(path, tensors, place.torch) for place in DENSE if f"{place.torch}.weight" in tensors],
    )


def _torch_layer(path: Path, tensors: Mapping[str, npt.NDArray[np.float32]], prefix: str) -> Layer:
    try:
        return Layer(as_floats(tensors[f"{prefix}.weight"]), as_floats(tensors[f"{prefix}.bias"]))
    except KeyError as missing:
        raise ModelFileError(
            f"{path} has no tensor {missing.args[0]}: it holds another network than torchvision's vgg16."
        ) from None


def as_floats(array: npt.ArrayLike) -> Floats:
    """float32, contiguous, our own copy."""
    return np.array(array, dtype=np.float32, order="C")


def check(weights: Weights, path: Path, widths: Sequence[int]) -> None:
    """Raise `ModelFileError` unless each layer has VGG16's shape for these widths and all numbers are finite."""
    depth_of = [width for width, depth in zip(widths, DEPTHS, strict=True) for _ in range(depth)]
    before = 3
    for place, layer, width in zip(CONVOLUTIONS, weights.convolutions, depth_of, strict=True):
        _expect(path, place.layer, layer, (width, before, 3, 3))
        before = width
    for part, layer in weights.projections.items():
        width = len(layer.bias)
        _expect(path, f"{part}_projection", layer, (width, width))
    if not weights.dense:
        return
    side = (weights.dense_input_size or 0) // 32
    inside = before * side * side
    for place, layer in zip(DENSE, weights.dense, strict=False):
        _expect(path, place.layer, layer, (layer.bias.shape[0], inside))
        inside = layer.bias.shape[0]


def _expect(path: Path, name: str, layer: Layer, shape: tuple[int, ...]) -> None:
    if layer.weight.shape != shape or layer.bias.shape != shape[:1]:
        raise ModelFileError(
            f"{path}: {name} has the shape {layer.weight.shape}, not {shape}: it holds another network than VGG16."
        )
    if not (np.isfinite(layer.weight).all() and np.isfinite(layer.bias).all()):
        raise ModelFileError(f"{path}: {name} holds numbers that are not finite: download the file again.")
