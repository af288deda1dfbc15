"""Chairs, armchairs and sofas."""

from __future__ import annotations

from snapshelf.demo import patterns
from snapshelf.demo.canvas import Canvas, Fill
from snapshelf.demo.colours import HOME, WOODS, Colour, darker, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, both, box, curve, ellipse

# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BRANDS = ("Sitzwerk", "Hygge & Holm", "Maison Bruna Casa", "Lagom Living")


def _wood(look: Look) -> Colour:
    return list(WOODS.values())[int(look.c * 4.99)]


def chair(c: Canvas, look: Look) -> None:
    """A chair: wooden with rungs, a shell on splayed legs, bentwood, or with a stuffed back."""
    {"rungs": _rungs, "shell": _shell, "bistro": _bistro, "padded": _padded}[look.style](c, look)


def _legs(c: Canvas, colour: Colour, seat: float, splay: float, thick: float = 30) -> None:
    for x, y, s in ((385, 850, 0.3), (670, 850, -0.3)):
        c.line([(x, seat), (x - splay * s, y)], thick * 0.85, darker(colour, 0.35), puff=0.5)
    for x, y, s in ((285, 930, 1.0), (735, 930, -1.0)):
        c.line([(x, seat + 30), (x - splay * s, y)], thick, colour, puff=0.6)


def _seat(c: Canvas, look: Look, fill: Fill | Colour, y: float, thick: float) -> None:
    c.paint(c.shape(curve([(255, y + 40, 0), (765, y + 40, 0), (765, y + 40 + thick, 0), (255, y + 40 + thick, 0)])),
        darker(look.main, 0.25), edge=0.1)
    top = c.shape(curve([(345, y - 45), (500, y - 52), (665, y - 45), (745, y + 10), (775, y + 50), (500, y + 62),
        (240, y + 50), (275, y + 10)]))
    c.paint(top, fill, puff=0.45, depth=60)


def _rungs(c: Canvas, look: Look) -> None:
    wood = look.main
    top, seat = 130 + 60 * look.b, 540.0
    bars = 3 + int(look.a * 3)
    c.paint(c.shape(box(335, top - 10, 372, seat)), wood, puff=0.6, depth=24)
    c.paint(c.shape(box(648, top - 10, 685, seat)), wood, puff=0.6, depth=24)
    upright = look.b > 0.5
    for i in range(bars):
        if upright:
            x = 400 + i * 220 / max(1, bars - 1)
            c.line([(x, top + 40), (x, seat - 30)], 20, wood, puff=0.6)
        else:
            y = top + 60 + i * (seat - top - 120) / bars
            c.paint(c.shape(curve([(360, y), (510, y - 18), (660, y), (660, y + 42), (510, y + 24), (360, y + 42)])),
                wood, puff=0.5, depth=24)
    c.paint(c.shape(curve([(325, top), (510, top - 42), (695, top), (690, top + 66), (510, top + 26),
        (330, top + 66)])), look.fill(0.5, top=top - 40, bottom=top + 60) if look.pattern != "plain" else wood,
        puff=0.5, depth=40)
    _legs(c, wood, seat, 0)
    c.line([(290, 770), (730, 770)], 18, darker(wood, 0.15), puff=0.5)
    _seat(c, look, look.fill(0.8, top=seat - 50, bottom=seat + 60) if look.pattern != "plain" else look.second, seat,
        34)


def _shell(c: Canvas, look: Look) -> None:
    legs = WOODS["beech"] if look.c < 0.6 else rgb("2e2e31")
    _legs(c, legs, 600, 60)
    if look.c >= 0.6:
        c.line([(300, 650), (720, 850)], 8, legs)
        c.line([(720, 650), (300, 850)], 8, legs)
    top = 170 + 60 * look.b
    w = 190 + 40 * look.a
    shell: list[Knot] = [(500, top, 0), (500 + w * 0.7, top + 12), (500 + w, top + 150), (500 + w * 0.92, 440),
        (500 + w * 1.15, 560), (500 + w * 1.12, 640), (500 + w * 0.7, 690), (500, 698, 0)]
    body = c.shape(both(shell))
    c.paint(body, look.fill(1.0, top=top, bottom=690), puff=0.6, depth=110, edge=0.18)
    c.dark(c.shape(ellipse(500, 535, w * 0.95, 42)), 0.4, blur=26, clip=body)
    c.bright(c.shape(ellipse(500, 620, w * 0.8, 34)), 0.25, blur=24, clip=body)
    if look.b > 0.5:
        c.erase(c.shape(box(440, top + 70, 560, top + 104, 17)))


def _bistro(c: Canvas, look: Look) -> None:
    wood = look.main
    top, seat = 130 + 40 * look.b, 545.0
    outer = curve([(320, seat, 0), (318, top + 160), (400, top + 20), (510, top), (620, top + 20), (702, top + 160),
        (700, seat, 0)], closed=False)
    inner = curve([(395, seat, 0), (400, top + 210), (510, top + 100), (620, top + 210), (625, seat, 0)],
        closed=False)
    if look.a > 0.5:
        c.paint(c.shape(inner), patterns.squares(rgb("e4c894"), rgb("b8935a"), 15), edge=0.1)
    c.line(inner, 24, wood, puff=0.7)
    c.line(outer, 32, wood, puff=0.7)
    _legs(c, wood, seat, 24, 27)
    c.paint(c.stroke(ellipse(505, 730, 190, 26), 18, closed=True), wood, puff=0.5, depth=18)
    c.paint(c.shape(ellipse(505, seat + 32, 262, 66)), darker(wood, 0.2), edge=0.1)
    c.paint(c.shape(ellipse(505, seat + 8, 262, 66)), wood, puff=0.5, depth=30)
    c.paint(c.shape(ellipse(505, seat, 205, 46)), look.fill(0.6, top=seat - 40, bottom=seat
        + 40) if look.pattern != "plain" else rgb("dfc18c"), puff=0.3, depth=30)


def _padded(c: Canvas, look: Look) -> None:
    top, seat = 130 + 60 * look.b, 560.0
    wood = _wood(look)
    w = 185 + 25 * look.a
    _legs(c, wood, seat, 26, 28)
    back = c.shape(both([(505, top - 14, 0), (505 + w * 0.8, top), (505 + w, top + 60), (505 + w * 0.88, seat, 0),
        (505, seat, 0)], 505))
    c.paint(back, look.fill(0.95, top=top, bottom=seat), puff=0.6, depth=80)
    if look.a > 0.45:
        for row in range(3):
            for k in range(3 - row % 2):
                x, y = 505 + (k - (2 - row % 2) / 2) * 110, top + 100 + row * 110
                c.dark(c.shape(ellipse(x, y, 24, 24)), 0.45, blur=12, clip=back)
                c.paint(c.shape(ellipse(x, y, 10, 10)), darker(look.main, 0.35), puff=0.4, depth=8)
    cushion = c.shape(curve([(255, seat - 10), (310, seat - 55), (500, seat - 64), (700, seat - 55), (760, seat - 10),
        (772, seat + 60), (740, seat + 96), (500, seat + 104), (268, seat + 96), (240, seat + 60)]))
    c.dark(cushion, 0.45, blur=16, clip=back)
    c.paint(cushion, look.fill(0.95, top=top, bottom=seat + 90), puff=0.6, depth=70)


def armchair(c: Canvas, look: Look) -> None:
    """An armchair from the front: club, wing, scandinavian with wooden arms, or tub."""
    w = 285 + 40 * look.a
    if look.style == "scandi":
        _scandi(c, look, w)
        return
    top = {"club": 330, "wing": 130, "tub": 300}[look.style] - 40 * look.b
    _feet(c, look, 500 - w * 0.85, 500 + w * 0.85, 850)
    fill = look.fill(1.15, top=top, bottom=840)
    if look.style == "tub":
        tub = c.shape(both([(500, top, 0), (500 + w * 0.75, top + 26), (500 + w * 1.06, top + 190),
            (500 + w * 1.02, 700), (500 + w * 0.86, 850), (500, 858, 0)]))
        c.paint(tub, fill, puff=0.6, depth=110)
        inside = c.shape(both([(500, top + 66, 0), (500 + w * 0.5, top + 80), (500 + w * 0.74, top + 220),
            (500 + w * 0.7, 720, 0), (500, 720, 0)]))
        c.dark(c.stroke(both([(500, top + 56, 0), (500 + w * 0.52, top + 70), (500 + w * 0.78, top + 220),
            (500 + w * 0.74, 720, 0), (500, 720, 0)]), 26, closed=True), 0.35, blur=8, clip=tub)
        c.paint(inside, look.second if look.pattern in ("plain", "gradient", "block") else fill, puff=-0.35, depth=80)
        for k in range(-2, 3):
            c.dark(c.stroke([(500 + k * w * 0.2, top + 80), (500 + k * w * 0.22, 600)], 8), 0.35, blur=6, clip=inside)
    else:
        half: list[Knot] = [(500, top, 0), (500 + w * 0.6, top + 8), (500 + w * 0.74, top + 70),
            (500 + w * 0.72, 640, 0), (500, 640, 0)]
        if look.style == "wing":
            half = [(500, top, 0), (500 + w * 0.62, top + 10), (500 + w * 0.98, top + 60),
                (500 + w * 0.96, top + 270), (500 + w * 0.8, 560, 0), (500, 640, 0)]
        back = c.shape(both(half))
        c.paint(back, fill, puff=0.6, depth=90)
        if look.style == "wing":
            inner = c.shape(both([(500, top + 40, 0), (500 + w * 0.55, top + 55), (500 + w * 0.6, 640, 0),
                (500, 640, 0)]))
            c.dark(inner, 0.22, blur=12, clip=back)
        c.paint(c.shape(box(500 - w * 0.9, 640, 500 + w * 0.9, 850, 40)), fill, puff=0.4, depth=50)
        for s in (-1, 1):
            x = 500 + s * w * 0.86
            arm = c.shape(box(x - w * 0.2, 500, x + w * 0.2, 850, 60))
            c.paint(arm, fill, puff=0.65, depth=60)
            if look.style == "club":
                c.paint(c.shape(ellipse(x, 556, w * 0.17, 50)), look.main if look.pattern == "plain" else look.second,
                    puff=0.4, depth=30)
    _cushion(c, look, w * 0.66, 590, look.second if look.b > 0.6 else fill)


def _cushion(c: Canvas, look: Look, half: float, y: float, fill: Fill | Colour) -> None:
    soft = c.shape(box(500 - half, y, 500 + half, y + 130, 50))
    c.dark(soft, 0.35, blur=16)
    c.paint(soft, fill, puff=0.6, depth=60)


def _feet(c: Canvas, look: Look, x0: float, x1: float, y: float) -> None:
    for x in (x0 + 40, x1 - 40):
        c.paint(c.shape([(x - 24, y - 20), (x + 24, y - 20), (x + 14, y + 70), (x - 14, y + 70)]), _wood(look),
            tube=0.6)


def _scandi(c: Canvas, look: Look, w: float) -> None:
    wood = (WOODS["oak"], WOODS["walnut"], WOODS["black"])[int(look.c * 2.99)]
    top = 190 - 40 * look.b
    fill = look.fill(1.1, top=top, bottom=740)
    for s in (-1, 1):
        c.line([(500 + s * w * 0.72, 560), (500 + s * w * 0.82, 900)], 26, darker(wood, 0.3), puff=0.5)
    c.paint(c.shape(box(500 - w * 0.7, top, 500 + w * 0.7, 640, 50)), fill, puff=0.6, depth=80)
    if look.a > 0.4:
        c.dark(c.stroke([(500, top + 20), (500, 600)], 8), 0.4, blur=6,
            clip=c.shape(box(500 - w * 0.7, top, 500 + w * 0.7, 640, 50)))
    c.paint(c.shape(box(500 - w * 0.84, 730, 500 + w * 0.84, 770, 12)), wood, puff=0.5, depth=20)
    c.paint(c.shape(box(500 - w * 0.74, 590, 500 + w * 0.74, 735, 46)), look.second if look.b > 0.6 else fill,
        puff=0.6, depth=70)
    for s in (-1, 1):
        arm = curve([(500 + s * w * 0.72, 470), (500 + s * w * 0.9, 462), (500 + s * w * 1.02, 490),
            (500 + s * w * 0.98, 930)], closed=False)
        c.line(arm, 34, wood, puff=0.65)


def sofa(c: Canvas, look: Look) -> None:
    """A sofa from the front: two or three seats, chesterfield, with a chaise, or on a wooden frame."""
    w = 330.0 if look.style == "loveseat" else 420.0
    top, seat, foot = 400 - 70 * look.b, 590.0, 760.0
    fill = look.fill(1.1, top=top, bottom=foot)
    _feet(c, look, 500 - w, 500 + w, foot)
    if look.style == "chesterfield":
        _chesterfield(c, look, fill, top, foot)
        return
    seats = 2 if look.a < 0.5 or look.style == "loveseat" else 3
    arm = {"modern": 62, "loveseat": 80, "chaise": 55}[look.style]
    c.paint(c.shape(box(500 - w, top + 30, 500 + w, foot, 30)), fill, puff=0.4, depth=50)
    step = (2 * w - 2 * arm) / seats
    for i in range(seats):
        x = 500 - w + arm + i * step
        c.paint(c.shape(box(x + 3, top, x + step - 3, seat + 40, 44)), fill, puff=0.6, depth=70)
    for i in range(seats):
        x = 500 - w + arm + i * step
        low = 860 if look.style == "chaise" and i == seats - 1 else foot - 60
        pad = c.shape(box(x + 3, seat, x + step - 3, low, 34))
        c.dark(pad, 0.3, blur=14)
        c.paint(pad, fill, puff=0.6, depth=50)
    for s in (-1, 1):
        if look.style == "chaise" and s == 1:
            continue
        x = 500 + s * (w - arm / 2)
        c.paint(c.shape(box(x - arm / 2 - 14, seat - 90, x + arm / 2 + 14, foot, 36)), fill, puff=0.6, depth=46)
    _throw_pillows(c, look, w, arm, seat)


def _throw_pillows(c: Canvas, look: Look, w: float, arm: float, seat: float) -> None:
    for s in (-1, 1) if look.c > 0.35 else (-1,):
        x, y = 500 + s * (w - arm - 85), seat - 62
        pillow = curve([(x - 84, y - 78, 0), (x, y - 66), (x + 84, y - 78, 0), (x + 74, y), (x + 84, y + 84, 0),
            (x, y + 74), (x - 84, y + 84, 0), (x - 74, y)])
        mask = c.shape(pillow)
        c.dark(mask, 0.3, blur=12)
        c.paint(mask, look.second if look.pattern in ("plain", "gradient") else look.third, puff=0.6, depth=60)


def _chesterfield(c: Canvas, look: Look, fill: Fill, top: float, foot: float) -> None:
    back = c.shape(both([(500, top, 0), (850, top + 4), (905, top + 40), (905, foot, 0), (500, foot, 0)]))
    c.paint(back, fill, puff=0.6, depth=70)
    for row in range(2):
        for k in range(9 - row):
            x, y = 500 + (k - (8 - row) / 2) * 88, top + 62 + row * 66
            c.dark(c.shape(ellipse(x, y, 22, 22)), 0.5, blur=10, clip=back)
            c.paint(c.shape(ellipse(x, y, 8, 8)), darker(look.main, 0.5), edge=0)
    for x0, x1 in ((190, 500), (500, 810)):
        c.paint(c.shape(box(x0 + 2, 590, x1 - 2, 690, 36)), fill, puff=0.6, depth=50)
    c.paint(c.shape(box(170, 684, 830, foot, 16)), fill, puff=0.4, depth=40)
    for s in (-1, 1):
        x = 500 + s * 372
        c.paint(c.shape(box(x - 62, top + 60, x + 62, foot, 30)), fill, puff=0.5, depth=60)
        c.paint(c.shape(ellipse(x, top + 92, 76, 74)), fill, puff=0.7, depth=60)
        c.paint(c.stroke(ellipse(x, top + 92, 42, 40), 7, closed=True), darker(look.main, 0.45), edge=0)


KINDS = (
    Kind(
        "chairs",
        "Home > Furniture > Chairs",
        chair,
        {"rungs": "wooden chair", "shell": "shell chair", "bistro": "bentwood chair", "padded": "upholstered chair"},
        ("plain", "plain", "checks", "stripes", "dots", "upright", "gradient", "block", "flowers", "zigzag"),
        HOME,
        ("lacquered", "beech", "moulded", "ash"),
        BRANDS,
        (49, 219),
    ),
    Kind(
        "armchairs",
        "Home > Furniture > Armchairs",
        armchair,
        {"club": "club armchair", "wing": "wing armchair", "tub": "tub armchair",
            "scandi": "armchair with wooden arms"},
        ("plain", "plaid", "stripes", "flowers", "dots", "upright", "zigzag", "block", "gradient"),
        HOME,
        ("velvet", "bouclé", "linen", "wool"),
        BRANDS,
        (199, 749),
    ),
    Kind(
        "sofas",
        "Home > Furniture > Sofas",
        sofa,
        {"modern": "sofa", "loveseat": "two-seater sofa", "chaise": "sofa with chaise",
            "chesterfield": "Chesterfield sofa"},
        ("plain", "upright", "plaid", "flowers", "dots", "gradient", "checks", "zigzag", "camo"),
        HOME,
        ("velvet", "linen", "leather", "corduroy"),
        BRANDS,
        (399, 1699),
    ),
)
