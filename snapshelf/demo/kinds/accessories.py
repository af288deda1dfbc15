"""Watches, sunglasses, hats and umbrellas."""

from __future__ import annotations

import itertools
from math import cos, pi, sin

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas
from snapshelf.demo.colours import LEATHER, VIVID, Colour, bright, darker, lighter, mixed, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Path, both, box, curve, ellipse, mirror, spin

# outlines are laid out by hand, one list of points for one shape:
# fmt: off

GOLD, STEEL, ROSE, BLACK = rgb("d6b04e"), rgb("bcc1c8"), rgb("dba58c"), rgb("2c2d31")


def watch(c: Canvas, look: Look) -> None:
    """A wrist watch laid straight: round, square, a diver's with a bezel, or with a display."""
    metal: Colour = (GOLD, STEEL, ROSE, BLACK, STEEL)[int(look.c * 4.99)]
    r = 165 + 45 * look.a
    strap = r * (0.62 + 0.12 * look.b)
    fill = look.fill(0.62, top=90, bottom=910)
    for y0, y1, taper in ((500 - r * 0.5, 60, 0.86), (500 + r * 0.5, 945, 0.8)):
        band: Path = [(500 - strap, y0), (500 + strap, y0), (500 + strap * taper, y1), (500 - strap * taper, y1)]
        body = c.paint(c.shape(band), fill, puff=0.5, depth=50, edge=0.2)
        if look.pattern == "plain":
            for s in (-1, 1):
                c.dashes([(500 + s * (strap - 16), y0), (500 + s * (strap * taper - 16), y1)], 4,
                    lighter(look.main, 0.45))
        if y1 > 500:
            for i in range(4):
                c.paint(c.shape(ellipse(500, 770 + i * 42, 10, 10)) & body, darker(look.main, 0.6), edge=0)
        else:
            c.paint(c.stroke(box(500 - strap - 10, 44, 500 + strap + 10, 112, 12), 16, closed=True), metal, puff=0.6,
                depth=14)
    c.paint(c.shape(box(500 + r - 8, 472, 500 + r + 36, 528, 8)), metal, tube=0.5)
    {"round": _round_case, "square": _square_case, "diver": _diver_case, "digital": _digital_case}[look.style](c,
        look, r, metal)


def _dial(look: Look) -> Colour:
    return (rgb("f6f3ea"), look.second, BLACK, look.third)[int(look.b * 3.99)]


def _hands(c: Canvas, look: Look, r: float, dial: Colour) -> None:
    ink = rgb("f4f2ea") if bright(dial) < 0.5 else BLACK
    turn = look.a * 3.0
    for share, width, angle in ((0.5, 20, -1.0 + turn), (0.74, 14, 0.9 + turn)):
        c.line([(500, 500), (500 + r * share * sin(angle), 500 - r * share * cos(angle))], width, ink)
    c.line([(500, 500), (500 - r * 0.66 * sin(0.3 + turn), 500 + r * 0.66 * cos(0.3 + turn))], 6, look.third)
    c.paint(c.shape(ellipse(500, 500, 15, 15)), ink, edge=0)


def _ticks(c: Canvas, r: float, dial: Colour, *, bold: bool) -> None:
    ink = rgb("f4f2ea") if bright(dial) < 0.5 else BLACK
    for i in range(12):
        a, inner = i * pi / 6, 0.76 if i % 3 == 0 or bold else 0.84
        c.line([(500 + r * inner * sin(a), 500 - r * inner * cos(a)), (500 + r * 0.92 * sin(a), 500 - r * 0.92
            * cos(a))], 15 if bold or i % 3 == 0 else 8, ink)


def _round_case(c: Canvas, look: Look, r: float, metal: Colour) -> None:
    c.paint(c.shape(ellipse(500, 500, r, r)), metal, puff=0.7, depth=40, edge=0.25)
    dial = _dial(look)
    face = c.paint(c.shape(ellipse(500, 500, r * 0.86, r * 0.86)), dial, puff=-0.15, depth=30)
    _ticks(c, r * 0.84, dial, bold=False)
    _hands(c, look, r * 0.84, dial)
    c.bright(c.shape(curve([(500 - r * 0.7, 470), (480, 500 - r * 0.74), (500 + r * 0.1, 500 - r * 0.72),
        (500 - r * 0.6, 560)])), 0.22, blur=6, clip=face)


def _square_case(c: Canvas, look: Look, r: float, metal: Colour) -> None:
    w, h = r * 0.86, r * (0.95 + 0.2 * look.b)
    c.paint(c.shape(box(500 - w, 500 - h, 500 + w, 500 + h, 40)), metal, puff=0.7, depth=40, edge=0.25)
    dial = _dial(look)
    c.paint(c.shape(box(500 - w + 30, 500 - h + 30, 500 + w - 30, 500 + h - 30, 20)), dial, puff=-0.15, depth=30)
    _ticks(c, w * 0.84, dial, bold=False)
    _hands(c, look, w * 0.84, dial)


def _diver_case(c: Canvas, look: Look, r: float, metal: Colour) -> None:
    c.paint(c.shape(ellipse(500, 500, r * 1.06, r * 1.06)), metal, puff=0.7, depth=40, edge=0.25)
    c.paint(c.shape(ellipse(500, 500, r * 0.98, r * 0.98)), look.second, puff=0.4, depth=40)
    for i in range(24):
        a = i * pi / 12
        c.line([(500 + r * 0.86 * sin(a), 500 - r * 0.86 * cos(a)), (500 + r * 0.94 * sin(a), 500 - r * 0.94
            * cos(a))], 12 if i % 2 == 0 else 6, rgb("f4f2ea"))
    dial = BLACK if look.b < 0.5 else look.main
    c.paint(c.shape(ellipse(500, 500, r * 0.78, r * 0.78)), dial, edge=0.1)
    _ticks(c, r * 0.74, dial, bold=True)
    _hands(c, look, r * 0.76, dial)


def _digital_case(c: Canvas, look: Look, r: float, metal: Colour) -> None:
    w, h = r * 0.92, r * 1.02
    c.paint(c.shape(box(500 - w, 500 - h, 500 + w, 500 + h, 76)), BLACK if look.b < 0.5 else metal, puff=0.7,
        depth=40)
    screen = c.paint(c.shape(box(500 - w + 26, 500 - h + 26, 500 + w - 26, 500 + h - 26, 54)), rgb("101216"), edge=0)
    for i, colour in enumerate((look.second, look.third, rgb("f2f2f2"))):
        rr = w * (0.62 - 0.16 * i)
        c.paint(c.stroke(ellipse(500, 500, rr, rr, start=-90, end=-90 + 330
            * (0.45 + 0.5 * ((look.a * 3 + i * 0.37) % 1))), 22) & screen, colour, edge=0)
    c.bright(c.shape([(500 - w, 500 - h), (520, 500 - h), (500 - w, 560)]), 0.14, clip=screen)


def sunglasses(c: Canvas, look: Look) -> None:
    """Sunglasses from the front: round, aviator, cat-eye or square."""
    rx, ry = 165 + 25 * look.a, 125 + 30 * look.b
    gap = 40.0
    cx = 500 + gap + rx
    thin = look.style == "aviator" or (look.style == "round" and look.pattern in ("plain", "gradient"))
    metal = GOLD if look.b > 0.5 else STEEL
    lens = {
        "round": ellipse(cx, 500, rx * 0.9, rx * 0.9),
        "aviator": curve([(cx - rx * 0.95, 410), (cx, 392), (cx + rx * 0.95, 420), (cx + rx, 520),
            (cx + rx * 0.45, 500 + ry * 1.25), (cx - rx * 0.35, 500 + ry * 1.1), (cx - rx * 0.9, 520)]),
        "cat": curve([(cx - rx, 470), (cx - rx * 0.5, 405), (cx + rx * 0.5, 395), (cx + rx * 1.25, 340, 0),
            (cx + rx * 1.08, 500), (cx + rx * 0.4, 500 + ry * 0.95), (cx - rx * 0.55, 500 + ry * 0.85)]),
        "square": box(cx - rx, 500 - ry * 0.95, cx + rx, 500 + ry * 0.95, 54),
    }[look.style]
    width = 16 if thin else 52 + 20 * look.b
    outer_x = cx + rx * (1.2 if look.style == "cat" else 0.98)
    for flip in (False, True):
        arm: Path = [(outer_x - 10, 430), (outer_x + 60, 420), (outer_x + 52, 470), (outer_x - 10, 486)]
        c.paint(c.shape(mirror(arm) if flip else arm), metal if thin else look.main, puff=0.4, depth=24)
    bridge = curve([(500 - gap - 24, 470), (500, 440), (500 + gap + 24, 470)], closed=False)
    c.paint(c.stroke(bridge, 16 if thin else 36), metal if thin else look.main, puff=0.6, depth=26)
    if look.style == "aviator":
        c.paint(c.stroke([(500 - gap - 60, 404), (500 + gap + 60, 404)], 16), metal, puff=0.6, depth=14)
    tint, tint_low = (rgb("33343a"), rgb("6b6d75")) if look.pattern != "gradient" else (look.second,
        lighter(look.third, 0.35))
    if look.c > 0.45 or thin:
        tint, tint_low = look.second, mixed(look.third, look.second, 0.4)
    for flip in (False, True):
        path = mirror(lens) if flip else lens
        c.paint(c.stroke(path, width, closed=True), metal if thin else look.fill(0.55, top=340, bottom=640), puff=0.6,
            depth=26)
        glass = c.paint(c.shape(path), patterns.gradient(darker(tint, 0.35), tint_low, 360, 660), edge=0.15, depth=20,
            opacity=0.97)
        x = 1000 - cx if flip else cx
        c.bright(c.shape([(x - rx * 0.5, 350), (x - rx * 0.15, 350), (x - rx * 0.75, 700), (x - rx * 1.1, 700)]),
            0.28, blur=5, clip=glass)


def hat(c: Canvas, look: Look) -> None:
    """Headwear: fedora, baseball cap, knitted beanie or wide sun hat."""
    {"fedora": _fedora, "cap": _cap, "beanie": _beanie, "sun": _sun_hat}[look.style](c, look)


def _fedora(c: Canvas, look: Look) -> None:
    w = 195 + 30 * look.a
    top = 300 - 50 * look.b
    brim = curve([(500 - w * 2.0, 640), (500 - w * 1.2, 596), (500, 580), (500 + w * 1.2, 596), (500 + w * 2.0, 640),
        (500 + w * 1.3, 730), (500, 765), (500 - w * 1.3, 730)])
    c.paint(c.shape(brim), look.main, puff=0.6, depth=60, edge=0.2)
    crown = c.shape(curve([(500 - w * 1.05, 668, 0), (500 - w * 0.98, 500), (500 - w * 0.75, top + 20),
        (500 - w * 0.25, top + 20), (500, top + 55), (500 + w * 0.25, top + 20), (500 + w * 0.75, top + 20),
        (500 + w * 0.98, 500), (500 + w * 1.05, 668, 0), (500, 706)]))
    c.paint(crown, look.fill(0.9, top=top, bottom=680), puff=0.6, depth=110)
    c.dark(c.stroke([(500, top + 40), (500, top + 170)], 24), 0.4, blur=18, clip=crown)
    band = c.shape(curve([(500 - w * 1.1, 560, 0), (500, 600), (500 + w * 1.1, 560, 0), (500 + w * 1.1, 670, 0),
        (500, 712), (500 - w * 1.1, 670, 0)])) & crown
    c.paint(band, look.second, puff=0.3, depth=30, edge=0.15)
    if look.c > 0.5:
        c.paint(c.shape(curve([(500 - w, 600), (500 - w * 1.25, 470), (500 - w * 1.12, 360), (500 - w * 0.85, 480)])),
            look.third, puff=0.5, depth=24)


def _cap(c: Canvas, look: Look) -> None:
    top = 290 - 50 * look.b
    dome = c.shape(curve([(225, 640, 0), (235, 470), (330, top + 40), (470, top), (610, top + 40), (700, 470),
        (710, 640, 0), (470, 668)]))
    c.paint(dome, look.fill(1.0, top=top, bottom=650), puff=0.65, depth=130, edge=0.18)
    for x in (340, 470, 600):
        c.line(curve([(470 + (x - 470) * 0.1, top), (470 + (x - 470) * 1.1, 460), (470 + (x - 470) * 1.25, 660)],
            closed=False), 5, look.line, clip=dome)
    if look.c > 0.4:
        front = c.shape(curve([(500, top, 0), (660, top + 40), (740, 480), (740, 680, 0), (545, 680, 0),
            (550, 480)])) & dome
        c.paint(front, look.third, puff=0.4, depth=80)
    c.paint(c.shape(ellipse(470, top - 2, 24, 15)), look.second, puff=0.6, depth=14)
    peak = curve([(470, 640, 0), (600, 608), (712, 600, 0), (860, 640), (915 + 30 * look.a, 710), (820, 722),
        (640, 690), (470, 676, 0)])
    c.paint(c.shape(peak), look.second, puff=0.6, depth=50, edge=0.2)
    c.dashes(curve([(560, 652), (720, 640), (830, 672), (870, 700)], closed=False), 4, lighter(look.second, 0.4))


def _beanie(c: Canvas, look: Look) -> None:
    w, top = 250 + 25 * look.a, 300 - 70 * look.b
    dome = c.shape(both([(500, top, 0), (500 + w * 0.6, top + 40), (500 + w, 520), (500 + w * 1.02, 680, 0),
        (500, 690, 0)]))
    c.paint(dome, look.fill(1.0, top=top, bottom=660), puff=0.6, depth=140, edge=0.18)
    for i in range(-6, 7):
        x = i * w / 6
        c.dark(c.stroke(curve([(500 + x * 0.25, top + 6), (500 + x * 0.85, 460), (500 + x, 680)], closed=False), 9),
            0.25, blur=5, clip=dome)
    c.paint(c.shape(box(500 - w - 16, 620, 500 + w + 16, 785, 50)), look.second, puff=0.6, depth=70)
    for i in range(-9, 10):
        x = 500 + i * w / 9.5
        c.dark(c.stroke([(x, 632), (x, 774)], 8), 0.28, blur=4)
    if look.c > 0.3:
        pom = [(500 + (96 + 14 * (k % 2)) * cos(k * pi / 18), top - 50 + (96 + 14 * (k % 2))
            * sin(k * pi / 18)) for k in range(36)]
        c.paint(c.shape(pom), look.third, puff=0.6, depth=70, edge=0.2)


def _sun_hat(c: Canvas, look: Look) -> None:
    top = 360 - 50 * look.b
    w = 390 + 50 * look.a
    brim = curve([(500 - w, 650), (500 - w * 0.6, 580), (500, 560), (500 + w * 0.6, 580), (500 + w, 650),
        (500 + w * 0.7, 740), (500 + w * 0.25, 762), (500, 752), (500 - w * 0.25, 762), (500 - w * 0.7, 740)])
    base = rgb("e8cf9a") if look.c > 0.4 else look.main
    mask = c.paint(c.shape(brim), base if look.c > 0.4 else look.fill(1.0, top=540, bottom=760), puff=0.5, depth=70,
        edge=0.18)
    for k in range(1, 6):
        c.dark(c.stroke(ellipse(500, 655, w * (0.35 + 0.12 * k), 40 + 13 * k), 4, closed=True), 0.22, clip=mask)
    crown = c.shape(both([(500, top, 0), (620, top + 22), (675, 520), (690, 650), (500, 690)]))
    c.paint(crown, look.fill(0.9, top=top, bottom=660), puff=0.6, depth=120)
    c.paint(c.shape(curve([(300, 545, 0), (500, 590), (700, 545, 0), (700, 640, 0), (500, 690), (300, 640, 0)]))
        & crown, look.second, puff=0.3, depth=30)
    c.paint(c.shape(curve([(640, 610), (740, 560), (720, 650)]), curve([(640, 620), (700, 720), (640, 740)])),
        look.second, puff=0.5, depth=24)


def umbrella(c: Canvas, look: Look) -> None:
    """An umbrella: open with a crook or straight grip, a dome, or rolled up."""
    if look.style == "rolled":
        _rolled(c, look)
        return
    w = 400.0
    top = {"open": 190, "dome": 90, "parasol": 240}[look.style] - 30 * look.b
    low = 520.0
    wood = rgb("7a4d2c") if look.c < 0.6 else BLACK
    foot = 760.0
    c.paint(c.shape(box(491, top - 50, 509, foot)), STEEL if look.c < 0.5 else wood, tube=0.7)
    if look.style == "parasol":
        c.paint(c.shape(box(480, 700, 520, 900, 14)), wood, tube=0.6)
    else:
        c.line(curve([(500, foot - 60), (500, foot + 30), (450, foot + 90), (395, foot + 50), (392, foot)],
            closed=False), 32, wood, puff=0.7)
    count = 6
    xs = [500 - w + 2 * w * i / count for i in range(count + 1)]
    scallop: Path = []
    for x0, x1 in itertools.pairwise(xs):
        depth = 44 if look.style != "parasol" else 14
        scallop += [(x0 + (x1 - x0) * t / 8, low + 26 - depth * sin(pi * t / 8)) for t in range(8)]
    arc = curve([(500 - w, low + 26, 0), (500 - w * 0.9, low - 120), (500 - w * 0.5, top + 50), (500, top),
        (500 + w * 0.5, top + 50), (500 + w * 0.9, low - 120), (500 + w, low + 26, 0)], closed=False)
    canopy = c.shape([*arc, *scallop[::-1]])
    c.paint(canopy, look.fill(1.25, top=top, bottom=low), puff=0.6, depth=150, edge=0.16)
    for i, x in enumerate(xs[1:-1]):
        rib = curve([(500, top), (500 + (x - 500) * 0.8, top + (low - top) * 0.4), (x, low + 26)], closed=False)
        c.dark(c.stroke(rib, 12), 0.3, blur=7, clip=canopy)
        if look.pattern == "plain" and look.b > 0.4 and i % 2 == 0:
            panel = c.shape([(500, top), *curve([(500, top), (500 + (xs[i] - 500) * 0.8, top + (low - top) * 0.4),
                (xs[i], low + 30)], closed=False), *rib[::-1]]) & canopy
            c.paint(panel, look.second, edge=0.1)
    c.paint(c.shape([(488, top + 6), (512, top + 6), (504, top - 70), (496, top - 70)]), wood, edge=0.1)


def _rolled(c: Canvas, look: Look) -> None:
    def lean(path: Path) -> Path:
        return spin(path, 38)

    grip = curve([(500, 160), (500, 90), (560, 40), (622, 80), (624, 120)], closed=False)
    c.line(lean(grip), 38, rgb("7a4d2c") if look.c < 0.6 else look.third, puff=0.7)
    c.line(lean([(500, 120), (500, 950)]), 22, STEEL, puff=0.7)
    w = 84 + 30 * look.a
    wrapped = both([(500, 220, 0), (500 + w * 0.7, 230), (500 + w, 300), (500 + w * 0.85, 600), (514, 900, 0),
        (500, 900, 0)])
    body = c.paint(c.shape(lean(wrapped)), look.fill(0.8, top=220, bottom=800), puff=0.6, depth=90, edge=0.15)
    for s in (-0.5, 0.15, 0.6):
        fold = curve([(500 + s * w, 235), (500 + s * w * 0.9, 560), (502, 890)], closed=False)
        c.dark(c.stroke(lean(fold), 10), 0.4, blur=6, clip=body)
    c.paint(c.shape(lean(box(380, 400, 620, 450))) & body, look.second, puff=0.4, depth=20)


KINDS = (
    Kind(
        "watches",
        "Accessories > Watches",
        watch,
        {"round": "wristwatch", "square": "square wristwatch", "diver": "diver's watch", "digital": "smartwatch"},
        ("plain", "plain", "stripes", "upright", "block", "camo", "gradient", "dots", "diagonal"),
        LEATHER,
        ("leather", "textile", "silicone", "nylon"),
        ("Tempora", "Kairos 12", "Zeitler", "Marina Blu"),
        (49, 349),
        VIVID,
        lies_flat=True,
    ),
    Kind(
        "sunglasses",
        "Accessories > Sunglasses",
        sunglasses,
        {"round": "round sunglasses", "aviator": "aviator sunglasses", "cat": "cat-eye sunglasses",
            "square": "square sunglasses"},
        ("plain", "gradient", "stripes", "dots", "camo", "squares", "speckles", "block"),
        VIVID,
        ("acetate", "metal", "recycled"),
        ("Solara", "Ombra", "Kite & Crane"),
        (19, 159),
        lies_flat=True,
        plain_styles=("aviator",),
    ),
    Kind("hats", "Accessories > Hats", hat, {"fedora": "fedora", "cap": "baseball cap", "beanie": "bobble hat",
        "sun": "sun hat"}, ("plain", "stripes", "plaid", "dots", "camo", "zigzag", "gradient", "checks", "flowers"),
        VIVID, ("wool", "cotton", "straw", "felt"), ("Hutwerk", "Saltwind", "Bonnet & Brim"), (15, 79)),
    Kind(
        "umbrellas",
        "Accessories > Umbrellas",
        umbrella,
        {"open": "umbrella", "dome": "dome umbrella", "parasol": "sunshade", "rolled": "walking umbrella"},
        ("plain", "upright", "dots", "plaid", "flowers", "stripes", "checks", "gradient", "diagonal"),
        VIVID,
        ("nylon", "pongee", "cotton"),
        ("Regenmann", "Drizzle & Sons", "Ombra"),
        (15, 69),
    ),
)
