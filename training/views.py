"""Two views of one picture: as the shop shows it, and as a shopper would photograph it.

The shopper's: the product cut out of its white background and pasted on another picture, turned, seen from an angle,
in other light, blurred, partly covered, compressed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

WHITE = 0.93
"""Lighter than this in every channel is background where the border is white."""
WHITE_BORDER = 0.5
"""Share of the border that must be white for a picture to be cut out."""
PASTED = 0.6
"""Share of the cut-out pictures that are pasted."""


class Views:
    """`clean` and `shopper`: `[side, side, 3]` pictures of any sides → `[B, 3, S, S]` floats 0..255."""

    def __init__(self, seed: int) -> None:
        self._dice = torch.Generator().manual_seed(seed)
        self._numpy = np.random.default_rng(seed)

    def clean(self, pictures: Sequence[npt.NDArray[np.uint8]], side: int) -> Tensor:
        """Slightly cropped, sometimes mirrored, in almost the same light."""
        count = len(pictures)
        corners = self._corners(count, turn=0.06, angle=0.03, small=0.9, large=1.1, shift=0.04)
        out = self._warped(pictures, corners, side)[:, :3]
        return _byte(self._lit(self._mirrored(out), 0.12))

    def shopper(
        self, pictures: Sequence[npt.NDArray[np.uint8]], backgrounds: Sequence[npt.NDArray[np.uint8]], side: int
    ) -> Tensor:
        """`backgrounds`: one picture for each."""
        count = len(pictures)
        corners = self._corners(count, turn=0.35, angle=0.18, small=0.62, large=1.25, shift=0.15)
        front = self._warped(pictures, corners, side)
        behind = self._warped(backgrounds, self._corners(count, 0.5, 0.1, 1.0, 2.0, 0.2), side)[:, :3]
        pasted = (self._uniform(count) < PASTED).float()[:, None, None, None]
        light = torch.where(pasted.bool(), behind, torch.ones_like(behind))
        inside = front[:, 3:4] * pasted + front[:, 4:5] * (1 - pasted)
        out = front[:, :3] * inside + light * (1 - inside)
        out = self._covered(self._mirrored(out), behind.flip(0))
        out = self._blurred(self._lit(out, 0.4))
        return self._compressed(_byte(out))

    # --- geometry -----------------------------------------------------------------------------------------

    def _corners(  # noqa: PLR0917 - named where it is called
        self, count: int, turn: float, angle: float, small: float, large: float, shift: float
    ) -> Tensor:
        """Homographies `[B, 3, 3]` from the view to the picture, both -1..1."""
        around = (self._uniform(count) * 2 - 1) * turn
        size = small + self._uniform(count) * (large - small)
        stretch = 1 + (self._uniform(count) * 2 - 1) * 0.15
        cos, sin = torch.cos(around), torch.sin(around)
        matrix = torch.zeros(count, 3, 3)
        matrix[:, 0, 0], matrix[:, 0, 1] = cos / (size * stretch), sin / size
        matrix[:, 1, 0], matrix[:, 1, 1] = -sin / size, cos * stretch / size
        matrix[:, :2, 2] = (torch.rand(count, 2, generator=self._dice) * 2 - 1) * shift
        matrix[:, 2, :2] = (torch.rand(count, 2, generator=self._dice) * 2 - 1) * angle
        matrix[:, 2, 2] = 1
        return matrix

    def _warped(self, pictures: Sequence[npt.NDArray[np.uint8]], matrices: Tensor, side: int) -> Tensor:
        """`[B, 5, S, S]`: RGB 0..1, the product without white, the whole picture's area."""
        line = (torch.arange(side) + 0.5) / side * 2 - 1
        y, x = torch.meshgrid(line, line, indexing="ij")
        points = torch.stack([x, y, torch.ones_like(x)], -1).reshape(1, -1, 3)
        out = torch.empty(len(pictures), 5, side, side)
        by_side: dict[int, list[int]] = {}
        for at, picture in enumerate(pictures):
            by_side.setdefault(picture.shape[0], []).append(at)
        for held in by_side.values():
            stack = torch.from_numpy(np.stack([pictures[at] for at in held])).permute(0, 3, 1, 2).float() / 255
            seen = points @ matrices[held].transpose(1, 2)
            grid = (seen[..., :2] / seen[..., 2:].clamp(min=0.2)).reshape(len(held), side, side, 2)
            whole = torch.ones_like(stack[:, :1])
            layers = torch.cat([stack, _product(stack), whole], 1)
            scale = layers.shape[-1] / side
            if scale > 1.5:  # averaged first: sampling alone would skip pixels
                layers = functional.avg_pool2d(layers, 2)
            drawn = functional.grid_sample(layers, grid, "bilinear", "zeros", align_corners=False)
            drawn[:, :3] += 1 - drawn[:, 4:5]  # white around it
            out[held] = drawn
        return out

    def _mirrored(self, pictures: Tensor) -> Tensor:
        turned = (self._uniform(len(pictures)) < 0.5)[:, None, None, None]
        return torch.where(turned, pictures.flip(3), pictures)

    # --- light, cover, blur, compression --------------------------------------------------------------------

    def _lit(self, pictures: Tensor, much: float) -> Tensor:
        """Brightness, contrast, a tint of lamp or sky, and for a shopper's view a shadow across."""
        count = len(pictures)
        bright = 1 + (self._uniform(count) * 2 - 1)[:, None, None, None] * much
        contrast = 1 + (self._uniform(count) * 2 - 1)[:, None, None, None] * much
        tint = 1 + (torch.rand(count, 3, 1, 1, generator=self._dice) * 2 - 1) * much * 0.3
        mean = pictures.mean((1, 2, 3), keepdim=True)
        side = pictures.shape[-1]
        slope = torch.linspace(-1, 1, side)[None, None, None] * (self._uniform(count) * 2 - 1)[:, None, None, None]
        return ((pictures - mean) * contrast + mean) * bright * tint * (1 + slope * much * 0.5)

    def _covered(self, pictures: Tensor, cover: Tensor) -> Tensor:
        """A third of them lose a corner or strip to something in front."""
        side = pictures.shape[-1]
        for at in range(len(pictures)):
            if self._numpy.random() < 0.35:
                height, width = (int(side * self._numpy.uniform(0.15, 0.45)) for _ in range(2))
                top, left = (int(self._numpy.integers(0, side - size)) for size in (height, width))
                pictures[at, :, top : top + height, left : left + width] = cover[
                    at, :, top : top + height, left : left + width
                ]
        return pictures

    def _blurred(self, pictures: Tensor) -> Tensor:
        soft = functional.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
        much = (self._uniform(len(pictures)) * 1.6 - 0.6).clamp(0, 1)[:, None, None, None]
        noise = torch.randn(pictures.shape, generator=self._dice) * 0.02 * self._uniform(1)
        return pictures * (1 - much) + soft * much + noise

    def _compressed(self, pictures: Tensor) -> Tensor:
        for at in range(len(pictures)):
            if self._numpy.random() < 0.4:
                image = Image.fromarray(pictures[at].permute(1, 2, 0).byte().numpy())
                file = io.BytesIO()
                image.save(file, "JPEG", quality=int(self._numpy.integers(30, 85)))
                pictures[at] = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float()
        return pictures

    def _uniform(self, count: int) -> Tensor:
        return torch.rand(count, generator=self._dice)


def _product(pictures: Tensor) -> Tensor:
    """`[B, 1, H, W]`: 1 on the product, soft at its edge; all 1 where the border is not white."""
    light = (pictures.amin(1, keepdim=True) > WHITE).float()
    border = torch.cat([light[:, :, 0], light[:, :, -1], light[:, :, :, 0], light[:, :, :, -1]], -1).mean((1, 2))
    inside = functional.avg_pool2d(1 - light, 3, 1, 1, count_include_pad=False)
    return torch.where((border > WHITE_BORDER)[:, None, None, None], inside, torch.ones_like(inside))


def _byte(pictures: Tensor) -> Tensor:
    return (pictures.clamp(0, 1) * 255).round()
