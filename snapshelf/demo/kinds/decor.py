"""Vases, clocks, cushions and potted plants."""

from __future__ import annotations

from math import cos, pi, sin

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas
from snapshelf.demo.colours import HOME, VIVID, Colour, bright, darker, lighter, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.dice import Dice
from snapshelf.demo.paths import Knot, Path, both, box, curve, ellipse, shift, spin

# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BLACK = rgb("2c2d31")


def vase(c: Canvas, look: Look) -> None:
    """A vase: amphora, bottle-necked, cylinder or gourd; some hold stems."""
    w = 170 + 60 * look.a
    top = 300 - 110 * look.b
    if look.c > 0.6:
        _stems(c, look, top)
    neck = {"amphora": 0.5, "bottle": 0.26, "cylinder": 0.8, "gourd": 0.42}[look.style] * w
    shapes: dict[str, list[Knot]] = {
        "amphora": [(500 + neck, top, 0), (500 + neck * 0.8, top + 70), (500 + w * 1.1, top + 230), (500 + w, 640),
            (500 + w * 0.5, 880, 0)],
        "bottle": [(500 + neck * 1.3, top - 30, 0), (500 + neck, top + 160), (500 + neck * 1.1, top + 250),
            (500 + w * 1.15, 700), (500 + w * 0.8, 880, 0)],
        "cylinder": [(500 + neck, top, 0), (500 + neck * 0.93, 500), (500 + neck * 0.8, 860), (500 + neck * 0.74, 880,
            0)],
        "gourd": [(500 + neck, top, 0), (500 + neck * 0.8, top + 40), (500 + w * 0.72, top + 160),
            (500 + w * 0.5, top + 280), (500 + w * 1.15, 720), (500 + w * 0.7, 880, 0)],
    }
    lip = neck * (1.3 if look.style == "bottle" else 1)
    y = top - 30 if look.style == "bottle" else top
    if look.style == "amphora" and look.b > 0.4:
        for s in (-1, 1):
            ear = curve([(500 + s * neck * 0.8, top + 50), (500 + s * (w + 30), top + 40),
                (500 + s * (w + 20), top + 190), (500 + s * w * 0.98, top + 250)], closed=False)
            c.paint(c.stroke(ear, 36), look.main, puff=0.6, depth=30)
    body = c.shape(both([(500, y, 0), *shapes[look.style], (500, 892, 0)]))
    c.paint(body, patterns.around(look.fill(1.05, top=top, bottom=880), 500, w * 1.25, 26), puff=0.5, depth=130,
        tube=0.45, edge=0.12)
    c.bright(c.shape(ellipse(500 - w * 0.4, 620, 26, 110)), 0.4, blur=20, clip=body)
    c.paint(c.shape(ellipse(500, y, lip, 16 + lip * 0.12)), lighter(look.main, 0.3), edge=0)
    c.paint(c.shape(ellipse(500, y + 2, lip * 0.84, 10 + lip * 0.09)), darker(look.main, 0.6), edge=0)
    if look.c > 0.6:
        c.paint(c.shape(box(490, y - 40, 510, y + 8)), rgb("5f8a4a"), edge=0)


def _stems(c: Canvas, look: Look, top: float) -> None:
    petals = look.third if look.third_name not in ("black", "charcoal", "grey") else rgb("e8607a")
    for dx, h in ((-120, 190), (20, 260), (130, 170)):
        stem = curve([(500, top + 20), (500 + dx * 0.4, top - h * 0.5), (500 + dx, top - h)], closed=False)
        c.line(stem, 12, rgb("5f8a4a"))
        x, y = 500 + dx, top - h
        leaf = shift(curve([(0, 0), (60, -34), (110, -10), (55, 20)]), 500 + dx * 0.4, top - h * 0.45,
            sx=1 if dx > 0 else -1)
        c.paint(c.shape(leaf), rgb("6d9a55"), puff=0.4, depth=20)
        for k in range(6):
            c.paint(c.shape(ellipse(x + 36 * cos(k * pi / 3), y + 36 * sin(k * pi / 3), 30, 30)), petals, puff=0.4,
                depth=24)
        c.paint(c.shape(ellipse(x, y, 22, 22)), rgb("f3cf52"), puff=0.5, depth=14)


def clock(c: Canvas, look: Look) -> None:
    """A clock: on the wall, an alarm clock with bells, a sunburst, or a square one."""
    r = {"wall": 400, "alarm": 285, "sunburst": 235, "square": 380}[look.style]
    cy = 560 if look.style == "alarm" else 500
    if look.style == "alarm":
        _bells(c, look, r, cy)
    if look.style == "sunburst":
        _rays(c, look, r)
    rim = r * (0.1 + 0.07 * look.a)
    outline = box(500 - r, cy - r, 500 + r, cy + r, r * 0.25) if look.style == "square" else ellipse(500, cy, r, r)
    c.paint(c.shape(outline), look.main if look.style != "sunburst" else look.second, puff=0.7, depth=rim * 1.3,
        edge=0.22)
    inner = r - rim
    face_path = box(500 - inner, cy - inner, 500 + inner, cy + inner,
        inner * 0.2) if look.style == "square" else ellipse(500, cy, inner, inner)
    plain = look.pattern == "plain"
    face_colour = (rgb("f7f4ec"), look.second, look.third)[int(look.b * 2.99)]
    face = c.paint(c.shape(face_path), face_colour if plain else look.fill(1.1, top=cy - r, bottom=cy + r), puff=-0.2,
        depth=30)
    ground = face_colour if plain else look.main
    if not plain:
        c.paint(c.shape(ellipse(500, cy, inner * 0.66, inner * 0.66)), rgb("f7f4ec"), edge=0.05)
        ground = rgb("f7f4ec")
    _numbers(c, look, inner * (1 if plain else 0.64), cy, ground)
    c.bright(c.shape(ellipse(500 - r * 0.3, cy - r * 0.45, r * 0.4, r * 0.2)), 0.15, blur=20, clip=face)


def _numbers(c: Canvas, look: Look, r: float, cy: float, ground: Colour) -> None:
    ink = BLACK if bright(ground) > 0.5 else rgb("f7f4ec")
    for i in range(12):
        a = i * pi / 6
        x, y = sin(a), -cos(a)
        if look.c < 0.4:
            c.paint(c.shape(ellipse(500 + r * 0.82 * x, cy + r * 0.82 * y,
                *((r * 0.06,) * 2 if i % 3 == 0 else (r * 0.035,) * 2))), ink, edge=0)
        else:
            c.line([(500 + r * (0.7 if i % 3 == 0 else 0.78) * x, cy + r * (0.7 if i % 3 == 0 else 0.78) * y),
                (500 + r * 0.9 * x, cy + r * 0.9 * y)], r * (0.07 if i % 3 == 0 else 0.04), ink)
    turn = look.a * 4
    for share, width, angle in ((0.48, 0.075, -0.95 + turn), (0.72, 0.05, 1.05 + turn * 2)):
        c.line([(500, cy), (500 + r * share * sin(angle), cy - r * share * cos(angle))], r * width, ink)
    c.line([(500, cy), (500 - r * 0.62 * sin(turn), cy + r * 0.62 * cos(turn))], r * 0.022, rgb("cf2b2f"))
    c.paint(c.shape(ellipse(500, cy, r * 0.06, r * 0.06)), ink, edge=0)


def _bells(c: Canvas, look: Look, r: float, cy: float) -> None:
    for s in (-1, 1):
        c.line([(500 + s * r * 0.5, cy + r * 0.7), (500 + s * r * 0.78, cy + r * 1.16)], 40, darker(look.main, 0.2),
            puff=0.6)
        bell = spin(ellipse(500, cy - r * 1.12, r * 0.36, r * 0.36, start=180, end=360), s * 34, 500, cy)
        c.line([(500 + s * r * 0.45, cy - r * 0.7), (500 + s * r * 0.62, cy - r * 0.98)], 16, rgb("b3b8bf"))
        c.paint(c.shape(bell), look.third, puff=0.7, depth=60)
    c.line(curve([(500 - r * 0.3, cy - r * 0.9), (500, cy - r * 1.32), (500 + r * 0.3, cy - r * 0.9)], closed=False),
        16, rgb("b3b8bf"), puff=0.6)


def _rays(c: Canvas, look: Look, r: float) -> None:
    count = 16 + 2 * int(look.c * 5)
    for i in range(count):
        reach = 430 if i % 2 == 0 else 350
        ray: Path = [(500 - 16, 500 - r * 0.9), (500 + 16, 500 - r * 0.9), (500 + 7, 500 - reach),
            (500 - 7, 500 - reach)]
        c.paint(c.shape(spin(ray, i * 360 / count)), look.main, puff=0.3, depth=14)
        if look.a > 0.5 and i % 2 == 0:
            c.paint(c.shape(spin(ellipse(500, 500 - reach, 22, 22), i * 360 / count)), look.third, puff=0.6, depth=18)


def cushion(c: Canvas, look: Look) -> None:
    """A cushion: square, lumbar, round with a button, or with tassels."""
    if look.style == "round":
        body = c.shape(ellipse(500, 500, 400, 385))
        c.paint(body, look.fill(1.5, top=120, bottom=880), puff=0.75, depth=200, edge=0.2)
        for k in range(16):
            a = k * pi / 8
            c.dark(c.stroke([(500 + 40 * cos(a), 500 + 40 * sin(a)), (500 + 330 * cos(a), 500 + 320 * sin(a))], 12),
                0.25, blur=10, clip=body)
        c.dark(c.shape(ellipse(500, 500, 70, 70)), 0.5, blur=30, clip=body)
        c.paint(c.shape(ellipse(500, 500, 44, 44)), look.second, puff=0.6, depth=30)
        return
    w, h = (420, 255 + 30 * look.b) if look.style == "lumbar" else (385, 385)
    dent = 26 + 26 * look.a
    path = curve([(500 - w, 500 - h, 0), (500, 500 - h + dent), (500 + w, 500 - h, 0), (500 + w - dent, 500),
        (500 + w, 500 + h, 0), (500, 500 + h - dent), (500 - w, 500 + h, 0), (500 - w + dent, 500)])
    if look.style == "tassels":
        for sx in (-1, 1):
            for sy in (-1, 1):
                x, y = 500 + sx * (w - 6), 500 + sy * (h - 6)
                c.paint(c.shape(curve([(x, y, 0), (x + sx * 30, y + sy * 70, 0), (x + sx * 74, y + sy * 34, 0)])),
                    look.second, puff=0.4, depth=20)
                c.paint(c.shape(ellipse(x + sx * 8, y + sy * 8, 24, 24)), look.third, puff=0.6, depth=16)
    body = c.shape(path)
    c.paint(body, look.fill(1.5, top=500 - h, bottom=500 + h), puff=0.7, depth=210, edge=0.2)
    if look.style != "tassels" and look.c > 0.4:
        c.paint(c.stroke(path, 20, closed=True), look.second, puff=0.5, depth=16)
    if look.pattern == "plain":
        _motif(c, look)


def _motif(c: Canvas, look: Look) -> None:
    which = int(look.b * 2.99)
    if which == 0:
        c.paint(c.stroke(ellipse(500, 500, 170, 170), 34, closed=True), look.second, edge=0.05)
        c.paint(c.shape(ellipse(500, 500, 80, 80)), look.third, edge=0.05)
    elif which == 1:
        for k in range(5):
            leaf = spin(curve([(500, 500, 0), (450, 400), (500, 270, 0), (550, 400)]), k * 72)
            c.paint(c.shape(leaf), look.second if k % 2 else look.third, edge=0.1, depth=20)
    else:
        for k in range(3):
            c.paint(c.stroke(spin(box(500 - 80 - 60 * k, 500 - 80 - 60 * k, 500 + 80 + 60 * k, 500 + 80 + 60 * k),
                45), 22, closed=True), look.second if k % 2 == 0 else look.third, edge=0.05)


def plant(c: Canvas, look: Look) -> None:
    """A potted plant: cactus, snake plant, round-leaved or palm-like."""
    w = 175 + 35 * look.a
    top = 610 - 40 * look.b
    green = (rgb("4f8a4b"), rgb("6f9a4a"), rgb("2f6b4f"), rgb("86a86a"))[int(look.c * 3.99)]
    dice = Dice(look.seed)
    {"cactus": _cactus, "snake": _snake, "leaves": _leaves, "palm": _palm}[look.style](c, dice, green, top)
    pot = c.shape(both([(500, top, 0), (500 + w, top, 0), (500 + w * 0.95, top + 60), (500 + w * 0.72, 880),
        (500 + w * 0.66, 900, 0), (500, 906, 0)]))
    c.paint(pot, patterns.around(look.fill(0.9, top=top, bottom=900), 500, w * 1.05, 18), tube=0.65, edge=0.12)
    c.paint(c.shape(box(500 - w - 14, top - 22, 500 + w + 14, top + 42, 16)),
        look.second if look.b > 0.55 else look.main, tube=0.6, edge=0.1)


def _cactus(c: Canvas, dice: Dice, green: Colour, top: float) -> None:
    arms = [(500.0, 120.0, 170.0)]
    for s in (-1, 1):
        y = dice.between(330, 470)
        c.line(curve([(500, y + 60), (500 + s * 130, y + 40), (500 + s * 165, y - 30),
            (500 + s * 165, y - 120 - 50 * dice.unit())], closed=False), 84, green, puff=0.6)
    for x, y, w in arms:
        body = c.shape(box(x - w / 2, y, x + w / 2, top + 20, w / 2))
        c.paint(body, green, tube=0.6, puff=0.3, depth=50)
        for k in (-2, -1, 0, 1, 2):
            c.dark(c.stroke([(x + k * w / 5, y + 20), (x + k * w / 5, top)], 8), 0.3, blur=4, clip=body)
    for k in range(3):
        c.paint(c.shape(ellipse(470 + k * 30, 118 - 16 * (k % 2), 28, 26)), rgb("ee6f9a"), puff=0.5, depth=18)


def _snake(c: Canvas, dice: Dice, green: Colour, top: float) -> None:
    for k, dx in enumerate((-130, 120, -60, 70, 0)):
        h = dice.between(330, 500)
        leaf = curve([(500 + dx * 0.5 - 36, top + 20, 0), (500 + dx * 0.9 - 44, top - h * 0.5),
            (500 + dx * 1.3, top - h, 0), (500 + dx * 0.9 + 40, top - h * 0.5), (500 + dx * 0.5 + 36, top + 20, 0)])
        c.paint(c.shape(leaf), rgb("d8d27a"), edge=0.2)
        inner = shift(leaf, (500 + dx * 0.9) * 0.3, 0, sx=0.7)
        c.paint(c.shape(inner) & c.shape(leaf), patterns.zigzag(green, darker(green, 0.4), 46 + 6 * k), puff=0.3,
            depth=30, edge=0.1)


def _leaves(c: Canvas, dice: Dice, green: Colour, top: float) -> None:
    for k in range(11):
        a = (-pi / 2) + (k - 5) * 0.27 + dice.between(-0.1, 0.1)
        reach = dice.between(250, 430)
        x, y = 500 + reach * cos(a) * 0.95, top - 20 + reach * sin(a)
        c.line(curve([(500, top), (500 + (x - 500) * 0.4, (top + y) / 2 - 30), (x, y)], closed=False), 11,
            darker(green, 0.2))
        r = dice.between(70, 100)
        leaf = c.shape(spin(curve([(x, y + r, 0), (x - r * 0.85, y + r * 0.2), (x - r * 0.5, y - r * 0.8),
            (x, y - r * 0.98), (x + r * 0.5, y - r * 0.8), (x + r * 0.85, y + r * 0.2)]), (a + pi / 2) * 50, x, y))
        c.dark(leaf, 0.3, blur=10)
        c.paint(leaf, lighter(green, dice.between(0, 0.18)), puff=0.5, depth=60)


def _palm(c: Canvas, dice: Dice, green: Colour, top: float) -> None:
    c.line([(500, top + 10), (495, top - 190)], 44, rgb("8a6a45"), puff=0.6)
    for k in range(11):
        a = (k - 5) * 0.36
        length = dice.between(300, 390)
        x0, y0 = 495.0, top - 190
        tip = (x0 + length * sin(a) * 0.95, y0 - length * cos(a) * 0.62 + 130 * abs(sin(a)))
        mid = (x0 + length * 0.5 * sin(a), y0 - length * 0.5 * cos(a) - 40)
        c.paint(c.shape(curve([(x0 - 8, y0, 0), (mid[0] - 14, mid[1] - 26), (tip[0], tip[1], 0),
            (mid[0] + 14, mid[1] + 26), (x0 + 8, y0, 0)])), lighter(green, dice.between(0, 0.2)), puff=0.5, depth=34)


KINDS = (
    Kind(
        "vases",
        "Home > Decoration > Vases",
        vase,
        {"amphora": "amphora vase", "bottle": "bottle vase", "cylinder": "cylinder vase", "gourd": "gourd vase"},
        ("plain", "stripes", "gradient", "zigzag", "dots", "speckles", "block", "flowers", "upright"),
        HOME,
        ("stoneware", "glazed", "porcelain", "terracotta"),
        ("Kiln & Co", "Terrafina", "Ostmark"),
        (14, 89),
    ),
    Kind(
        "clocks",
        "Home > Decoration > Clocks",
        clock,
        {"wall": "wall clock", "alarm": "alarm clock", "sunburst": "sunburst clock", "square": "square wall clock"},
        ("plain", "plain", "upright", "dots", "checks", "plain", "gradient", "zigzag", "halves"),
        HOME,
        ("quartz", "silent", "radio-controlled"),
        ("Zeitler", "Kairos 12", "Nordfat"),
        (15, 99),
        VIVID,
        hangs=True,
    ),
    Kind(
        "cushions",
        "Home > Textiles > Cushions",
        cushion,
        {"square": "cushion", "lumbar": "lumbar cushion", "round": "round cushion",
            "tassels": "cushion with tassels"},
        ("plain", "flowers", "plaid", "zigzag", "stripes", "squares", "dots", "diagonal", "gradient", "camo",
            "halves"),
        HOME,
        ("velvet", "linen", "cotton", "wool"),
        ("Hygge & Holm", "Baumwoll", "Lagom Living"),
        (12, 59),
        lies_flat=True,
    ),
    Kind("potted plants", "Home > Plants > Potted plants", plant, {"cactus": "cactus", "snake": "snake plant",
        "leaves": "pilea", "palm": "palm"}, ("plain", "stripes", "dots", "zigzag", "block", "speckles", "gradient",
        "upright"), VIVID, ("potted", "evergreen"), ("Blattwerk", "Green Uncle"), (9, 59)),
)
