"""What shoppers photograph things on: wood, cloth, a wall over a floor, grass, clutter, tiles, bare light."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import numpy as np
from PIL import Image, ImageFilter

from snapshelf.demo.canvas import Array, Canvas
from snapshelf.demo.colours import COLOURS, Colour, lighter, mixed, rgb
from snapshelf.demo.dice import Dice
from snapshelf.demo.paths import box, ellipse, spin


def grains(name: str, *shape: int) -> Array:
    """White noise in 0..1 that depends on its name alone."""
    seed = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
    return np.random.Generator(np.random.PCG64(seed)).random(shape, dtype=np.float32)


def clouds(name: str, side: int, cells_x: int, cells_y: int) -> Array:
    """Smooth noise in about -1..1 with this many cells to a side."""
    small = Image.fromarray(grains(name, cells_y + 1, cells_x + 1) * 2 - 1)
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float32)


def _tinted(colour: Colour, light: Array) -> Array:
    base = np.asarray(colour, np.float32)[None, None]
    lit: Array = np.clip(base * (1 + light[..., None]), 0, 1)
    return lit


def softened(picture: Array, sigma: float) -> Array:
    """An RGB picture blurred by this many pixels, at the 8 bits that a photo has."""
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)), np.float32) / np.float32(255)


def wood(dice: Dice, name: str, side: int) -> Array:
    """Boards with grain."""
    base = dice.pick((rgb("b98a58"), rgb("8a5f3c"), rgb("d6b58a"), rgb("6b4a33"), rgb("a89078")))
    boards = 3 + dice.below(4)
    grain = (
        0.14 * clouds(name + "g", side, 3, 60)
        + 0.08 * clouds(name + "h", side, 6, 160)
        + 0.05 * clouds(name, side, 2, 2)
    )
    row = np.arange(side) * boards / side
    grain += ((grains(name + "b", boards + 1)[row.astype(int)] - 0.5) * 0.22)[:, None]
    grain -= (np.abs(row % 1 - 0.5) > 0.485)[:, None] * np.float32(0.4)
    out = _tinted(base, grain)
    return np.ascontiguousarray(out.transpose(1, 0, 2)) if dice.chance(0.4) else out


def cloth(dice: Dice, name: str, side: int) -> Array:
    """A bedspread: weave and soft folds, sometimes striped."""
    base = COLOURS[dice.pick(("cream", "grey", "beige", "sky blue", "blush", "charcoal", "olive", "white", "navy"))]
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    folds = clouds(name, side, 4, 3)
    weave = 0.03 * np.sin(xs * 1.9) * np.sin(ys * 1.9) + 0.02 * (grains(name + "w", side, side) - 0.5)
    light = 0.16 * np.sin(folds * 5 + xs / side * 3) + weave
    out = _tinted(base, light)
    if dice.chance(0.3):
        band = (np.sin((xs + ys * 0.2 + folds * 25) / side * 6.3 * dice.between(4, 9)) > 0.55)[..., None]
        out = np.where(band, out * 0.8 + 0.05, out).astype(np.float32)
    return out


def room(dice: Dice, name: str, side: int) -> Array:
    """A wall with a floor and a skirting board."""
    wall = COLOURS[dice.pick(("cream", "white", "beige", "sky blue", "grey", "mint", "blush"))]
    horizon = int(side * dice.between(0.55, 0.8))
    ys = np.arange(side, dtype=np.float32)[:, None] / side
    light = (
        0.04 * clouds(name, side, 3, 3) + 0.1 * (np.arange(side, dtype=np.float32)[None, :] / side - 0.5) - 0.08 * ys
    )
    out = _tinted(mixed(wall, rgb("8a8274"), 0.15), light + 0.012 * (grains(name + "p", side, side) - 0.5))
    floor = wood(dice, name + "f", side) if dice.chance(0.6) else cloth(dice, name + "f", side)
    out[horizon:] = floor[horizon:] * np.linspace(0.78, 1.0, side - horizon, dtype=np.float32)[:, None, None]
    out[horizon - 16 : horizon] = np.asarray(lighter(wall, 0.5), np.float32) * 0.92
    out[horizon - 2 : horizon + 3] *= 0.55
    return out


def grass(dice: Dice, name: str, side: int) -> Array:
    """A lawn: thousands of short upright strokes of uneven green."""
    fine = (
        clouds(name, side, 150, 46) * 0.3
        + clouds(name + "2", side, 90, 30) * 0.2
        + clouds(name + "3", side, 7, 7) * 0.16
    )
    out = _tinted(dice.pick((rgb("5d8a3a"), rgb("6f8f45"), rgb("4c7a3c"))), fine)
    out[..., 0] += 0.1 * np.clip(clouds(name + "4", side, 40, 20), 0, 1)
    return np.clip(out, 0, 1)


def tiles(dice: Dice, name: str, side: int) -> Array:
    """Kitchen tiles or paving with joints."""
    base = dice.pick((rgb("cfccc4"), rgb("9ba3a5"), rgb("c2a58a"), rgb("e6e2da"), rgb("7c8488")))
    count = dice.between(2.5, 6)
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32) * np.float32(count / side)
    if dice.chance(0.5):
        xs = xs + 0.5 * (np.floor(ys) % 2)
    each = grains(name + "t", 12, 12)[np.floor(ys).astype(int) % 12, np.floor(xs).astype(int) % 12] - 0.5
    light = 0.14 * each + 0.06 * clouds(name, side, 40, 40) + 0.05 * clouds(name + "l", side, 3, 3)
    joint = (xs % 1 < 0.035) | (ys % 1 < 0.035)
    return _tinted(base, np.where(joint, -0.35, light).astype(np.float32))


def clutter(dice: Dice, name: str, side: int) -> Array:
    """A busy shelf or desk: books, boxes and balls, out of focus."""
    canvas = Canvas(side)
    canvas.paint(
        canvas.shape(box(-20, -20, 1020, 1020)),
        dice.pick((rgb("8d8377"), rgb("b7ada0"), rgb("5f6a72"), rgb("c9bfae"))),
        edge=0,
    )
    for _ in range(20):
        x, y, s = dice.between(0, 1000), dice.between(0, 1000), dice.between(60, 190)
        muted = mixed(COLOURS[dice.pick(list(COLOURS))], rgb("8a8580"), dice.between(0.5, 0.85))
        if dice.chance(0.7):
            path = spin(
                box(x - s * dice.between(0.3, 1), y - s, x + s * dice.between(0.3, 1), y + s, 12),
                dice.between(-25, 25),
                x,
                y,
            )
        else:
            path = ellipse(x, y, s * 0.8, s * 0.8)
        canvas.paint(canvas.shape(path), muted, puff=0.3, depth=30)
    return softened(canvas.rgb, side * 0.008)


def bare(dice: Dice, name: str, side: int) -> Array:
    """A plain surface with light falling off to one side."""
    a = COLOURS[dice.pick(list(COLOURS))]
    base = mixed(a, rgb("cfcac2"), dice.between(0.45, 0.8))
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32) / side
    fall = (xs - 0.5) * dice.between(-0.5, 0.5) + (ys - 0.5) * dice.between(-0.4, 0.3)
    return _tinted(base, (fall + 0.03 * clouds(name, side, 5, 5)).astype(np.float32))


def out_of_focus(picture: Array, blur: float, calm: float, lift: float) -> Array:
    """The picture as it looks behind a near thing in good light.

    Blurred by this many pixels, faded by `calm` (0 to 1) to its mean colour, brightened by `lift` (0 to 1).
    """
    soft = softened(picture, blur)
    mean: Array = picture.mean(axis=(0, 1), keepdims=True)
    faded = soft * (1 - calm) + mean * calm
    lifted: Array = faded + (1 - faded) * lift
    return lifted


Scene = Callable[[Dice, str, int], Array]
# by difficulty: what lies flat is photographed from above, the rest from the front
FLAT: dict[str, tuple[Scene, ...]] = {
    "easy": (bare, cloth, wood),
    "middle": (cloth, wood, tiles, bare),
    "hard": (wood, tiles, cloth, grass, clutter),
}
STANDING: dict[str, tuple[Scene, ...]] = {
    "easy": (room, bare, cloth),
    "middle": (room, wood, tiles, cloth, bare),
    "hard": (room, wood, tiles, grass, clutter),
}
