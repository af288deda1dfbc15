"""From a drawn sheet to a shop's picture: white ground and a soft shadow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from snapshelf.demo.canvas import Array, Canvas, blurred
from snapshelf.demo.designs import Kind, Look

GROUND = 254  # the white of the pictures
FILL = 0.84  # share of the picture's side that the product takes


def drawn(kind: Kind, look: Look, size: int, *, share: float = FILL) -> Canvas:
    """The product alone, size x size pixels, centred, its longer side this share of the picture's."""
    rough = Canvas(100, left=-250, top=-250, span=1500)  # a first, small drawing only to see how large it is
    kind.draw(rough, look)
    ys, xs = np.nonzero(rough.alpha > 0.2)
    left, right, top, bottom = (float(v) * 15 - 250 for v in (xs.min(), xs.max() + 1, ys.min(), ys.max() + 1))
    span = max(right - left, bottom - top) / share
    canvas = Canvas(size, left=(left + right - span) / 2, top=(top + bottom - span) / 2, span=span)
    kind.draw(canvas, look)
    return canvas


def shadow(canvas: Canvas, kind: Kind) -> Array:
    """How dark the ground is made by the product, 0 to 1: all round if it lies, else under its feet."""
    alpha, scale = canvas.alpha, canvas.scale
    if kind.hangs or kind.lies_flat:
        near, far = (8, 14) if kind.hangs else (12, 26)
        moved = np.roll(alpha, (round(far * scale), round(near * scale)), (0, 1))
        return blurred(moved, max(1.0, 18 * scale)) * np.float32(0.3)
    return _ground_shadow(alpha, scale)


def _ground_shadow(alpha: Array, scale: float) -> Array:
    rows = np.flatnonzero(alpha.max(axis=1) > 0.3)
    if not len(rows):
        return np.zeros_like(alpha)
    foot = int(rows[-1])
    # the silhouette tipped over onto the ground: a tenth of its height, leaning to the right
    tip = 0.13
    ys, xs = np.mgrid[0 : alpha.shape[0], 0 : alpha.shape[1]]
    up = (foot + 4 * scale - ys) / tip
    source_y = np.clip(foot - up, 0, alpha.shape[0] - 1).astype(int)
    source_x = np.clip(xs - up * 0.12, 0, alpha.shape[1] - 1).astype(int)
    cast = np.where(
        (up >= 0) & (up <= foot), alpha[source_y, source_x] * np.clip(1 - up / (foot + 1) * 0.8, 0, 1), 0
    ).astype(np.float32)
    contact = np.where(ys > foot - 28 * scale, np.roll(alpha, round(9 * scale), 0), 0).astype(np.float32)
    return np.clip(
        blurred(cast, max(1.0, 12 * scale)) * np.float32(0.38)
        + blurred(contact, max(1.0, 8 * scale)) * np.float32(0.35),
        0,
        0.75,
    )


def on_white(canvas: Canvas, kind: Kind) -> Image.Image:
    """The product on white with its shadow, RGB."""
    ground = (1 - shadow(canvas, kind) * (1 - canvas.alpha))[..., None] * np.float32(GROUND / 255)
    rgb = canvas.rgb + ground * (1 - canvas.alpha[..., None])
    return Image.fromarray((np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8))
