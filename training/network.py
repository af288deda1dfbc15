"""VGG16 with batch normalisation (Simonyan and Zisserman 2014; Ioffe and Szegedy 2015), kept as `.npz`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from index.model.registry import TAPS

WIDTHS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
DIMENSIONS = {"colour": 64, "texture": 256, "shape": 512, "kind": 512}
"""Channels of the taps, by part of the descriptor."""
BN_EPS = 1e-5


class Vgg16(nn.Module):
    """uint8 RGB `[N, 3, S, S]` as floats 0..255 → the pooled taps by part, after ReLU, not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        channels = 3
        for width, count in WIDTHS:
            layers: list[nn.Module] = []
            for _ in range(count):
                layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            self.blocks.append(nn.Sequential(*layers))
        self.pool = nn.MaxPool2d(2)
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("scale", torch.ones(3))
        self.frozen = 0

    def freeze(self, blocks: int) -> None:
        """The first `blocks` keep weights and statistics; the others learn."""
        self.frozen = blocks
        for number, block in enumerate(self.blocks, start=1):
            block.requires_grad_(number > blocks)
        self.train(self.training)

    def train(self, mode: bool = True) -> Vgg16:
        super().train(mode)
        for block in list(self.blocks)[: self.frozen]:
            block.eval()
        return self

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        return self.upper(*self.lower(pixels))

    def lower(self, pixels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What the frozen blocks make of pictures: the last one's pooled output, and the taps within them.

        It never changes for the same pixels, so it may be kept and given to `upper` again.
        """
        values = (pixels - self.mean[None, :, None, None]) * self.scale[None, :, None, None]
        parts: dict[str, Tensor] = {}
        with torch.no_grad():
            return self._through(values.contiguous(memory_format=torch.channels_last), parts, 0, self.frozen), parts

    def upper(self, values: Tensor, parts: dict[str, Tensor]) -> dict[str, Tensor]:
        """All taps, from what `lower` gave."""
        parts = dict(parts)
        self._through(values, parts, self.frozen, len(WIDTHS))
        return parts

    def _through(self, values: Tensor, parts: dict[str, Tensor], first: int, last: int) -> Tensor:
        for number in range(first + 1, last + 1):
            values = self.blocks[number - 1](values)
            if number in TAPS:
                parts[TAPS[number]] = values.float().mean((2, 3))
            if number < len(WIDTHS):
                values = self.pool(values)
        return values


def load(path: Path) -> tuple[Vgg16, dict[str, Any]]:
    """The network and what else stands in the file (heads)."""
    with np.load(path) as file:
        kept = {name: file[name] for name in file.files}
    network = Vgg16()
    eps = float(kept.pop("bn_eps", BN_EPS))
    for name, conv, norm in normed(network):
        conv.weight.data = torch.from_numpy(kept.pop(f"{name}_w").astype(np.float32))
        for field, target in _fields(norm).items():
            target.data.copy_(torch.from_numpy(kept.pop(f"{name}_{field}").astype(np.float32)))
        norm.eps = eps
    network.mean.copy_(torch.from_numpy(np.asarray(kept.pop("input_mean_rgb"), np.float32)))
    network.scale.copy_(torch.from_numpy(np.broadcast_to(np.asarray(kept.pop("input_scale"), np.float32), (3,)).copy()))
    return network.to(memory_format=torch.channels_last), kept


def save(network: Vgg16, path: Path, scale_shape: tuple[int, ...] = ()) -> None:
    """In the layout of the first weights, written aside and renamed."""
    arrays: dict[str, Any] = {"bn_eps": np.float32(next(norm.eps for _, _, norm in normed(network)))}
    for name, conv, norm in normed(network):
        arrays[f"{name}_w"] = conv.weight.detach().cpu().contiguous().numpy().astype(np.float16)
        for field, source in _fields(norm).items():
            arrays[f"{name}_{field}"] = source.detach().cpu().numpy().astype(np.float32)
    arrays["input_mean_rgb"] = network.mean.cpu().numpy()
    scale = network.scale.cpu().numpy()
    arrays["input_scale"] = scale if scale_shape else np.float32(scale[0])
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.rename(path)


def normed(network: Vgg16) -> list[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Each convolution in order: its name in the file, itself, the normalisation after it."""
    found = []
    for b, block in enumerate(network.blocks, start=1):
        modules: list[Any] = list(block)
        for i in range(len(modules) // 3):
            found.append((f"block{b}_conv{i + 1}", modules[3 * i], modules[3 * i + 1]))
    return found


def _fields(norm: nn.BatchNorm2d) -> dict[str, Any]:
    return {"gamma": norm.weight, "beta": norm.bias, "mean": norm.running_mean, "var": norm.running_var}
