"""The shared toolkit: antialiased masks, and a sheet that paints, shades and shadows through them.

Masks are drawn at four times the size and reduced, so that their edges are smooth; colour is then
mixed at the picture's own size, which is what keeps a whole catalogue at a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from snapshelf.demo.colours import Colour
from snapshelf.demo.paths import Path, Point

Array = NDArray[np.floating[Any]]
# takes the units x [1, w] and y [h, 1] of some pixels, gives their colours [h, w, 3] in 0..1
Fill = Callable[[Array, Array], Array]

SHEET = 1000  # units to a side
OVERSAMPLE = 4
LIGHT = (0.6, 0.8)  # from the upper left


@dataclass(frozen=True)
class Mask:
    """Which pixels a shape covers (0 to 1, of the whole sheet) and the box that holds them."""

    cover: Array
    box: tuple[int, int, int, int]  # left, top, right, bottom

    def __and__(self, other: Mask) -> Mask:
        a, b = self.box, other.box
        left, top = max(a[0], b[0]), max(a[1], b[1])
        return Mask(self.cover * other.cover, (left, top, max(left, min(a[2], b[2])), max(top, min(a[3], b[3]))))

    def __or__(self, other: Mask) -> Mask:
        a, b = self.box, other.box
        joined = 1 - (1 - self.cover) * (1 - other.cover)
        return Mask(joined, (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])))

    def __sub__(self, other: Mask) -> Mask:
        return Mask(self.cover * (1 - other.cover), self.box)


def blurred(values: Array, sigma: float) -> Array:
    """The array blurred by about a Gaussian (three box blurs); floats, since 8 bits would show steps."""
    shrink = max(1, int(sigma / 2))
    if min(values.shape) // shrink < 4:
        shrink = 1
    small = np.asarray(Image.fromarray(values).reduce(shrink), np.float32)
    radius = max(1, round(sigma / shrink * 0.98))
    for _ in range(3):
        small = _box_blur(_box_blur(small, radius).T, radius).T
    if shrink == 1:
        return np.ascontiguousarray(small)
    back = Image.fromarray(np.ascontiguousarray(small)).resize(values.shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(back, np.float32)


def _box_blur(values: Array, radius: int) -> Array:
    """Every row's mean with `radius` rows on either side; callers keep the radius at 3 or less by shrinking."""
    padded = np.concatenate([values[:1]] * radius + [values] + [values[-1:]] * radius)
    width, height = 2 * radius + 1, len(values)
    total: Array = padded[:height].copy()
    for i in range(1, width):
        total += padded[i : i + height]
    total /= np.float32(width)
    return total


class Canvas:
    """A transparent square picture of a part of the sheet; colours are kept premultiplied with `alpha`."""

    def __init__(self, size: int, *, left: float = 0, top: float = 0, span: float = SHEET) -> None:
        self.size = size
        self.scale = size / span
        self.left, self.top = left, top
        self.rgb: Array = np.zeros((size, size, 3), np.float32)
        self.alpha: Array = np.zeros((size, size), np.float32)
        steps = (np.arange(size, dtype=np.float32) + 0.5) / self.scale
        self._xs: Array = (steps + left).astype(np.float32)[None, :]
        self._ys: Array = (steps + top).astype(np.float32)[:, None]

    # --- masks

    def shape(self, *paths: Path) -> Mask:
        """The insides of closed outlines, joined."""

        def fill(draw: ImageDraw.ImageDraw, place: Callable[[Point], Point]) -> None:
            for path in paths:
                draw.polygon([place(p) for p in path], fill=255)

        return self._raster([p for path in paths for p in path], 0, fill)

    def stroke(self, path: Sequence[Point], width: float, *, closed: bool = False) -> Mask:
        """A line of this width with round ends and joints."""
        points = [*path, path[0]] if closed else list(path)

        def fill(draw: ImageDraw.ImageDraw, place: Callable[[Point], Point]) -> None:
            placed = [place(p) for p in points]
            thick = max(1.0, width * self.scale * OVERSAMPLE)
            draw.line(placed, fill=255, width=round(thick), joint="curve")
            r = thick / 2
            for x, y in placed if thick > 5 else ():
                draw.ellipse((x - r, y - r, x + r, y + r), fill=255)

        return self._raster(points, width / 2 + 2, fill)

    def _raster(
        self,
        points: Sequence[Point],
        pad: float,
        fill: Callable[[ImageDraw.ImageDraw, Callable[[Point], Point]], None],
    ) -> Mask:
        xs, ys = [p[0] - self.left for p in points], [p[1] - self.top for p in points]
        left, top = (max(0, int((min(v) - pad) * self.scale) - 1) for v in (xs, ys))
        right, bottom = (min(self.size, int((max(v) + pad) * self.scale) + 2) for v in (xs, ys))
        cover = np.zeros((self.size, self.size), np.float32)
        if right <= left or bottom <= top:
            return Mask(cover, (0, 0, 0, 0))
        big = Image.new("L", ((right - left) * OVERSAMPLE, (bottom - top) * OVERSAMPLE))
        factor = self.scale * OVERSAMPLE

        def place(p: Point) -> Point:
            x, y = (p[0] - self.left) * factor, (p[1] - self.top) * factor
            return (x - left * OVERSAMPLE - 0.5, y - top * OVERSAMPLE - 0.5)

        fill(ImageDraw.Draw(big), place)
        cover[top:bottom, left:right] = np.asarray(big.reduce(OVERSAMPLE), np.float32) / 255
        return Mask(cover, (left, top, right, bottom))

    # --- paint

    def paint(
        self,
        mask: Mask,
        fill: Fill | Colour,
        *,
        puff: float = 0.0,
        depth: float = 45,
        edge: float = 0.12,
        tube: float = 0.0,
        opacity: float = 1.0,
    ) -> Mask:
        """Colour a mask and shade it; gives the mask back.

        puff: how strongly it bulges, lit from the upper left, over `depth` units from its edge.
        edge: how much its rim darkens. tube: how strongly it looks like an upright round column.
        """
        x0, y0, x1, y1 = mask.box
        if x1 <= x0 or y1 <= y0:
            return mask
        colour = self._colour(fill, mask.box)
        light = self._relief(mask, depth, puff, edge) if puff or edge else None
        if tube:
            column = _tube(x1 - x0) * tube
            light = column if light is None else light + column
        if light is not None:
            colour = _lit(colour, np.broadcast_to(light, colour.shape[:2]))
        m = mask.cover[y0:y1, x0:x1] * np.float32(opacity)
        m3 = m[..., None]
        self.rgb[y0:y1, x0:x1] = self.rgb[y0:y1, x0:x1] * (1 - m3) + colour * m3
        self.alpha[y0:y1, x0:x1] = self.alpha[y0:y1, x0:x1] * (1 - m) + m
        return mask

    def _colour(self, fill: Fill | Colour, area: tuple[int, int, int, int]) -> Array:
        x0, y0, x1, y1 = area
        if callable(fill):
            return fill(self._xs[:, x0:x1], self._ys[y0:y1])
        return np.broadcast_to(np.asarray(fill, np.float32), (y1 - y0, x1 - x0, 3))

    def _relief(self, mask: Mask, depth: float, puff: float, edge: float) -> Array:
        x0, y0, x1, y1 = mask.box
        sigma = max(0.7, depth * self.scale / 2)
        pad = int(sigma * 2) + 2  # beyond the sheet there is nothing: edges there are edges, too
        height = blurred(np.pad(mask.cover[y0:y1, x0:x1], pad), sigma)
        inside, gain = (slice(pad, -pad), slice(pad, -pad)), np.float32(sigma * 2.5)
        gy, gx = (np.gradient(height, axis=axis)[inside] * gain for axis in (0, 1))
        light: Array = (gx * LIGHT[0] + gy * LIGHT[1]) * np.float32(puff)
        light -= np.float32(edge) * (gx * gx + gy * gy)
        return light

    def line(
        self,
        path: Sequence[Point],
        width: float,
        colour: Colour,
        *,
        clip: Mask | None = None,
        opacity: float = 1.0,
        puff: float = 0.0,
    ) -> Mask:
        """A drawn line: a seam, a rim, a cord."""
        mask = self.stroke(path, width)
        return self.paint(mask & clip if clip else mask, colour, edge=0, puff=puff, depth=width, opacity=opacity)

    def dashes(self, path: Sequence[Point], width: float, colour: Colour) -> None:
        """Stitches along an open path."""
        for piece in _pieces(path, dash=14, gap=9):
            self.line(piece, width, colour, opacity=0.9)

    def dark(self, mask: Mask, strength: float, *, blur: float = 0, clip: Mask | None = None) -> None:
        """Darken what is already there by a (blurred) mask: a shadow cast on it, a fold."""
        soft, y, x = self._soft(mask, blur, clip)
        self.rgb[y, x] *= (1 - soft * np.float32(strength))[..., None]

    def bright(self, mask: Mask, strength: float, *, blur: float = 0, clip: Mask | None = None) -> None:
        """Lighten what is already there by a (blurred) mask: a gloss, a reflection."""
        soft, y, x = self._soft(mask, blur, clip)
        m = (soft * np.float32(strength))[..., None]
        self.rgb[y, x] += (self.alpha[y, x, None] - self.rgb[y, x]) * m

    def erase(self, mask: Mask) -> None:
        """Cut a hole."""
        keep = 1 - mask.cover
        self.rgb *= keep[..., None]
        self.alpha *= keep

    def _soft(self, mask: Mask, blur: float, clip: Mask | None) -> tuple[Array, slice, slice]:
        """The blurred mask where it is more than nothing, and the rows and columns of that part."""
        sigma = max(0.7, blur * self.scale) if blur else 0.0
        reach = int(sigma * 3) + 1
        x0, y0, x1, y1 = mask.box
        y = slice(max(0, y0 - reach), min(self.size, y1 + reach))
        x = slice(max(0, x0 - reach), min(self.size, x1 + reach))
        cover = mask.cover[y, x]
        if sigma and cover.size:
            cover = blurred(np.ascontiguousarray(cover), sigma)
        return (cover * clip.cover[y, x] if clip else cover), y, x


def _tube(width: int) -> Array:
    u: Array = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    shine: Array = np.exp(-(((u + 0.42) / 0.26) ** 2)) * 0.55
    column: Array = (shine - 0.55 * np.clip(u - 0.05, 0, 1) ** 1.5 - 0.45 * np.clip(-u - 0.62, 0, 1)).astype(np.float32)
    return column


def _lit(colour: Array, light: Array) -> Array:
    light = np.clip(light, -0.9, 0.9)[..., None]
    lit: Array = np.where(light > 0, colour + (1 - colour) * light * np.float32(0.75), colour * (1 + light))
    return lit.astype(np.float32)


def _pieces(path: Sequence[Point], dash: float, gap: float) -> list[list[Point]]:
    out: list[list[Point]] = []
    piece: list[Point] = []
    run, on = 0.0, True
    for a, b in pairwise(path):
        length = float(np.hypot(b[0] - a[0], b[1] - a[1]))
        steps = max(1, int(length / 2))
        for i in range(steps):
            p = (a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps)
            run += length / steps
            if on:
                piece.append(p)
            if run > (dash if on else gap):
                if on and len(piece) > 1:
                    out.append(piece)
                piece, run, on = [], 0.0, not on
    if len(piece) > 1:
        out.append(piece)
    return out
