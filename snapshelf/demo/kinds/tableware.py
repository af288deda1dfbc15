"""Mugs, teapots and bottles."""

from __future__ import annotations

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas
from snapshelf.demo.colours import HOME, VIVID, darker, lighter, mixed, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, Path, both, box, curve, ellipse

# the parts of a drawing need to know where the others are:
# ruff: noqa: PLR0917
# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BRANDS = ("Kiln & Co", "Ostmark", "Lumpa", "Terrafina", "Nordfat")


def mug(c: Canvas, look: Look) -> None:
    """A mug seen slightly from above, its handle on the right."""
    w = 215 + 65 * look.a
    top, bottom = 300 - 90 * look.b, 790
    foot = {"straight": 0.97, "tapered": 0.68, "round": 0.62, "espresso": 0.7}[look.style] * w
    if look.style == "espresso":
        top, w = 420, 270
        foot = 150
    x, rim = 440, 46 + 0.08 * w
    body = _mug_body(look.style, x, w, foot, top, bottom, rim)
    grip = _handle(x + w, top, bottom, look)
    c.paint(c.stroke(grip, 46), look.second if look.pattern == "block" else look.main, puff=0.55, depth=40)
    shape = c.shape(body)
    c.dark(c.shape(ellipse(x + w, (top + bottom) / 2, 30, 200)), 0.3, blur=16)
    c.paint(shape, patterns.around(look.fill(1.0, top=top, bottom=bottom), x, w * 1.03, rim * 0.9), tube=0.75,
        edge=0.1)
    c.dark(c.shape(box(x - w, bottom - 40, x + w, bottom + 80)), 0.25, blur=35, clip=shape)
    _mouth(c, x, w, top, rim, look)


def _mug_body(style: str, x: float, w: float, foot: float, top: float, bottom: float, rim: float) -> Path:
    low = foot * 0.2
    if style in ("round", "espresso"):
        half: list[Knot] = [(x + w, top, 0), (x + w * 1.02, top + (bottom - top) * 0.45),
            (x + foot + 20, bottom - 20), (x + foot * 0.6, bottom + low * 0.7), (x, bottom + low, 0)]
    else:
        half = [(x + w, top, 0), (x + foot, bottom - 22, 0), (x + foot * 0.93, bottom + 6),
            (x + foot * 0.6, bottom + low * 0.75), (x, bottom + low, 0)]
    return both([(x, top, 0), *half], x) + ellipse(x, top, w, rim)


def _handle(right: float, top: float, bottom: float, look: Look) -> Path:
    h = bottom - top
    reach = 110 + 45 * look.b
    inner = right - (0.2 * right - 60 if look.style == "tapered" else 40)
    if look.c > 0.66:  # an angular handle
        return [(right - 15, top + 0.2 * h), (right + reach, top + 0.2 * h), (right + reach - 35, top + 0.68 * h),
            (inner, top + 0.7 * h)]
    return curve([(right - 15, top + 0.16 * h), (right + reach * 0.8, top + 0.2 * h), (right + reach, top + 0.42 * h),
        (right + reach * 0.55, top + 0.68 * h), (inner, top + 0.78 * h)], closed=False)


def _mouth(c: Canvas, x: float, w: float, top: float, rim: float, look: Look) -> None:
    c.paint(c.shape(ellipse(x, top, w, rim)), lighter(look.main, 0.45), edge=0)
    inner = c.paint(c.shape(ellipse(x, top + 2, w - 17, rim - 10)), look.third if look.c < 0.5 else rgb("f3efe6"),
        edge=0.2, depth=50)
    c.dark(c.shape(ellipse(x - 40, top - rim * 0.5, w, rim)), 0.35, blur=14, clip=inner)
    if look.b > 0.4:
        c.paint(c.shape(ellipse(x, top + rim * 0.55, w * 0.9, rim * 0.62)) & inner, rgb("4a2a18"), edge=0)
        c.paint(c.shape(ellipse(x, top + rim * 0.6, w * 0.84, rim * 0.5)) & inner, rgb("6b3f24"), edge=0)


def teapot(c: Canvas, look: Look) -> None:
    """A teapot from the side: spout on the left, handle on the right."""
    rx = 225 + 40 * look.a
    tall = {"round": 1.0, "squat": 0.74, "tall": 1.2, "cone": 1.05}[look.style]
    top, bottom = 800 - 420 * tall, 800.0
    mid = (top + bottom) / 2
    x = 490
    spout = curve([(x - rx * 0.7, mid - 40), (x - rx - 60, mid - 60), (x - rx - 105, top + 10, 0),
        (x - rx - 165, top + 30, 0), (x - rx - 110, mid + 40), (x - rx * 0.7, mid + 140)])
    c.paint(c.shape(spout), look.main, puff=0.6, depth=50)
    loop = [(x + rx * 0.72, top + 70), (x + rx + 60, top + 20), (x + rx + 135, mid - 40), (x + rx + 70, mid + 90),
        (x + rx * 0.8, mid + 130)]
    if look.c > 0.55:  # a hoop over the top, as on a Japanese pot
        loop = [(x - rx * 0.62, top + 55), (x - rx * 0.5, top - 130), (x, top - 215), (x + rx * 0.5, top - 130),
            (x + rx * 0.62, top + 55)]
        c.line(curve(loop, closed=False), 30, rgb("8a5a33"), puff=0.6)
    else:
        c.paint(c.stroke(curve(loop, closed=False), 44), look.main, puff=0.55, depth=40)
    body = c.shape(_pot_body(look.style, x, rx, top, bottom))
    c.paint(body, patterns.around(look.fill(1.05, top=top, bottom=bottom), x, rx * 1.12, 34), puff=0.75, depth=190,
        edge=0.15)
    c.bright(c.shape(ellipse(x - rx * 0.42, mid - (bottom - top) * 0.22, 50, 60)), 0.55, blur=22, clip=body)
    _lid(c, x, rx, top, look)
    c.paint(c.shape(box(x - rx * 0.5, bottom - 12, x + rx * 0.5, bottom + 22, 12)), darker(look.main, 0.2), tube=0.4)


def _pot_body(style: str, x: float, rx: float, top: float, bottom: float) -> Path:
    h = bottom - top
    if style == "cone":
        return both([(x, top, 0), (x + rx * 0.42, top, 0), (x + rx * 0.75, top + h * 0.5),
            (x + rx * 1.08, bottom - 40), (x + rx * 0.9, bottom, 0), (x, bottom, 0)], x)
    return both([(x, top, 0), (x + rx * 0.45, top + 6), (x + rx * 0.95, top + h * 0.34),
        (x + rx * 0.98, top + h * 0.64), (x + rx * 0.5, bottom, 0), (x, bottom, 0)], x)


def _lid(c: Canvas, x: float, rx: float, top: float, look: Look) -> None:
    colour = look.second if look.b > 0.5 else look.main
    c.paint(c.shape(both([(x, top - 52, 0), (x + rx * 0.3, top - 38), (x + rx * 0.5, top + 16, 0), (x, top + 26, 0)],
        x)), colour, puff=0.5, depth=50)
    c.paint(c.shape(ellipse(x, top - 72, 36, 32)), look.third if look.b > 0.5 else colour, puff=0.7, depth=40)


def bottle(c: Canvas, look: Look) -> None:
    """A drinking bottle, upright."""
    x, w = 500, 105 + 50 * look.a
    top, bottom = 235 - 40 * look.b, 905
    neck = {"flask": 0.58, "sport": 0.72, "tumbler": 1.0, "carafe": 0.42}[look.style] * w
    shoulder = top + (60 if look.style == "tumbler" else 130)
    half: list[Knot] = [(x, top, 0), (x + neck, top, 0), (x + neck, top + 30), (x + w, shoulder + 60),
        (x + w, bottom - 60), (x + w * 0.9, bottom), (x, bottom, 0)]
    if look.style == "tumbler":
        half = [(x, top, 0), (x + w * 1.2, top, 0), (x + w * 0.85, bottom - 20, 0), (x + w * 0.75, bottom),
            (x, bottom, 0)]
    if look.style == "sport":
        half = [(x, top, 0), (x + neck, top, 0), (x + w, top + 90), (x + w, top + 230), (x + w * 0.82, top + 330),
            (x + w, top + 430), (x + w, bottom - 50), (x + w * 0.86, bottom), (x, bottom, 0)]
    body = c.shape(both(half, x))
    width = w * 1.25 if look.style == "tumbler" else w
    c.paint(body, patterns.around(look.fill(0.85, top=top, bottom=bottom), x, width * 1.03, 12), tube=0.95, edge=0.12)
    c.dark(c.shape(box(x - w * 1.2, bottom - 30, x + w * 1.2, bottom + 40)), 0.3, blur=22, clip=body)
    if look.b < 0.5 and look.style != "tumbler":
        band = c.shape(box(x - w, 640, x + w, 700)) & body
        c.paint(band, look.third, tube=0.8, edge=0)
    _stopper(c, x, neck if look.style != "tumbler" else w * 1.22, top, look)


def _stopper(c: Canvas, x: float, neck: float, top: float, look: Look) -> None:
    steel, dark = rgb("b9bec6"), rgb("2f3033")
    if look.style == "flask":
        c.paint(c.shape(box(x - neck - 6, top - 95, x + neck + 6, top + 8, 14)), mixed(look.second, dark, 0.15),
            tube=0.8)
        c.paint(c.stroke(ellipse(x, top - 110, neck * 0.75, 60, start=180, end=360), 24), mixed(look.second, dark,
            0.3), puff=0.5, depth=24)
    elif look.style == "sport":
        c.paint(c.shape(box(x - neck, top - 70, x + neck, top + 10, 16)), dark, tube=0.7)
        c.paint(c.shape(box(x - neck * 0.4, top - 125, x + neck * 0.4, top - 60, 16)), look.second, tube=0.7)
    elif look.style == "tumbler":
        c.paint(c.shape(box(x - neck, top - 40, x + neck, top + 14, 18)), dark, tube=0.6)
        c.paint(c.shape([(x + 20, top - 30), (x + 75, top - 170), (x + 105, top - 165), (x + 55, top - 30)]),
            look.third, tube=0.5)
    else:
        c.paint(c.shape(box(x - neck - 4, top - 4, x + neck + 4, top + 36, 8)), steel, tube=0.9)
        c.paint(c.shape([(x - neck * 0.95, top), (x + neck * 0.95, top), (x + neck * 0.75, top - 75),
            (x - neck * 0.75, top - 75)]), patterns.speckles(rgb("c89a62"), rgb("8c6234"), 34, look.seed), tube=0.5)


KINDS = (
    Kind("mugs", "Home > Kitchen > Mugs", mug, {"straight": "mug", "tapered": "latte mug", "round": "bowl mug",
        "espresso": "cappuccino cup"}, ("plain", "stripes", "dots", "block", "checks", "zigzag", "upright",
        "speckles", "gradient", "flowers"), HOME, ("ceramic", "stoneware", "porcelain", "enamel"), BRANDS, (6, 24)),
    Kind("teapots", "Home > Kitchen > Teapots", teapot, {"round": "teapot", "squat": "low teapot",
        "tall": "tall teapot", "cone": "conical teapot"}, ("plain", "dots", "stripes", "flowers", "gradient", "block",
        "speckles", "upright"), HOME, ("porcelain", "stoneware", "earthenware"), BRANDS, (22, 79)),
    Kind(
        "bottles",
        "Sports > Outdoor > Drinking bottles",
        bottle,
        {"flask": "insulated bottle", "sport": "sports bottle", "tumbler": "straw tumbler",
            "carafe": "bottle with cork"},
        ("plain", "gradient", "block", "stripes", "dots", "camo", "zigzag", "diagonal"),
        VIVID,
        ("steel", "aluminium", "Tritan"),
        ("Rill", "Hydro Nine", "Quellwerk", "Kantine"),
        (12, 39),
    ),
)
