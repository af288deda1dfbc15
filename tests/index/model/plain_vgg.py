"""VGG16's forward pass in plain NumPy, written from the paper and the frameworks' preprocessing, not from our graph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.index.model.vgg_files import DEPTHS, Layers

Doubles = npt.NDArray[np.float64]


def caffe_input(pixels: npt.NDArray[np.uint8]) -> Doubles:
    """keras.applications.vgg16.preprocess_input: `x[..., ::-1]`, then `x[..., 0] -= 103.939` and so on."""
    return np.asarray(pixels[..., ::-1] - np.array([103.939, 116.779, 123.68]), np.float64)


def torch_input(pixels: npt.NDArray[np.uint8]) -> Doubles:
    """transforms.ToTensor, then Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])."""
    scaled = (pixels / 255.0 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    return np.asarray(scaled, np.float64)


def convolved(x: Doubles, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> Doubles:
    """`[N, H, W, C]`, 3 x 3, zeros around, then ReLU: a sum of nine shifted products."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = x.shape[1:3]
    total = np.zeros((*x.shape[:3], len(bias))) + bias
    for row in range(3):
        for column in range(3):
            window = padded[:, row : row + height, column : column + width, :]
            total += window @ weight[:, :, row, column].T.astype(np.float64)
    return np.maximum(total, 0.0)


def pooled(x: Doubles) -> Doubles:
    """The largest of each 2 x 2, a last odd row or column left out."""
    n, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    return np.asarray(x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4)), np.float64)


def forward(x: Doubles, network: Layers) -> dict[str, Doubles]:
    """`descriptor`, and `fc1` and `fc2` where the network has them, of prepared input `[N, H, W, 3]`."""
    parts = []
    for block, depth in enumerate(DEPTHS, start=1):
        for number in range(1, depth + 1):
            x = convolved(x, *network[f"block{block}_conv{number}"])
        if block >= 3:
            mean = x.mean(axis=(1, 2))
            parts.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        x = pooled(x)
    found = {"descriptor": np.concatenate(parts, axis=1)}
    row = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    for name in ("fc1", "fc2"):
        if name in network:
            weight, bias = network[name]
            row = np.maximum(row @ weight.T.astype(np.float64) + bias, 0.0)
            found[name] = row
    return found
