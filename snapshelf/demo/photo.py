"""One shopper's photo of one product: a background, a hand, a tilted phone, poor light, noise."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from snapshelf.demo import backgrounds
from snapshelf.demo.canvas import Array, Canvas, Mask, blurred
from snapshelf.demo.colours import rgb
from snapshelf.demo.dice import Dice
from snapshelf.demo.finish import drawn
from snapshelf.demo.paths import Path, curve, ellipse
from snapshelf.demo.products import Product


@dataclass(frozen=True)
class Trouble:
    """How hard a photo is: upper bounds of what goes wrong."""

    name: str
    turn: float  # degrees
    warp: float  # share of the side by which a corner moves
    share: tuple[float, float]  # how much of the side the product takes
    cast: float  # how far a colour channel is off
    blur: float  # pixels of 640
    noise: float
    covered: float  # chance of something before the product
    calm: float  # how far the background is faded towards one colour, at most
    lift: float  # how bright the background is made, at most


EASY = Trouble("easy", 3, 0.015, (0.9, 0.97), 0.03, 0.7, 0.012, 0.1, 0.75, 0.75)
MIDDLE = Trouble("middle", 6, 0.03, (0.88, 0.97), 0.05, 1.2, 0.025, 0.2, 0.75, 0.7)
HARD = Trouble("hard", 11, 0.05, (0.84, 0.97), 0.08, 2.2, 0.04, 0.35, 0.65, 0.6)
TROUBLES = (EASY, EASY, MIDDLE, MIDDLE, MIDDLE, HARD)  # of six photos
MOST_COVERED = 0.15  # of the product's area


def photo(product: Product, name: str, side: int) -> tuple[bytes, str]:
    """A photo of the product as JPEG, `side` pixels square, and how hard it is: easy, middle or hard."""
    dice = Dice(name)
    trouble = dice.pick(TROUBLES)
    scenes = backgrounds.FLAT if product.kind.lies_flat else backgrounds.STANDING
    scene = dice.pick(scenes[trouble.name])
    rgb_, alpha = _placed(product, dice, trouble, side)
    ground = scene(dice, name, side)
    # a phone close to a thing keeps what lies behind it less sharp
    ground = backgrounds.out_of_focus(
        ground, dice.between(0.002, 0.008) * side, trouble.calm * dice.between(0.6, 1), trouble.lift * dice.unit()
    )
    ground = ground * (1 - _cast_shadow(alpha, dice, side, flat=product.kind.lies_flat))[..., None]
    picture: Array = ground * (1 - alpha[..., None]) + rgb_
    if dice.chance(trouble.covered):
        picture = _covered(picture, alpha, dice, side)
    picture = _developed(picture, dice, trouble, name)
    out = BytesIO()
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    image.save(out, "JPEG", quality=62 + dice.below(28))
    return out.getvalue(), trouble.name


def _placed(product: Product, dice: Dice, trouble: Trouble, side: int) -> tuple[Array, Array]:
    """The product's premultiplied colours and cover, turned, warped and placed in the picture."""
    share = dice.between(*trouble.share)
    canvas = drawn(product.kind, product.look, side, share=share)
    safe = np.where(canvas.alpha > 0, canvas.alpha, 1)[..., None]
    straight = np.concatenate([canvas.rgb / safe, canvas.alpha[..., None]], axis=-1)
    image = Image.fromarray((np.clip(straight, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")
    quad = _quad(dice, trouble, side, slack=(1 - share) / 2)
    moved = image.transform((side, side), Image.Transform.PERSPECTIVE, quad, Image.Resampling.BICUBIC)
    values = np.asarray(moved, np.float32) / 255
    alpha = np.ascontiguousarray(values[..., 3])
    return values[..., :3] * alpha[..., None], alpha


def _quad(dice: Dice, trouble: Trouble, side: int, slack: float) -> list[float]:
    """PIL's eight numbers for: turned, corners pushed, moved aside by at most the slack."""
    angle = np.radians(dice.between(-trouble.turn, trouble.turn))
    dx, dy = (dice.between(-slack, slack) * 0.8 for _ in range(2))
    source, target = [], []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        u = x * np.cos(angle) - y * np.sin(angle) + dx + dice.between(-trouble.warp, trouble.warp)
        v = x * np.sin(angle) + y * np.cos(angle) + dy + dice.between(-trouble.warp, trouble.warp)
        source.append(((x + 0.5) * side, (y + 0.5) * side))
        target.append(((u + 0.5) * side, (v + 0.5) * side))
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        right += [x, y]
    return [float(n) for n in np.linalg.solve(np.asarray(rows), np.asarray(right))]


def _cast_shadow(alpha: Array, dice: Dice, side: int, *, flat: bool) -> Array:
    reach = dice.between(0.01, 0.03) if flat else dice.between(0.02, 0.06)
    down, right = round(side * reach), round(side * reach * dice.between(-1.2, 1.2))
    moved = np.zeros_like(alpha)
    moved[down:, max(right, 0) : side + min(right, 0)] = alpha[: side - down, max(-right, 0) : side - max(right, 0)]
    wide = blurred(moved, side * dice.between(0.012, 0.035)) * np.float32(dice.between(0.3, 0.55))
    close = blurred(alpha, side * 0.008) * np.float32(0.3)
    return np.clip(wide + close, 0, 0.8)


def _covered(picture: Array, alpha: Array, dice: Dice, side: int) -> Array:
    """Fingers, or a strap or ribbon, before at most 15 % of the product."""
    canvas = Canvas(side)
    if dice.chance(0.65):
        _fingers(canvas, dice)
    else:
        _strap(canvas, dice)
    over = float((canvas.alpha * alpha).sum() / max(1.0, float(alpha.sum())))
    if over > MOST_COVERED:
        return picture
    shade = blurred(np.roll(canvas.alpha, round(side * 0.012), 0), side * 0.01)[..., None] * np.float32(0.4)
    return picture * (1 - shade) * (1 - canvas.alpha[..., None]) + canvas.rgb


SKIN = ("f1c9a5", "e0ac80", "b98056", "8a5a3c", "5c3a28")


def _fingers(canvas: Canvas, dice: Dice) -> None:
    """Two to four fingers that hold the product from one side or from below."""
    skin = rgb(dice.pick(SKIN))
    side, count = dice.below(3), 2 + dice.below(3)
    start, reach, thick = dice.between(300, 600), dice.between(110, 230), dice.between(62, 84)

    def place(t: float, depth: float) -> tuple[float, float]:
        return ((depth, t), (1000 - depth, t), (t, 1000 - depth))[side]

    for i in range(count):
        t = start + i * thick * 1.05
        tip = reach * (1 - 0.12 * abs(i - 1.3))
        finger: Path = [place(t + 10, -80), place(t + 4, tip * 0.5), place(t, tip)]
        mask: Mask = canvas.stroke(finger, thick)
        canvas.paint(mask, skin, puff=0.5, depth=70, edge=0.25)
        x, y = place(t, tip + thick * 0.05)
        nail = canvas.shape(ellipse(x, y, thick * 0.26, thick * 0.26)) & mask
        canvas.paint(nail, (min(1.0, skin[0] * 1.08), skin[1] * 0.95, skin[2] * 0.95), edge=0.2, depth=12)


def _strap(canvas: Canvas, dice: Dice) -> None:
    colour = rgb(dice.pick(("d8d2c6", "3a3b40", "b0402f", "5a7f6a", "e8e8ea")))
    at, lean = dice.between(120, 880), dice.between(-160, 160)
    path = curve([(at, -60), (at + lean * 0.4 + 40, 500), (at + lean, 1060)], closed=False)
    canvas.paint(canvas.stroke(path, dice.between(28, 62)), colour, puff=0.4, depth=40)


def _developed(picture: Array, dice: Dice, trouble: Trouble, name: str) -> Array:
    """What light, lens and sensor do."""
    side = picture.shape[0]
    cast = np.asarray([1 + dice.between(-trouble.cast, trouble.cast) for _ in range(3)], np.float32)
    exposure = 1 + dice.between(-1.6, 1.1) * trouble.cast
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32) / side - np.float32(0.5)
    lean = xs * dice.between(-2.2, 2.2) * trouble.cast + ys * dice.between(-2.2, 2.2) * trouble.cast
    vignette = 1 - dice.between(0.1, 0.5) * (xs * xs + ys * ys)
    out = picture * (cast * exposure) * ((1 + lean) * vignette)[..., None]
    sigma = dice.between(0.3, trouble.blur) * side / 640
    if sigma > 0.6:
        out = backgrounds.softened(out, sigma)
    grain = grains_of(name, side) * np.float32(trouble.noise * dice.between(0.4, 1))
    noisy: Array = out + grain
    return noisy


def grains_of(name: str, side: int) -> Array:
    """Sensor noise about 0 with a deviation near 1, a little of it in colour."""
    grey = backgrounds.grains(name + "/grey", side, side, 1) + backgrounds.grains(name + "/more", side, side, 1) - 1
    colour = backgrounds.grains(name + "/colour", side, side, 3) - 0.5
    both: Array = grey * 2 + colour
    return both
