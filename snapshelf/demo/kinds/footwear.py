"""Sneakers, boots and high heels, all seen from the side with the toe on the right."""

from __future__ import annotations

from math import cos, pi, sin

from snapshelf.demo.canvas import Canvas, Mask
from snapshelf.demo.colours import LEATHER, VIVID, Colour, darker, lighter, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, Path, along, box, curve, ellipse

# the parts of a drawing need to know where the others are:
# ruff: noqa: PLR0917
# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BRANDS = ("Fjordfoot", "Tramp & Tarry", "Velora", "Kickwell", "Alma Sohle")


def sneakers(c: Canvas, look: Look) -> None:
    """A laced sneaker: low, high, runner or slip-on."""
    collar = {"low": 470, "high": 250, "runner": 460, "slip": 500}[look.style] - 40 * look.b
    thick = 62 + 40 * look.c + (24 if look.style == "runner" else 0)
    ground = 790.0
    base = ground - thick
    heel = 120.0
    tongue = 420 if look.style != "high" else 400
    upper = curve(
        [(heel, base + 8, 0), (heel - 18, base - 90), (heel + 12, collar + 40), (heel + 20, collar, 0),
            (heel + 150, collar + (35 if look.style != "high" else 12)), (tongue, collar - 30, 0),
            (tongue + 40, collar - 10), (560, 560 - 40 * look.a), (700, 600 - 20 * look.a), (850, 640),
            (905, base - 30), (900, base + 8, 0)]
    )
    if look.style != "slip":
        c.paint(c.shape(curve([(tongue - 110, collar + 60), (tongue - 60, collar - 60), (tongue + 30, collar - 70),
            (tongue + 60, collar + 60)])), look.second, puff=0.4)
    body = c.paint(c.shape(upper), look.fill(0.85, top=collar, bottom=base), puff=0.6, depth=110, edge=0.2)
    _toe_and_heel(c, look, body, base, collar, heel)
    _sneaker_mark(c, look, body, base)
    if look.style == "slip":
        c.paint(c.shape([(330, collar + 35), (430, collar - 40), (490, base - 150), (400, base - 130)]) & body,
            darker(look.second, 0.2), edge=0.1)
    else:
        _laces(c, look, body, tongue, collar)
    c.line(curve([(heel + 20, collar, 0), (heel + 150, collar + (35 if look.style != "high" else 12)),
        (tongue, collar - 30, 0)], closed=False), 22, look.second, puff=0.4)
    _sole(c, look, base, ground, thick)


def _toe_and_heel(c: Canvas, look: Look, body: Mask, base: float, collar: float, heel: float) -> None:
    cap = c.shape(curve([(740, base + 20, 0), (735, base - 90), (790, 560), (960, 600), (960, base + 20, 0)])) & body
    colour = lighter(look.second, 0.1) if look.style != "low" else rgb("f2f0ea")
    if look.a > 0.35:
        c.paint(cap, colour, puff=0.45, depth=60, edge=0.12)
    counter = c.shape(curve([(heel - 40, base + 20, 0), (heel - 40, base - 200), (heel + 90, base - 190),
        (heel + 140, base + 20, 0)])) & body
    c.paint(counter, look.second, puff=0.4, depth=60)
    c.dashes(curve([(heel + 90, base - 185), (heel + 125, base - 90), (heel + 140, base)], closed=False), 4,
        lighter(look.second, 0.5))


def _sneaker_mark(c: Canvas, look: Look, body: Mask, base: float) -> None:
    colour = look.third
    if look.style == "runner":
        for i in range(3):
            x = 400 + i * 62
            c.paint(c.shape([(x, base - 8), (x + 34, base - 8), (x + 96, base - 190), (x + 62, base - 190)]) & body,
                colour, edge=0.1)
    elif look.style == "low" and look.b > 0.4:
        mark = curve([(300, base - 40), (440, base - 55), (640, base - 175), (470, base - 115), (330, base - 110)])
        c.paint(c.shape(mark) & body, colour, edge=0.1)
    elif look.style == "high":
        spot = c.paint(c.shape(ellipse(300, 400, 62, 62)) & body, rgb("f4f2ec"), edge=0.15, depth=15)
        star = [(300 + r * s, 400 + r * k) for r, s, k in _star(48)]
        c.paint(c.shape(star) & spot, colour, edge=0)


def _star(r: float) -> list[tuple[float, float, float]]:
    return [(r if i % 2 == 0 else r * 0.42, sin(i * pi / 5), -cos(i * pi / 5)) for i in range(10)]


def _laces(c: Canvas, look: Look, body: Mask, tongue: float, collar: float) -> None:
    throat = [(tongue - 20.0, collar + 10.0), (540.0, 575.0 - 40 * look.a), (640.0, 610.0 - 30 * look.a)]
    rows = 7 if look.style == "high" else 5
    lace: Colour = rgb("f6f4ee") if look.c < 0.6 else look.third
    for i in range(rows):
        x, y = along(throat, 0.06 + 0.88 * i / rows)
        c.line([(x - 62, y + 48), (x + 28, y - 4)], 21, lace, puff=0.6)
        c.paint(c.shape(ellipse(x - 68, y + 54, 9, 9)) & body, darker(look.main, 0.5), edge=0)


def _sole(c: Canvas, look: Look, base: float, ground: float, thick: float) -> None:
    chunky = look.style == "runner"
    tip = 925 + (12 if chunky else 0)
    outline: Path = curve([(108, base - 8, 0), (300, base + 6), (640, base + 10), (860, base - 14),
        (tip, base - 30, 0), (tip + 2, base + 20), (tip - 40, ground - 4), (780, ground, 0), (140, ground, 0),
        (96, ground - 30)])
    white = rgb("f3f1ea") if look.c < 0.7 else rgb("d9a86c")
    sole = c.paint(c.shape(outline), white, puff=0.35, depth=40, edge=0.2)
    if chunky:
        c.paint(c.shape(box(60, ground - thick * 0.42, 990, ground + 10)) & sole, look.third, puff=0.3, depth=30)
    else:
        c.line([(100, ground - 14), (930, ground - 14)], 12, look.second, clip=sole)
        c.line(curve([(100, base + 22), (300, base + 32), (640, base + 36), (930, base + 2)], closed=False), 7,
            look.third, clip=sole)


def boots(c: Canvas, look: Look) -> None:
    """A boot: Chelsea, laced, wellington or knee-high."""
    top = {"chelsea": 330, "laced": 270, "welly": 170, "knee": 90}[look.style] + 40 * look.b
    wide = {"chelsea": 0, "laced": 10, "welly": 40, "knee": 30}[look.style]
    base = 820.0
    shaft: list[Knot] = [(250 - wide, top, 0), (390, top - 14), (530 + wide, top, 0), (520 + wide * 0.6, 440),
        (515, 570), (600, 640), (760, 690), (840, 750), (850, base + 10, 0), (240, base + 10, 0), (225, 740),
        (262, 600)]
    if look.style in ("welly", "knee"):
        c.paint(c.shape(ellipse(390, top, 140 + wide, 24)), darker(look.main, 0.6), edge=0)
    body = c.shape(curve(shaft))
    c.paint(body, look.fill(0.9, top=top, bottom=base), puff=0.65, depth=130, edge=0.22)
    c.bright(c.stroke([(330, top + 60), (330, 560)], 30), 0.35 if look.style == "welly" else 0.16, blur=14, clip=body)
    _boot_details(c, look, body, top, base)
    heel = 46 + 60 * look.a if look.style in ("knee", "chelsea") else 40
    sole_colour = rgb("2c2623") if look.style != "laced" or look.c < 0.5 else rgb("c89b63")
    c.paint(c.shape(box(232, base - 4, 395 - heel * 0.4, base + 20 + heel, 10)), darker(sole_colour, 0.1), puff=0.3,
        depth=30)
    lift = heel - 40
    c.paint(c.shape(curve([(230, base - 12, 0), (560, base, 0), (700, base - 6), (868, base - 22, 0),
        (866, base + 18), (820, base + 40 + lift * 0.5), (640, base + 38 + lift * 0.3), (430, base + 22),
        (232, base + 24, 0)])), sole_colour, puff=0.4, depth=26)


def _boot_details(c: Canvas, look: Look, body: Mask, top: float, base: float) -> None:
    if look.style == "chelsea":
        gore = c.shape(curve([(330, top - 20, 0), (450, top - 20, 0), (440, top + 130), (400, top + 235),
            (345, top + 130)])) & body
        c.paint(gore, look.second, edge=0.25, depth=24)
        for i in range(7):
            c.line([(338 + i * 17, top - 20), (345 + i * 14, top + 230)], 4, darker(look.second, 0.35), clip=gore)
        c.paint(c.stroke(ellipse(262, top + 6, 24, 46), 15), look.second, puff=0.5, depth=14)
    elif look.style == "laced":
        facing = [(505.0, top + 30), (505.0, 540.0), (600.0, 630.0)]
        c.paint(c.shape(curve([(420, top, 0), (560, top, 0), (560, 560), (680, 660), (560, 660), (440, 560)])) & body,
            look.second, puff=0.3, depth=40)
        for i in range(7):
            x, y = along(facing, 0.05 + i * 0.14)
            c.line([(x - 62, y + 6), (x + 30, y - 8)], 18, look.third, puff=0.6)
            c.paint(c.shape(ellipse(x - 68, y + 6, 11, 11)), rgb("d8c48a"), edge=0.3, depth=10)
    elif look.style == "welly":
        c.line(curve([(200, top + 34), (390, top + 46), (600, top + 34)], closed=False), 30, look.second, clip=body)
        c.paint(c.shape(curve([(640, base + 20, 0), (640, 720), (720, 660), (880, 700), (880, base + 20, 0)])) & body,
            look.second, puff=0.4, depth=50)
    else:
        c.line([(395, top), (395, 600), (420, base)], 5, look.line, clip=body)
        for y in (560, 600) if look.c < 0.5 else (top + 90,):
            c.line(curve([(200, y), (380, y + 22), (600, y - 6)], closed=False), 30, look.second, clip=body, puff=0.5)
            c.paint(c.stroke(box(340, y - 14, 400, y + 46, 8), 10, closed=True), rgb("d9b95c"), puff=0.6, depth=10)


def heels(c: Canvas, look: Look) -> None:
    """A high-heeled shoe: court shoe, sandal with straps, platform or with an ankle strap."""
    lift = 250 + 110 * look.b
    ground = 830.0
    top = ground - lift - 60
    plate = 70 if look.style == "platform" else 0
    toe = ground - 16 - plate
    sole_c = look.second if look.c > 0.45 else rgb("2a2422")
    thin = 1.0 if look.style != "platform" else 1.9
    c.paint(c.shape(curve([(150, top + 70, 0), (270, top + 120, 0), (222, top + 190), (185 + 10 * thin, ground - 90),
        (180 + 14 * thin, ground, 0), (158 - 8 * thin, ground, 0), (160 - 4 * thin, ground - 120),
        (152, top + 180)])), sole_c, puff=0.5, depth=30)
    foot: list[Knot] = [(140, top + 30, 0), (280, top + 96), (450, toe - 110), (600, toe - 26), (760, toe),
        (890, toe - 8), (905, toe + 18), (760, toe + 24), (590, toe + 10), (430, toe - 55), (270, top + 150),
        (150, top + 100)]
    if look.style == "sandal":
        _sandal(c, look, top, toe)
    else:
        _court(c, look, top, toe)
    if plate:
        c.paint(c.shape(curve([(520, toe - 24, 0), (760, toe + 10), (905, toe - 4, 0), (890, ground - 16),
            (760, ground), (580, ground - 6), (470, toe - 20)])), sole_c, puff=0.4, depth=50)
    c.paint(c.shape(curve(foot)), darker(sole_c, 0.1), puff=0.4, depth=18)
    if look.style in ("ankle", "platform"):
        c.line(curve([(150, top - 40), (260, top - 95), (370, top - 55)], closed=False), 30, look.second, puff=0.6)
        c.line(curve([(150, top - 40), (250, top - 5), (370, top - 55)], closed=False), 34, look.main, puff=0.6)
        c.line([(168, top + 60), (158, top - 40)], 30, look.main, puff=0.5)
        c.paint(c.stroke(box(236, top - 28, 276, top + 16, 6), 9, closed=True), rgb("dcc06a"), puff=0.6, depth=9)


def _court(c: Canvas, look: Look, top: float, toe: float) -> None:
    inside = curve([(150, top + 10), (330, top + 60), (520, toe - 70), (620, toe - 40), (420, toe - 60),
        (240, top + 110)])
    c.paint(c.shape(inside), darker(look.main, 0.55), edge=0)
    upper = curve([(140, top - 30, 0), (185, top - 36), (260, top + 30), (380, toe - 130), (520, toe - 80),
        (640, toe - 118), (770, toe - 78), (900, toe - 4), (905, toe + 18), (760, toe + 20), (590, toe + 6),
        (430, toe - 55), (270, top + 150), (148, top + 96)])
    body = c.paint(c.shape(upper), look.fill(0.7, top=top, bottom=toe), puff=0.7, depth=70, edge=0.2)
    c.bright(c.shape(ellipse(740, toe - 52, 70, 16)), 0.6, blur=10, clip=body)
    if look.a > 0.6:
        c.paint(c.shape(curve([(600, toe - 120), (560, toe - 160), (560, toe - 80)]),
            curve([(620, toe - 115), (670, toe - 160), (680, toe - 85)])), look.second, puff=0.6, depth=24)
        c.paint(c.shape(ellipse(612, toe - 117, 17, 20)), look.second, puff=0.6, depth=14)


def _sandal(c: Canvas, look: Look, top: float, toe: float) -> None:
    for x, h in ((560, 92), (680, 100)):
        strap = curve([(x - 36, toe - 30 + (620 - x) * 0.2), (x + 4, toe - h - 6), (x + 120, toe - h + 20),
            (x + 170, toe + 14), (x + 110, toe + 20), (x + 70, toe - h + 66), (x + 30, toe - h + 50), (x + 30, toe)])
        c.paint(c.shape(strap), look.fill(0.7, top=top, bottom=toe), puff=0.6, depth=26)
    back = curve([(138, top - 10, 0), (150, top - 90), (200, top - 96), (250, top + 40), (280, top + 140),
        (150, top + 96, 0)])
    c.paint(c.shape(back), look.fill(0.7, top=top, bottom=toe), puff=0.6, depth=40)
    c.line(curve([(160, top - 70), (290, top - 105), (390, top - 60), (280, top - 30), (170, top - 60)],
        closed=False), 24, look.main, puff=0.6)


KINDS = (
    Kind(
        "sneakers",
        "Shoes > Sneakers",
        sneakers,
        {"low": "low-top sneakers", "high": "high-top sneakers", "runner": "running shoes",
            "slip": "slip-on sneakers"},
        ("plain", "block", "squares", "camo", "stripes", "dots", "gradient", "plaid", "flowers", "diagonal"),
        VIVID,
        ("canvas", "suede", "mesh", "leather"),
        BRANDS,
        (39, 159),
    ),
    Kind("boots", "Shoes > Boots", boots, {"chelsea": "Chelsea boots", "laced": "lace-up boots",
        "welly": "wellington boots", "knee": "knee-high boots"}, ("plain", "plain", "block", "flowers", "dots",
        "gradient", "stripes", "plaid", "camo"), LEATHER, ("leather", "suede", "rubber", "nubuck"), BRANDS, (49, 219),
        VIVID),
    Kind(
        "high heels",
        "Shoes > High heels",
        heels,
        {"court": "court shoes", "sandal": "heeled sandals", "platform": "platform heels",
            "ankle": "ankle-strap heels"},
        ("plain", "dots", "block", "gradient", "flowers", "checks", "diagonal", "camo"),
        ("red", "black", "fuchsia", "cream", "teal", "mustard", "navy", "blush", "purple", "silver", "green",
            "orange", "cognac", "sky blue"),
        ("satin", "patent leather", "suede"),
        ("Velora", "Maison Bruna", "Alma Sohle", "Petit Pas"),
        (49, 189),
    ),
)
