"""Headphones, bicycles, guitars and balls."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas, Mask
from snapshelf.demo.colours import VIVID, WOODS, Colour, darker, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, Path, box, curve, ellipse, mirror, spin

# the parts of a drawing need to know where the others are:
# ruff: noqa: PLR0917
# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BLACK, STEEL, TAN = rgb("26272b"), rgb("b9bec6"), rgb("b9824d")


def headphones(c: Canvas, look: Look) -> None:
    """Headphones from the front: over-ear, on-ear, studio with a thin bow, or for gaming with a microphone."""
    reach = 265 + 30 * look.a
    top = 150 + 40 * look.b
    bow = curve([(500 - reach, 620), (500 - reach * 0.98, 400), (500 - reach * 0.6, top + 30), (500, top),
        (500 + reach * 0.6, top + 30), (500 + reach * 0.98, 400), (500 + reach, 620)], closed=False)
    thin = look.style == "studio"
    c.line(bow, 26 if thin else 60, STEEL if thin else look.second, puff=0.6)
    middle = bow[len(bow) // 5 : -len(bow) // 5]
    c.paint(c.stroke(middle, 62 if thin else 84), look.fill(0.6, top=top, bottom=top + 200), puff=0.6, depth=50)
    cups = {"over": (122, 185), "on": (112, 128), "studio": (128, 160), "gaming": (120, 180)}[look.style]
    for s in (-1, 1):
        x = 500 + s * (reach - 8)
        if look.style == "gaming" and s == 1:
            c.line(curve([(x, 720), (x - 60, 850), (x - 190, 870)], closed=False), 18, BLACK, puff=0.5)
            c.paint(c.shape(ellipse(x - 205, 868, 44, 26)), BLACK, puff=0.5, depth=20)
        _cup(c, look, x, s, *cups)


def _cup(c: Canvas, look: Look, x: float, s: int, rx: float, ry: float) -> None:
    pad = c.shape(box(x - s * 66 - 48, 640 - ry, x - s * 66 + 48, 640 + ry, 46))
    c.paint(pad, BLACK if look.c < 0.5 else look.second, puff=0.6, depth=50)
    shell = c.shape(ellipse(x + s * 14, 640, rx, ry * 1.02))
    c.paint(shell, look.fill(0.8, top=640 - ry, bottom=640 + ry), puff=0.7, depth=80, edge=0.2)
    ring = ellipse(x + s * 26, 640, rx * 0.55, ry * 0.6)
    c.paint(c.shape(ring), look.third if look.style != "studio" else BLACK, puff=0.4, depth=40)
    if look.style in ("studio", "gaming"):
        c.paint(c.stroke(ring, 12, closed=True), look.second if look.style == "gaming" else STEEL, puff=0.5, depth=10)
    c.bright(c.shape(ellipse(x + s * 14 - rx * 0.4, 640 - ry * 0.5, 20, 40)), 0.5, blur=12, clip=shell)


def bicycle(c: Canvas, look: Look) -> None:
    """A bicycle from the side: city with low entry, racer, mountain or a child's."""
    r = {"city": 190, "racer": 195, "mountain": 188, "child": 150}[look.style]
    y = 930.0 - r
    rear, front = (250.0, y), (760.0, y)
    if look.style == "child":
        rear, front = (310.0, y), (700.0, y)
    for hub in (rear, front):
        _wheel(c, look, hub, r)
    crank = ((rear[0] + front[0]) / 2 - 30, y + (0 if look.style != "child" else 10))
    seat = (crank[0] - 75, y - 280 + (60 if look.style == "child" else 0) - 30 * look.b)
    head = (front[0] - 85, y - 300 + (40 if look.style == "child" else 0))
    low = (head[0] + 18, head[1] + 70)
    width = {"city": 36, "racer": 28, "mountain": 44, "child": 38}[look.style]
    _frame(c, look, rear, front, crank, seat, head, low, width)
    _crank(c, look, rear, crank)
    _bars(c, look, head, width)
    saddle = curve([(seat[0] - 78, seat[1] - 44), (seat[0], seat[1] - 56), (seat[0] + 84, seat[1] - 44),
        (seat[0] + 30, seat[1] - 26), (seat[0] - 60, seat[1] - 14)])
    c.line([seat, (seat[0] - 8, seat[1] - 40)], 16, STEEL, puff=0.6)
    c.paint(c.shape(saddle), TAN if look.c > 0.5 else BLACK, puff=0.6, depth=26)
    if look.style == "city":
        _city_parts(c, look, rear, front, r, head)


def _wheel(c: Canvas, look: Look, hub: tuple[float, float], r: float) -> None:
    x, y = hub
    fat = {"city": 24, "racer": 20, "mountain": 44, "child": 34}[look.style]
    for k in range(16):
        a = k * pi / 8 + 0.1
        c.line([(x, y), (x + r * cos(a), y + r * sin(a))], 3.5, rgb("9a9ea6"))
    tyre: Colour = (BLACK, BLACK, rgb("d8c3a0"), rgb("f2efe8"), look.third)[int(look.b * 4.99)]
    c.paint(c.stroke(ellipse(x, y, r - fat / 2, r - fat / 2), fat, closed=True), tyre, puff=0.5, depth=fat * 0.7)
    rim = look.second if look.a > 0.3 else STEEL
    c.paint(c.stroke(ellipse(x, y, r - fat - 8, r - fat - 8), 22, closed=True), rim, puff=0.4, depth=14)
    if look.c > 0.4:  # a disc behind the spokes
        c.paint(c.shape(ellipse(x, y, r * 0.62, r * 0.62)), look.second, puff=0.3, depth=40)
    c.paint(c.shape(ellipse(x, y, 20, 20)), STEEL, puff=0.6, depth=14)


def _frame(c: Canvas, look: Look, rear: tuple[float, float], front: tuple[float, float], crank: tuple[float, float],
    seat: tuple[float, float], head: tuple[float, float], low: tuple[float, float], width: float) -> None:
    fill = look.fill(0.5, top=head[1], bottom=crank[1])
    c.line([rear, crank], width * 0.65, darker(look.main, 0.15), puff=0.6)
    c.line([rear, (seat[0] + 12, seat[1] + 40)], width * 0.6, darker(look.main, 0.15), puff=0.6)
    top_tube: Path = [(seat[0] + 14, seat[1] + 40), (head[0] + 4, head[1] + 18)]
    if look.style in ("city", "child"):
        top_tube = curve([(crank[0] - 26, crank[1] - 110), (crank[0] + 110, crank[1] - 120), low], closed=False)
    for tube in (top_tube, [crank, seat], [crank, low] if look.style != "city" else curve([crank,
        (crank[0] + 140, crank[1] - 50), low], closed=False)):
        c.paint(c.stroke(tube, width), fill, puff=0.6, depth=width)
    fork = curve([head, low, (front[0] - 24, front[1] - 90), front], closed=False)
    c.paint(c.stroke(fork, width * 0.8), look.second if look.style == "mountain" else look.main, puff=0.6,
        depth=width)
    c.paint(c.stroke([head, low], width * 1.3), look.main, puff=0.6, depth=width)


def _crank(c: Canvas, look: Look, rear: tuple[float, float], crank: tuple[float, float]) -> None:
    for d in (-1, 1):
        c.line([(rear[0], rear[1] + d * 18), (crank[0], crank[1] + d * 42)], 6, rgb("55575c"))
    c.paint(c.stroke(ellipse(crank[0], crank[1], 42, 42), 12, closed=True), rgb("6a6d73"), puff=0.5, depth=10)
    c.line([crank, (crank[0] + 60, crank[1] + 62)], 15, STEEL, puff=0.6)
    c.paint(c.shape(box(crank[0] + 34, crank[1] + 58, crank[0] + 98, crank[1] + 78, 6)), BLACK, edge=0.1)


def _bars(c: Canvas, look: Look, head: tuple[float, float], width: float) -> None:
    x, y = head
    if look.style == "racer":
        c.line([(x, y), (x - 4, y - 36), (x + 54, y - 46)], width * 0.8, STEEL, puff=0.6)
        c.line(curve([(x + 44, y - 46), (x + 108, y - 40), (x + 112, y + 26), (x + 50, y + 44)], closed=False), 22,
            BLACK if look.c < 0.5 else look.third, puff=0.6)
    elif look.style == "city":
        c.line(curve([(x, y), (x - 10, y - 60), (x - 16, y - 86), (x + 30, y - 96), (x - 40, y - 82),
            (x - 110, y - 60)], closed=False), 16, STEEL, puff=0.6)
        c.line([(x - 60, y - 76), (x - 116, y - 58)], 26, TAN if look.c > 0.5 else BLACK, puff=0.6)
    else:
        c.line([(x, y), (x - 8, y - 50), (x + 20, y - 70)], 18, STEEL, puff=0.6)
        c.line([(x + 44, y - 78), (x - 52, y - 62)], 26, BLACK, puff=0.6)
        if look.style == "child":
            for k, dx in enumerate((-20, 0, 20)):
                c.line([(x - 56, y - 58), (x - 66 + dx, y + 30)], 7, (look.second, look.third, look.main)[k])


def _city_parts(c: Canvas, look: Look, rear: tuple[float, float], front: tuple[float, float], r: float,
    head: tuple[float, float]) -> None:
    for x, y, a0, a1 in ((*rear, 170, 300), (*front, 200, 310)):
        c.paint(c.stroke(ellipse(x, y, r + 16, r + 16, start=a0, end=a1), 18), look.second, puff=0.6, depth=14)
    if look.a > 0.3:
        x, y = head[0] + 74, head[1] - 60
        basket: Path = [(x - 46, y), (x + 132, y), (x + 112, y + 118), (x - 30, y + 118)]
        c.paint(c.shape(basket), patterns.squares(rgb("c99a5e"), rgb("9b6c38"), 20), puff=0.3, depth=40)
        c.line([(x - 50, y), (x + 136, y)], 16, rgb("a87844"), puff=0.5)


def guitar(c: Canvas, look: Look) -> None:
    """A guitar, neck up: acoustic, electric with horns, ukulele or bass."""
    turn = 42.0
    length = {"acoustic": 80, "electric": 60, "ukulele": 230, "bass": 20}[look.style]
    neck_w = {"acoustic": 27, "electric": 25, "ukulele": 25, "bass": 25}[look.style]
    wood = (WOODS["walnut"], rgb("4a2e1e"), WOODS["beech"])[int(look.c * 2.99)]

    def lean(path: Path) -> Path:
        return spin(path, turn, 500, 600)

    _guitar_body(c, look, lean)
    c.paint(c.shape(lean(box(500 - neck_w, length + 90, 500 + neck_w, 640))), wood, tube=0.5, edge=0.1)
    for k in range(10):
        y = length + 110 + (500 - length) * (1 - 0.9**k) * 1.1
        c.line(lean([(500 - neck_w, y), (500 + neck_w, y)]), 5, rgb("d9d4c4"))
    head = lean([(500 - 30, length + 100), (500 - 50, length), (500 + 50, length - 14), (500 + 34, length + 100)])
    c.paint(c.shape(head), look.main if look.style != "acoustic" else darker(wood, 0.2), puff=0.4, depth=24)
    for k in range(2 if look.style in ("bass", "ukulele") else 3):
        for s in (-1, 1):
            c.paint(c.shape(lean(ellipse(500 + s * 58, length + 20 + k * 30, 13, 10))), rgb("e3dcc8"), puff=0.6,
                depth=8)
    bridge = 790.0 if look.style != "ukulele" else 770.0
    c.paint(c.shape(lean(box(440, bridge - 14, 560, bridge + 14, 8))), BLACK if look.style == "acoustic" else STEEL,
        puff=0.4, depth=14)
    for k in range(4):
        x = 500 + (k - 1.5) * neck_w * 0.42
        c.line(lean([(x, length + 60), (x, bridge)]), 2.5, rgb("e9e6da"))


def _guitar_body(c: Canvas, look: Look, lean: Callable[[Path], Path]) -> None:
    hollow = look.style in ("acoustic", "ukulele")
    grow = (0.72 if look.style == "ukulele" else 0.92) + 0.12 * look.a
    if hollow:
        half: list[Knot] = [(0, -250, 0), (110, -262), (185, -175), (140, -30), (225, 120), (200, 250), (90, 300),
            (0, 305, 0)]
        right = curve(half, closed=False)
    elif look.b < 0.5:
        right = curve([(25, -150, 0), (70, -215), (120, -300), (185, -270), (130, -120), (150, 0), (215, 130),
            (190, 250), (80, 300), (0, 300, 0)], closed=False)
    else:
        right = curve([(25, -200, 0), (110, -245), (200, -200), (150, -30), (205, 120), (190, 240), (80, 300),
            (0, 300, 0)], closed=False)
    left = mirror(right, 0)
    if not hollow and look.b < 0.5:
        left = [(x, y + (40 if y < -100 else 0)) for x, y in left]
    outline = lean([(500 + x * grow, 680 + y * grow) for x, y in right + left[::-1]])
    body = c.shape(outline)
    fill = patterns.wood(mixed_wood(look)) if hollow and look.pattern == "plain" else look.fill(0.95, top=400,
        bottom=980)
    c.paint(c.shape([(x + 12, y + 8) for x, y in outline]), darker(look.main, 0.55), edge=0.1)
    c.paint(body, fill, puff=0.4, depth=50, edge=0.2)
    if hollow:
        c.paint(c.stroke(outline, 12, closed=True), rgb("f0e6cc") if look.b > 0.5 else darker(look.main, 0.4), edge=0)
        c.paint(c.shape(lean(ellipse(500, 620, 82 * grow, 82 * grow))), look.second, edge=0)
        c.paint(c.shape(lean(ellipse(500, 620, 66 * grow, 66 * grow))), rgb("1d1512"), edge=0)
    else:
        guard = lean(curve([(540, 560), (620, 600), (650, 760), (580, 850), (500, 830), (430, 640)]))
        c.paint(c.shape(guard) & body, rgb("f3f0e8") if look.c < 0.5 else look.second, edge=0.2, depth=12)
        for y in (610, 690):
            c.paint(c.shape(lean(box(445, y - 20, 555, y + 20, 12))), BLACK, puff=0.4, depth=14)
        for k in range(2):
            c.paint(c.shape(lean(ellipse(615, 800 + k * 56, 18, 18))), STEEL, puff=0.6, depth=12)


def mixed_wood(look: Look) -> Colour:
    """A guitar's wood, tinted by the look's colour."""
    base = (rgb("d9a25c"), rgb("b5652f"), rgb("8a4a28"))[int(look.a * 2.99)]
    return (base[0] * 0.45 + look.main[0] * 0.55, base[1] * 0.45 + look.main[1] * 0.55, base[2] * 0.45
        + look.main[2] * 0.55)


def ball(c: Canvas, look: Look) -> None:
    """A ball: football, basketball, beach ball or tennis-like."""
    body = c.shape(ellipse(500, 500, 400, 400))
    {"football": _football, "basketball": _basketball, "beach": _beach, "play": _play}[look.style](c, look, body)
    c.bright(c.shape(ellipse(350, 320, 90, 70)), 0.5, blur=50, clip=body)
    c.dark(c.shape(ellipse(500, 500, 400, 400)) - c.shape(ellipse(420, 400, 400, 400)), 0.35, blur=60, clip=body)


def _football(c: Canvas, look: Look, body: Mask) -> None:
    c.paint(body, rgb("f5f4f0") if look.c < 0.5 else look.second, puff=0.5, depth=260)
    turn = 360 * look.a / 5
    pent: Path = [(500 + 130 * sin(k * 2 * pi / 5), 500 - 130 * cos(k * 2 * pi / 5)) for k in range(5)]
    c.paint(c.shape(spin(pent, turn)) & body, look.main, edge=0.1)
    for k in range(5):
        a = k * 2 * pi / 5
        tip = (500 + 130 * sin(a), 500 - 130 * cos(a))
        far = (500 + 270 * sin(a), 500 - 270 * cos(a))
        c.line(spin([tip, far], turn), 9, BLACK, clip=body)
        edge_: Path = [(500 + r * sin(a + d), 500 - r * cos(a + d)) for r, d in ((270, 0), (330, 0.3), (420, 0.26),
            (420, -0.26), (330, -0.3))]
        c.paint(c.shape(spin(edge_, turn)) & body, look.main, edge=0.1)
        for s in (-1, 1):
            c.line(spin([(500 + 330 * sin(a + s * 0.3), 500 - 330 * cos(a + s * 0.3)),
                (500 + 318 * sin(a + s * 0.628), 500 - 318 * cos(a + s * 0.628))], turn), 9, BLACK, clip=body)


def _basketball(c: Canvas, look: Look, body: Mask) -> None:
    c.paint(body, look.fill(1.2, top=100, bottom=900), puff=0.5, depth=260)
    turn = 50 * look.a - 25
    for path in ([(90.0, 500.0), (910.0, 500.0)], [(500.0, 90.0), (500.0, 910.0)], ellipse(130, 500, 230, 300,
        start=-90, end=90), ellipse(870, 500, 230, 300, start=90, end=270)):
        c.line(spin(path, turn), 15, BLACK, clip=body)


def _beach(c: Canvas, look: Look, body: Mask) -> None:
    c.paint(body, rgb("f7f6f2"), puff=0.5, depth=260)
    colours = (look.main, rgb("f7f6f2"), look.second, rgb("f7f6f2"), look.third, rgb("f7f6f2"))
    pole = (420.0 + 60 * look.b, 330.0)
    for k, colour in enumerate(colours):
        a0, a1 = (k * pi / 3 + look.a * 2, (k + 1) * pi / 3 + look.a * 2)
        wedge = [pole, *((500 + 560 * cos(a0 + (a1 - a0) * t / 6),
            500 + 560 * sin(a0 + (a1 - a0) * t / 6)) for t in range(7))]
        c.paint(c.shape(wedge) & body, colour, edge=0)
    c.paint(c.shape(ellipse(*pole, 52, 44)), rgb("f7f6f2"), edge=0.2, depth=14)


def _play(c: Canvas, look: Look, body: Mask) -> None:
    c.paint(body, look.fill(1.4, top=100, bottom=900), puff=0.5, depth=260)
    for cx in (40, 960):
        c.line(spin(ellipse(cx, 500, 300, 380), 30 * look.a), 24, rgb("f5f4f0") if look.c < 0.6 else look.third,
            clip=body)


KINDS = (
    Kind(
        "headphones",
        "Electronics > Headphones",
        headphones,
        {"over": "over-ear headphones", "on": "on-ear headphones", "studio": "studio headphones",
            "gaming": "gaming headset"},
        ("plain", "block", "plain", "camo", "gradient", "stripes", "dots", "diagonal", "squares"),
        VIVID,
        ("wireless", "noise-cancelling", "wired"),
        ("Klangwerk", "Otto Audio", "Hushline"),
        (29, 329),
        lies_flat=True,
    ),
    Kind("bicycles", "Sports > Bicycles", bicycle, {"city": "city bicycle", "racer": "road bicycle",
        "mountain": "mountain bicycle", "child": "children's bicycle"}, ("plain", "gradient", "plain", "halves",
        "upright"), VIVID, ("aluminium", "steel", "carbon"), ("Radhaus", "Velo Fantasma", "Spindrift"), (249, 1899)),
    Kind(
        "guitars",
        "Music > Guitars",
        guitar,
        {"acoustic": "acoustic guitar", "electric": "electric guitar", "ukulele": "ukulele", "bass": "bass guitar"},
        ("plain", "gradient", "plain", "camo", "flowers", "diagonal", "squares", "dots"),
        VIVID,
        ("spruce", "mahogany", "alder"),
        ("Lutherie Blanc", "Saitenspiel", "Fretless & Sons"),
        (79, 899),
        lies_flat=True,
    ),
    Kind(
        "balls",
        "Sports > Balls",
        ball,
        {"football": "football", "basketball": "basketball", "beach": "beach ball", "play": "playground ball"},
        ("plain", "gradient", "halves", "stripes", "camo", "dots"),
        VIVID,
        ("leather", "rubber", "PVC"),
        ("Kickwell", "Spindrift", "Abpfiff"),
        (9, 59),
        plain_styles=("football", "beach"),
    ),
)
