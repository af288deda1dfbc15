"""Table lamps and floor lamps."""

from __future__ import annotations

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas
from snapshelf.demo.colours import HOME, METALS, WOODS, Colour, darker, lighter, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, Path, both, box, curve, ellipse, spin

# the parts of a drawing need to know where the others are:
# ruff: noqa: PLR0917
# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BRANDS = ("Lumenhof", "Fen & Filament", "Nordfat", "Abat-Jour Paris")


def _metal(look: Look) -> Colour:
    return list(METALS.values())[int(look.c * 4.99)]


def _shade(c: Canvas, look: Look, x: float, top: float, bottom: float, upper: float, lower: float) -> None:
    """A cloth shade, lit from within; upper and lower are its half-widths."""
    outline = both([(x, top, 0), (x + upper, top, 0), (x + lower, bottom, 0), (x + lower * 0.5, bottom + lower
        * 0.06), (x, bottom + lower * 0.075, 0)], x)
    cover = c.shape(outline)
    c.paint(cover, patterns.around(look.fill(0.9, top=top, bottom=bottom), x, lower * 1.04, 18), tube=0.45, edge=0.1)
    c.bright(c.shape(ellipse(x, (top + bottom) / 2 + 30, lower * 0.42, (bottom - top) * 0.4)), 0.4, blur=45,
        clip=cover)
    c.line([(x - upper, top + 4), (x + upper, top + 4)], 9, look.line)
    c.line(curve([(x - lower, bottom - 4), (x - lower * 0.5, bottom + lower * 0.06 - 4),
        (x, bottom + lower * 0.075 - 4), (x + lower * 0.5, bottom + lower * 0.06 - 4), (x + lower, bottom - 4)],
        closed=False), 9, look.line)


def table_lamp(c: Canvas, look: Look) -> None:
    """A table lamp: a ceramic foot, a slim column, three legs, a mushroom or a desk lamp on a jointed arm."""
    {"ceramic": _ceramic, "column": _column, "mushroom": _mushroom, "desk": _desk}[look.style](c, look)


def _ceramic(c: Canvas, look: Look) -> None:
    top, split = 150 - 20 * look.b, 470.0
    w = 130 + 50 * look.a
    c.paint(c.shape(box(488, split - 10, 512, 560)), rgb("c9a24a"), tube=0.7)
    round_: list[Knot] = [(500, 540, 0), (540, 545), (500 + w, 690), (500 + w * 0.7, 840), (500 + w * 0.55, 880, 0),
        (500, 886, 0)]
    gourd: list[Knot] = [(500, 540, 0), (535, 545), (500 + w * 0.62, 610), (500 + w * 0.42, 670), (500 + w, 780),
        (500 + w * 0.66, 880, 0), (500, 886, 0)]
    foot = c.shape(both(round_ if look.c < 0.55 else gourd))
    c.paint(foot, look.second, puff=0.7, depth=130, edge=0.15)
    c.bright(c.shape(ellipse(500 - w * 0.42, 690, 24, 52)), 0.6, blur=14, clip=foot)
    _shade(c, look, 500, top, split, 130 + 70 * look.b, 225 + 40 * look.a)


def _column(c: Canvas, look: Look) -> None:
    metal = _metal(look)
    c.paint(c.shape(box(487, 380, 513, 860)), metal, tube=0.9)
    c.paint(c.shape(box(350, 850, 650, 886, 18)), metal, puff=0.5, depth=30)
    c.line([(610, 430), (610, 560)], 4, metal)
    c.paint(c.shape(ellipse(610, 568, 10, 12)), metal, puff=0.6, depth=10)
    straight = look.b > 0.5
    _shade(c, look, 500, 170, 440 + 40 * look.a, 190 if straight else 110, 205 if straight else 235)


def _mushroom(c: Canvas, look: Look) -> None:
    stem = both([(500, 470, 0), (560, 470), (555, 640), (600, 800), (640 + 30 * look.b, 880, 0), (500, 888, 0)])
    c.paint(c.shape(stem), look.second, tube=0.75)
    w, top = 250 + 60 * look.a, 220 - 40 * look.b
    cap = c.shape(both([(500, top, 0), (500 + w * 0.55, top + 30), (500 + w * 0.95, top + 200), (500 + w, 510),
        (500 + w * 0.86, 540), (500, 556, 0)]))
    c.paint(cap, patterns.around(look.fill(1.1, top=top, bottom=540), 500, w * 1.08, -40), puff=0.7, depth=190,
        edge=0.15)
    c.bright(c.shape(ellipse(500 - w * 0.4, top + 110, 62, 44)), 0.65, blur=22, clip=cap)
    c.bright(c.shape(ellipse(500, 560, w * 0.8, 36)), 0.5, blur=14, clip=cap)


def _desk(c: Canvas, look: Look) -> None:
    metal = rgb("b3b8bf") if look.c > 0.5 else look.second
    elbow = (330.0 - 40 * look.a, 500.0)
    neck = (600.0, 250.0 - 40 * look.b)
    c.paint(c.shape(ellipse(470, 866, 165, 36)), look.main, puff=0.5, depth=40)
    c.paint(c.shape(box(305, 850, 635, 868)), look.main, edge=0)
    c.paint(c.shape(ellipse(470, 850, 165, 36)), lighter(look.main, 0.12), puff=0.3, depth=40)
    for d in (-9, 9):
        c.line([(470 + d, 846), (elbow[0] + d, elbow[1])], 15, metal, puff=0.6)
        c.line([(elbow[0], elbow[1] + d), (neck[0], neck[1] + d)], 15, metal, puff=0.6)
    for x, y in ((470.0, 838.0), elbow, neck):
        c.paint(c.shape(ellipse(x, y, 25, 25)), look.third, puff=0.6, depth=20)
    x, y = neck
    hood: Path = curve([(x - 20, y - 55, 0), (x + 60, y - 70), (x + 130, y - 20), (x + 300, y + 120, 0),
        (x + 60, y + 275, 0), (x + 10, y + 110), (x - 40, y + 20)])
    c.paint(c.shape(spin(ellipse(x + 178, y + 196, 146, 44), -32, x + 178, y + 196)), rgb("fff0b8"), edge=0.1)
    c.paint(c.shape(hood), look.fill(0.8, top=y - 60, bottom=y + 260), puff=0.65, depth=120, edge=0.15)


def floor_lamp(c: Canvas, look: Look) -> None:
    """A floor lamp: on three legs, an arc, a straight pole or with a reading arm."""
    {"tripod": _tripod, "arc": _arc, "pole": _pole, "reading": _reading}[look.style](c, look)


def _tripod(c: Canvas, look: Look) -> None:
    wood = list(WOODS.values())[int(look.c * 4.99)]
    for x in (500, 330 - 30 * look.a, 670 + 30 * look.a):
        c.line([(500 + (x - 500) * 0.12, 360), (x, 950 if x != 500 else 920)], 24,
            darker(wood, 0.2) if x == 500 else wood, puff=0.6)
    c.line([(415, 660), (585, 660)], 10, darker(wood, 0.3))
    c.paint(c.shape(box(470, 340, 530, 385, 10)), rgb("c9a24a"), tube=0.7)
    _shade(c, look, 500, 60, 400, 160 + 70 * look.b, 270 + 40 * look.b)


def _arc(c: Canvas, look: Look) -> None:
    metal = _metal(look)
    bow = curve([(230, 930), (225, 520), (300, 200), (480, 80), (640, 130), (700, 260 + 60 * look.b)], closed=False)
    c.paint(c.shape(ellipse(250, 935, 140, 30)), darker(metal, 0.2), puff=0.5, depth=30)
    c.line(bow, 20, metal, puff=0.7)
    y = 260 + 60 * look.b
    w = 190 + 40 * look.a
    dome = c.shape(both([(700, y - 10, 0), (700 + 30, y), (700 + w * 0.8, y + 80), (700 + w, y + 225, 0),
        (700, y + 240, 0)], 700))
    c.paint(dome, look.fill(0.7, top=y, bottom=y + 180), puff=0.7, depth=110, edge=0.15)
    c.paint(c.shape(ellipse(700, y + 228, w * 0.96, 24)), rgb("fff3c4"), edge=0.1)


def _pole(c: Canvas, look: Look) -> None:
    metal = _metal(look)
    c.paint(c.shape(box(489, 330, 511, 930)), metal, tube=0.8)
    c.paint(c.shape(ellipse(500, 930, 130, 28)), metal, puff=0.5, depth=30)
    if look.a > 0.5:
        c.paint(c.shape(ellipse(500, 640, 200, 24)), WOODS["oak"], puff=0.4, depth=20)
    drum = look.b > 0.5
    _shade(c, look, 500, 70, 400, 245 if drum else 120, 250 if drum else 290)


def _reading(c: Canvas, look: Look) -> None:
    metal = _metal(look)
    c.paint(c.shape(box(430, 120, 450, 930)), metal, tube=0.8)
    c.paint(c.shape(ellipse(440, 930, 135, 28)), metal, puff=0.5, depth=30)
    c.line(curve([(440, 560), (540, 545), (610, 470), (630, 400)], closed=False), 14, metal, puff=0.6)
    small = curve([(600, 400, 0), (660, 400, 0), (700, 500, 0), (560, 500, 0)])
    c.paint(c.shape(small), look.second, puff=0.5, depth=40)
    bowl = c.shape(both([(440, 290, 0), (530, 275), (440 + 225 + 40 * look.a, 90, 0), (440, 70, 0)], 440))
    c.paint(bowl, look.fill(0.7, top=80, bottom=240), puff=0.6, depth=90, edge=0.15)
    c.paint(c.shape(ellipse(440, 86, 222 + 40 * look.a, 30)), rgb("fff3c4"), edge=0.1)


KINDS = (
    Kind(
        "table lamps",
        "Home > Lighting > Table lamps",
        table_lamp,
        {"ceramic": "table lamp with ceramic foot", "column": "table lamp", "mushroom": "mushroom lamp",
            "desk": "desk lamp"},
        ("plain", "gradient", "stripes", "dots", "upright", "block", "flowers", "zigzag", "plaid"),
        HOME,
        ("linen", "glazed", "cotton", "steel"),
        BRANDS,
        (29, 149),
    ),
    Kind(
        "floor lamps",
        "Home > Lighting > Floor lamps",
        floor_lamp,
        {"tripod": "tripod floor lamp", "arc": "arc floor lamp", "pole": "floor lamp",
            "reading": "uplighter with reading arm"},
        ("plain", "stripes", "gradient", "dots", "upright", "block", "flowers", "diagonal"),
        HOME,
        ("linen", "steel", "cotton"),
        BRANDS,
        (79, 289),
    ),
)
