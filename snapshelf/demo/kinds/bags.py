"""Handbags, backpacks and suitcases, seen from the front."""

from __future__ import annotations

from snapshelf.demo.canvas import Canvas, Mask
from snapshelf.demo.colours import LEATHER, VIVID, darker, lighter, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, both, box, curve, ellipse

# the parts of a drawing need to know where the others are:
# ruff: noqa: PLR0917
# outlines are laid out by hand, one list of points for one shape:
# fmt: off

GOLD, STEEL = rgb("d8b45a"), rgb("bfc3c9")
BRANDS = ("Maison Bruna", "Carta", "Odile & Fils", "Trägerin")


def handbag(c: Canvas, look: Look) -> None:
    """A handbag: tote, satchel with a flap, bucket or frame bag."""
    metal = GOLD if look.c > 0.4 else STEEL
    w, top, bottom = 260 + 70 * look.a, 440 - 50 * look.b, 860.0
    draw = {"tote": _tote, "satchel": _satchel, "bucket": _bucket, "hobo": _hobo}[look.style]
    draw(c, look, w, top, bottom, metal)


def _grip(c: Canvas, look: Look, half: float, top: float, high: float, width: float = 30) -> None:
    loop = curve([(500 - half, top + 30), (500 - half * 0.9, top - high * 0.75), (500, top - high),
        (500 + half * 0.9, top - high * 0.75), (500 + half, top + 30)], closed=False)
    c.paint(c.stroke(loop, width), darker(look.second, 0.1), puff=0.6, depth=width)


def _tote(c: Canvas, look: Look, w: float, top: float, bottom: float, metal: tuple[float, float, float]) -> None:
    _grip(c, look, 120, top - 25, 230, 22)
    body = c.shape(both([(500, top, 0), (500 + w * 1.12, top - 6, 0), (500 + w * 0.98, bottom - 30, 0),
        (500 + w * 0.9, bottom), (500, bottom, 0)]))
    c.paint(body, look.fill(1.1, top=top, bottom=bottom), puff=0.4, depth=120, edge=0.2)
    c.dark(c.stroke([(500 - w * 0.7, top), (500 - w * 0.6, bottom)], 30), 0.12, blur=22, clip=body)
    c.dark(c.stroke([(500 + w * 0.7, top), (500 + w * 0.65, bottom)], 30), 0.14, blur=22, clip=body)
    c.paint(c.shape(box(300, top - 12, 700, top + 8)) & body, darker(look.main, 0.3), edge=0)
    _grip(c, look, 130, top + 30, 280)
    for x in (370, 630):
        c.paint(c.shape(box(x - 26, top + 30, x + 26, top + 120, 8)), look.second, puff=0.4, depth=20)
        c.paint(c.shape(ellipse(x, top + 95, 11, 11)), metal, puff=0.8, depth=10)


def _satchel(c: Canvas, look: Look, w: float, top: float, bottom: float, metal: tuple[float, float, float]) -> None:
    top += 30
    _grip(c, look, 110, top, 170)
    body = c.shape(box(500 - w, top, 500 + w, bottom, 70))
    c.paint(body, look.fill(1.0, top=top, bottom=bottom), puff=0.5, depth=80, edge=0.2)
    drop = top + (bottom - top) * (0.5 + 0.16 * look.b)
    flap_path = both([(500, top - 8, 0), (500 + w + 8, top - 4, 0), (500 + w + 6, drop - 90),
        (500 + w * 0.5, drop - 10), (500, drop, 0)])
    flap = c.shape(flap_path)
    c.dark(flap, 0.4, blur=14, clip=body)
    c.paint(flap, look.second if look.pattern in ("plain", "dots", "plaid") else look.main, puff=0.45, depth=60)
    c.dashes([(x, y - 20) for x, y in flap_path if y > drop - 110], 4, lighter(look.second, 0.4))
    c.paint(c.shape(box(452, drop - 58, 548, drop + 34, 12)), metal, puff=0.6, depth=24)
    c.paint(c.shape(box(484, drop - 30, 516, drop + 14, 8)), darker(metal, 0.45), edge=0.1)


def _bucket(c: Canvas, look: Look, w: float, top: float, bottom: float, metal: tuple[float, float, float]) -> None:
    w *= 0.92
    top -= 10
    strap = curve([(500 - w * 0.8, top + 40), (380, 150), (500, 90), (620, 150), (500 + w * 0.8, top + 40)],
        closed=False)
    c.paint(c.stroke(strap, 26), look.second, puff=0.6, depth=24)
    body = c.shape(both([(500, top, 0), (500 + w * 0.78, top - 14, 0), (500 + w * 0.84, top + 90),
        (500 + w, bottom - 110), (500 + w * 0.9, bottom - 10), (500, bottom + 14, 0)]))
    c.paint(body, look.fill(1.0, top=top, bottom=bottom), puff=0.5, depth=150, edge=0.2)
    for i in range(7):
        x = 500 + (i - 3) * w * 0.24
        c.dark(c.stroke([(x, top - 6), (500 + (x - 500) * 1.1, top + 120)], 14), 0.28, blur=9, clip=body)
    c.paint(c.shape(both([(500, bottom - 110, 0), (500 + w * 1.1, bottom - 140, 0), (500 + w * 1.1, bottom + 40, 0),
        (500, bottom + 40, 0)])) & body, look.second, puff=0.35, depth=60)
    cord = curve([(500 - w * 0.8, top + 62), (500, top + 84), (500 + w * 0.8, top + 62)], closed=False)
    c.line(cord, 15, darker(look.second, 0.25), puff=0.6)
    for x in (470, 535):
        c.line(curve([(500, top + 84), (x, top + 150), (x - 10, top + 220)], closed=False), 13,
            darker(look.second, 0.25), puff=0.6)
        c.paint(c.shape(ellipse(x - 10, top + 225, 17, 24)), metal, puff=0.7, depth=14)


def _hobo(c: Canvas, look: Look, w: float, top: float, bottom: float, metal: tuple[float, float, float]) -> None:
    w *= 1.1
    outer = curve([(500 - w, top + 60), (500 - w * 0.86, top - 120), (500 - w * 0.3, 130), (500 + w * 0.3, 130),
        (500 + w * 0.86, top - 120), (500 + w, top + 60)], closed=False)
    c.paint(c.stroke(outer, 44), look.second, puff=0.6, depth=40)
    crescent = both([(500, top + 90, 0), (500 + w * 0.6, top + 50), (500 + w, top - 10, 0),
        (500 + w * 1.06, top + 110), (500 + w * 0.82, bottom - 70), (500, bottom, 0)])
    body = c.paint(c.shape(crescent), look.fill(1.1, top=top, bottom=bottom), puff=0.6, depth=150, edge=0.2)
    c.line(curve([(500 - w * 0.95, top + 20), (500 - w * 0.5, top + 84), (500, top + 112), (500 + w * 0.5, top + 84),
        (500 + w * 0.95, top + 20)], closed=False), 11, metal, clip=body)
    for s in (-1, 1):
        c.paint(c.stroke(ellipse(500 + s * w * 0.98, top + 20, 34, 34), 13, closed=True), metal, puff=0.7, depth=12)
    c.line([(500, top + 112), (500, top + 190)], 14, metal, puff=0.6)


def backpack(c: Canvas, look: Look) -> None:
    """A backpack: school bag, roll-top, round daypack or hiking pack."""
    w = 225 + 35 * look.a
    top = 210 - 50 * look.b
    for s in (-1, 1):
        strap = curve([(500 + s * 90, top + 30), (500 + s * (w + 30), top + 150), (500 + s * (w + 52), 560),
            (500 + s * (w - 20), 800)], closed=False)
        c.paint(c.stroke(strap, 42), darker(look.second, 0.25), puff=0.5, depth=40)
    c.paint(c.stroke(ellipse(500, top + 6, 62, 64, start=180, end=360), 26), darker(look.second, 0.2), puff=0.6,
        depth=24)
    shoulder = {"school": 0.86, "rolltop": 0.97, "round": 0.6, "hiking": 0.8}[look.style]
    half: list[Knot] = [(500, top, 0), (500 + w * shoulder * 0.7, top + 10), (500 + w, top + 200),
        (500 + w * 1.04, 740), (500 + w * 0.9, 876), (500, 886, 0)]
    if look.style == "rolltop":
        half = [(500, top, 0), (500 + w * 0.86, top, 0), (500 + w * 0.92, top + 150), (500 + w * 1.02, 740),
            (500 + w * 0.94, 880), (500, 886, 0)]
    body = c.shape(both(half))
    c.paint(body, look.fill(1.05, top=top, bottom=880), puff=0.6, depth=120, edge=0.2)
    {"school": _school, "rolltop": _rolltop, "round": _round_pack, "hiking": _hiking}[look.style](c, look, body, w,
        top)


def _pocket(c: Canvas, look: Look, body: Mask, x0: float, y0: float, x1: float, y1: float) -> None:
    pocket = c.shape(box(x0, y0, x1, y1, 46))
    c.dark(pocket, 0.35, blur=14, clip=body)
    c.paint(pocket, look.second, puff=0.5, depth=60)
    c.line([(x0 + 30, y0 + 48), (x1 - 30, y0 + 48)], 8, darker(look.second, 0.45))
    c.paint(c.shape(box(x1 - 66, y0 + 44, x1 - 52, y0 + 100, 6)), look.third, edge=0.1)


def _school(c: Canvas, look: Look, body: Mask, w: float, top: float) -> None:
    c.line(curve([(500 - w, top + 300), (500 - w * 0.7, top + 110), (500, top + 70), (500 + w * 0.7, top + 110),
        (500 + w, top + 300)], closed=False), 9, darker(look.main, 0.5), clip=body)
    _pocket(c, look, body, 500 - w * 0.78, 570, 500 + w * 0.78, 850)
    c.paint(c.shape(box(440, 380, 560, 470, 14)), look.third, puff=0.2, depth=20)


def _rolltop(c: Canvas, look: Look, body: Mask, w: float, top: float) -> None:
    c.paint(c.shape(box(500 - w * 0.95, top - 34, 500 + w * 0.95, top + 84, 34)), look.second, puff=0.6, depth=50)
    c.dark(c.shape(box(500 - w, top + 78, 500 + w, top + 110)), 0.4, blur=16, clip=body)
    c.line([(500, top - 30), (500, 640)], 34, look.third, puff=0.4)
    c.paint(c.shape(box(462, 560, 538, 650, 12)), rgb("35363a"), puff=0.5, depth=20)
    c.line([(500 - w, 700), (500 + w, 700)], 6, look.line, clip=body)


def _round_pack(c: Canvas, look: Look, body: Mask, w: float, top: float) -> None:
    c.line(curve([(500 - w, 620), (500 - w * 0.9, top + 190), (500, top + 60), (500 + w * 0.9, top + 190),
        (500 + w, 620)], closed=False), 12, look.third, clip=body)
    pocket = c.shape(curve([(500 - w * 0.72, 640), (500, 570), (500 + w * 0.72, 640), (500 + w * 0.62, 840),
        (500, 866), (500 - w * 0.62, 840)]))
    c.dark(pocket, 0.35, blur=12, clip=body)
    c.paint(pocket, look.second, puff=0.55, depth=80)
    c.paint(c.shape(ellipse(500, 410, 58, 58)), look.third, puff=0.25, depth=20)
    c.paint(c.shape(ellipse(500, 410, 34, 34)), look.main, edge=0)


def _hiking(c: Canvas, look: Look, body: Mask, w: float, top: float) -> None:
    hood = c.shape(both([(500, top - 40, 0), (500 + w * 0.75, top - 20), (500 + w * 1.02, top + 140),
        (500 + w * 0.98, top + 210, 0), (500, top + 230, 0)]))
    c.dark(hood, 0.4, blur=16, clip=body)
    c.paint(hood, look.second, puff=0.6, depth=80)
    for s in (-1, 1):
        c.line([(500 + s * w * 0.45, top + 200), (500 + s * w * 0.45, 640)], 24, rgb("2f3033"), puff=0.4)
        c.paint(c.shape(box(500 + s * w * 0.45 - 30, 470, 500 + s * w * 0.45 + 30, 530, 8)), look.third, puff=0.5,
            depth=16)
        c.paint(c.shape(box(500 + s * w * 1.1 - 44, 620, 500 + s * w * 1.1 + 44, 850, 36)), look.second, puff=0.5,
            depth=50)
    _pocket(c, look, body, 500 - w * 0.7, 620, 500 + w * 0.7, 850)


def suitcase(c: Canvas, look: Look) -> None:
    """A suitcase on wheels with its handle out, or a retro one with a grip."""
    metal = rgb("a9adb4")
    retro = look.style == "retro"
    w = (300 if retro else 200) + 50 * look.a
    top, bottom = (430 if retro else 330) - 40 * look.b, 850.0
    if retro:
        c.paint(c.stroke(ellipse(500, top, 90, 80, start=180, end=360), 34), darker(look.second, 0.2), puff=0.6,
            depth=30)
    else:
        for s in (-1, 1):
            c.paint(c.shape(box(500 + s * 88 - 11, 120, 500 + s * 88 + 11, top + 10)), metal, tube=0.8)
            c.paint(c.shape(box(500 + s * w * 0.72 - 40, bottom - 10, 500 + s * w * 0.72 + 40, bottom + 66, 28)),
                rgb("2c2d30"), puff=0.6, depth=24)
        c.paint(c.shape(box(390, 92, 610, 140, 22)), rgb("35363a"), puff=0.6, depth=22)
    r = 90 if look.style == "soft" else 54
    body = c.shape(box(500 - w, top, 500 + w, bottom, r))
    c.paint(body, look.fill(1.15, top=top, bottom=bottom), puff=0.5, depth=80, edge=0.2)
    {"shell": _shell, "soft": _soft, "retro": _retro}[look.style](c, look, body, w, top, bottom)


def _shell(c: Canvas, look: Look, body: Mask, w: float, top: float, bottom: float) -> None:
    for i in range(1, 7):
        x = 500 - w + 2 * w * i / 7
        c.dark(c.stroke([(x + 5, top + 40), (x + 5, bottom - 40)], 8), 0.3, blur=4, clip=body)
        c.bright(c.stroke([(x - 5, top + 40), (x - 5, bottom - 40)], 6), 0.3, blur=3, clip=body)
    c.paint(c.shape(box(470, top + 10, 530, top + 64, 10)), rgb("d4d6da"), puff=0.5, depth=16)


def _soft(c: Canvas, look: Look, body: Mask, w: float, top: float, bottom: float) -> None:
    c.paint(c.stroke(box(500 - w + 24, top + 24, 500 + w - 24, bottom - 24, 64), 8, closed=True), look.line, edge=0)
    for y0, y1 in ((top + 70, top + 230), (top + 265, bottom - 60)):
        pocket = c.shape(box(500 - w + 56, y0, 500 + w - 56, y1, 36))
        c.dark(pocket, 0.35, blur=10, clip=body)
        c.paint(pocket, look.second, puff=0.45, depth=40)
        c.line([(500 - w + 90, y0 + 26), (500 + w - 90, y0 + 26)], 7, darker(look.second, 0.4))


def _retro(c: Canvas, look: Look, body: Mask, w: float, top: float, bottom: float) -> None:
    for s in (-1, 1):
        c.paint(c.shape(box(500 + s * w * 0.55 - 26, top, 500 + s * w * 0.55 + 26, bottom)) & body, look.second,
            puff=0.3, depth=20)
        c.paint(c.shape(box(500 + s * w * 0.55 - 34, top + 60, 500 + s * w * 0.55 + 34, top + 110, 6)), GOLD,
            puff=0.5, depth=14)
        for y in (top, bottom):
            c.paint(c.shape(ellipse(500 + s * w, y, 90, 90)) & body, look.second, puff=0.3, depth=20)
    c.line([(500 - w, top + 130), (500 + w, top + 130)], 6, darker(look.main, 0.5), clip=body)


KINDS = (
    Kind("handbags", "Bags > Handbags", handbag, {"tote": "tote bag", "satchel": "satchel", "bucket": "bucket bag",
        "hobo": "hobo bag"}, ("plain", "checks", "dots", "block", "diagonal", "flowers", "plaid", "upright",
        "gradient"), LEATHER, ("leather", "canvas", "suede", "vegan leather"), BRANDS, (39, 289)),
    Kind(
        "backpacks",
        "Bags > Backpacks",
        backpack,
        {"school": "school backpack", "rolltop": "roll-top backpack", "round": "daypack",
            "hiking": "hiking backpack"},
        ("plain", "block", "dots", "camo", "gradient", "zigzag", "squares", "flowers", "stripes"),
        VIVID,
        ("nylon", "canvas", "recycled polyester"),
        ("Waldlauf", "Trägerin", "Nomadica", "Packhorse"),
        (29, 149),
    ),
    Kind(
        "suitcases", "Bags > Suitcases", suitcase, {"shell": "hard-shell suitcase", "soft": "soft suitcase",
            "retro": "retro suitcase"}, ("plain", "gradient", "block", "dots", "plaid", "diagonal", "flowers",
            "squares"), VIVID, ("polycarbonate", "nylon", "vulcan fibre"), ("Nomadica", "Carta", "Grand Perron"),
            (69, 329)
    ),
)
