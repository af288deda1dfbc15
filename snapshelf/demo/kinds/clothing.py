"""Dresses, T-shirts, shirts and trousers, laid flat or on a hanger."""

from __future__ import annotations

from snapshelf.demo.canvas import Canvas, Mask
from snapshelf.demo.colours import VIVID, darker, lighter, rgb
from snapshelf.demo.designs import Kind, Look
from snapshelf.demo.paths import Knot, Path, both, box, curve, ellipse, mirror

# outlines are laid out by hand, one list of points for one shape:
# fmt: off

BRANDS = ("Odile & Fils", "Plain Jane", "Baumwoll", "Saltwind", "Atelier Vent")


def _folds(c: Canvas, body: Mask, lines: list[Path], strength: float = 0.16) -> None:
    for path in lines:
        c.dark(c.stroke(path, 16), strength, blur=13, clip=body)
        c.bright(c.stroke([(x - 20, y) for x, y in path], 12), strength * 0.6, blur=11, clip=body)


def dress(c: Canvas, look: Look) -> None:
    """A dress: flared, sheath, maxi or with a frilled skirt."""
    hem = {"flared": 800, "sheath": 800, "maxi": 950, "frill": 790}[look.style] - 40 * look.b
    wide = {"flared": 300, "sheath": 155, "maxi": 235, "frill": 265}[look.style] * (0.88 + 0.24 * look.a)
    waist, neck = 98.0, 150 + 50 * look.b
    sleeves = look.c > 0.5
    hip = 150 if look.style == "sheath" else 140
    if sleeves:
        for flip in (False, True):
            long = 0.9 if look.c > 0.78 else 0.0
            arm = curve([(610, 122), (690, 160), (730 + 50 * long, 290 + 190 * long, 0),
                (655 + 60 * long, 315 + 190 * long, 0), (615, 250)])
            c.paint(c.shape(mirror(arm) if flip else arm), look.fill(0.9, top=110, bottom=hem), puff=0.5, depth=50)
    half: list[Knot] = [(500, neck, 0), (545, neck - 22), (572, 100, 0), (622 if sleeves else 602, 112, 0),
        (600, 220), (500 + 118, 280), (500 + waist, 400), (500 + hip, 500), (500 + wide, hem, 0),
        (500 + wide * 0.5, hem + 24), (500, hem + 30, 0)]
    body = c.shape(both(half))
    c.paint(c.shape(both([(500, 110, 0), (572, 100, 0), (545, neck - 12), (500, neck + 10, 0)])),
        darker(look.main, 0.5), edge=0)
    c.paint(body, look.fill(1.0, top=110, bottom=hem), puff=0.5, depth=80, edge=0.16)
    flow = (-0.75, -0.4, 0.05, 0.45, 0.8)
    _folds(c, body, [[(500 + f * waist, 430), (500 + f * wide, hem + 10)] for f in flow],
        0.1 if look.style == "sheath" else 0.24)
    if look.style == "frill":
        for y in (520, 655):
            edge = [(500.0 + (i - 10) * 0.1 * (150 + (y - 480) * 0.75),
                y + (11.0 if i % 2 else -7.0)) for i in range(21)]
            c.dark(c.stroke(curve(edge, closed=False), 16), 0.5, blur=6, clip=body)
    if look.style in ("flared", "maxi", "sheath"):
        belt = c.shape(box(500 - 135, 386, 500 + 135, 424)) & body
        c.paint(belt, look.second, puff=0.4, depth=24)
        if look.b > 0.5:
            c.paint(c.shape(curve([(500, 405), (450, 370), (440, 430)]), curve([(500, 405), (550, 370), (560, 430)])),
                look.second, puff=0.6, depth=20)


def tshirt(c: Canvas, look: Look) -> None:
    """A T-shirt: round neck, V-neck, long-sleeved or raglan; some with a print."""
    w = 185 + 30 * look.a
    long = look.style == "long"
    neck = 250 if look.style == "v" else 205
    for flip in (False, True):
        end = (820, 640) if long else (800, 420 - 30 * look.b)
        cuff = (735, 680) if long else (700, 480 - 30 * look.b)
        arm = curve([(600, 140, 0), (680, 180), (end[0], end[1], 0), (cuff[0], cuff[1], 0), (500 + w, 330, 0)])
        sleeve = c.shape(mirror(arm) if flip else arm)
        c.paint(sleeve, look.second if look.style == "raglan" else look.fill(1.0, top=140, bottom=880), puff=0.5,
            depth=60)
    c.paint(c.shape(ellipse(500, 150, 92, 40)), darker(look.main, 0.5), edge=0)
    collar: list[Knot] = [(500, neck + 20, 0), (560, 200), (592, 142, 0)] if look.style != "v" else [(500, neck + 60,
        0), (592, 142, 0)]
    body = c.shape(both([*collar, (640, 160), (500 + w * 0.98, 330), (500 + w, 600), (500 + w * 1.03, 870, 0),
        (500, 884, 0)]))
    c.paint(body, look.fill(1.0, top=140, bottom=880), puff=0.45, depth=80, edge=0.16)
    if look.style == "raglan":
        for flip in (False, True):
            yoke = curve([(592, 130, 0), (700, 150, 0), (500 + w + 20, 380, 0), (590, 210)])
            c.paint(c.shape(mirror(yoke) if flip else yoke) & body, look.second, puff=0.3, depth=60)
    rim = curve([*[(1000 - p[0], *p[1:]) for p in collar[::-1]], *collar[1:]], closed=False)
    c.line(rim, 22, look.second if look.style in ("raglan", "crew") else look.main, puff=0.4)
    _folds(c, body, [[(500 - w * 0.6, 420), (500 - w * 0.72, 860)], [(500 + w * 0.5, 480), (500 + w * 0.62, 860)],
        [(440, 700), (470, 860)]])
    if look.pattern in ("plain", "block", "gradient"):
        _print(c, look)


def _print(c: Canvas, look: Look) -> None:
    """A motif on the chest."""
    y, r = 430.0, 92.0
    which = int(look.b * 4)
    if which == 0:
        c.paint(c.shape(ellipse(500, y, r, r)), look.second, edge=0)
        for i in range(4):
            c.paint(c.shape(box(400, y + 14 + i * 24, 600, y + 20 + i * 24 + i * 2)) & c.shape(ellipse(500, y, r, r)),
                look.main, edge=0)
    elif which == 1:
        hills = curve([(385, y + 80, 0), (455, y - 60, 0), (500, y + 5, 0), (545, y - 95, 0), (620, y + 80, 0)],
            steps=2)
        c.paint(c.shape(hills), look.second, edge=0)
        c.paint(c.shape(ellipse(425, y - 80, 30, 30)), look.third, edge=0)
    elif which == 2:
        heart = curve([(500, y - 50, 0), (545, y - 92), (592, y - 50), (560, y + 30), (500, y + 92, 0), (440, y + 30),
            (408, y - 50), (455, y - 92)])
        c.paint(c.shape(heart), look.second, edge=0)
    else:
        bolt: Path = [(530, y - 110), (430, y + 20), (495, y + 20), (465, y + 115), (575, y - 25), (510, y - 25)]
        c.paint(c.shape(bolt), look.second, edge=0)


def shirt(c: Canvas, look: Look) -> None:
    """A buttoned shirt: long sleeves, short ones, with pockets, or with a band collar."""
    w = 190 + 25 * look.a
    short = look.style == "short"
    fill = look.fill(0.75, top=150, bottom=890)
    for flip in (False, True):
        end, cuff = ((790, 430), (690, 480)) if short else ((800, 720), (715, 745))
        arm = curve([(590, 135, 0), (675, 180), (740, 360), (end[0], end[1], 0), (cuff[0], cuff[1], 0),
            (500 + w, 350, 0)])
        c.paint(c.shape(mirror(arm) if flip else arm), fill, puff=0.55, depth=60)
        if not short:
            band: Path = [(804, 690), (812, 745), (712, 775), (702, 718)]
            c.paint(c.shape(mirror(band) if flip else band), look.main if look.c < 0.5 else look.second, puff=0.4,
                depth=30)
    body = c.shape(both([(500, 160, 0), (585, 132, 0), (650, 165), (500 + w * 0.99, 340), (500 + w, 640),
        (500 + w * 1.02, 830), (500 + w * 0.75, 880), (500, 900, 0)]))
    c.paint(body, fill, puff=0.45, depth=80, edge=0.16)
    _folds(c, body, [[(500 - w * 0.6, 420), (500 - w * 0.75, 860)], [(500 + w * 0.55, 460), (500 + w * 0.65, 860)]])
    c.paint(c.shape(box(478, 200, 524, 896)) & body, look.second if look.c > 0.75 else look.main, edge=0.1, depth=20)
    c.line([(476, 200), (476, 896)], 4, look.line, clip=body)
    for i in range(6):
        c.paint(c.shape(ellipse(501, 275 + i * 110, 11, 11)), rgb("f8f6f0") if look.c < 0.6 else look.third, puff=0.5,
            depth=8)
    pocket_sides = {"pockets": (-1, 1), "long": (1,), "short": (1,), "band": ()}[look.style]
    for s in pocket_sides:
        x = 500 + s * w * 0.5
        c.paint(c.shape([(x - 58, 375), (x + 58, 375), (x + 58, 480), (x, 510), (x - 58, 480)]),
            look.second if look.style == "pockets" else look.main, puff=0.25, depth=24)
    _collar(c, look)


def _collar(c: Canvas, look: Look) -> None:
    colour = look.main if look.c < 0.5 else look.second
    c.paint(c.shape(ellipse(500, 138, 88, 34)), darker(look.main, 0.5), edge=0)
    if look.style == "band":
        c.line(curve([(412, 130), (440, 185), (500, 212), (560, 185), (588, 130)], closed=False), 34, colour,
            puff=0.5)
        return
    for flip in (False, True):
        wing = curve([(592, 108, 0), (610, 150, 0), (570, 262, 0), (500, 208, 0), (560, 160)])
        mask = c.shape(mirror(wing) if flip else wing)
        c.dark(mask, 0.3, blur=10)
        c.paint(mask, colour, puff=0.4, depth=30)


def trousers(c: Canvas, look: Look) -> None:
    """Jeans, wide trousers, shorts or joggers."""
    hem = 520 if look.style == "shorts" else 930
    top, w = 110.0, 175 + 20 * look.a
    leg = {"jeans": 84, "wide": 118, "shorts": 108, "joggers": 78}[look.style] * (0.9 + 0.2 * look.b)
    x = 500 + w * {"jeans": 0.62, "wide": 0.8, "shorts": 0.68, "joggers": 0.62}[look.style]
    outside = x + leg
    half: list[Knot] = [(500, top, 0), (500 + w * 0.86, top, 0), (500 + w * 1.08, 290),
        (outside + (14 if look.style == "joggers" else 0), 620 if hem > 600 else 460), (outside, hem, 0),
        (x - leg, hem, 0), (500 + 22, 420, 0), (500, 400, 0)]
    right = curve(half)
    legs = [c.shape(right), c.shape(mirror(right))]
    for mask in legs:
        c.paint(mask, look.fill(0.95, top=top, bottom=hem), puff=0.5, depth=70, edge=0.18)
    body = legs[0] | legs[1]
    for s in (-1, 1):
        _folds(c, body, [[(500 + s * 60, 380), (500 + s * (x - 500) * 0.9, 560)], [(500 + s * (x - 500), 600),
            (500 + s * (x - 494), hem - 20)]])
        pocket = curve([(500 + s * w * 0.5, top + 40), (500 + s * w * 0.6, top + 130),
            (500 + s * w * 1.05, top + 160)], closed=False)
        c.line(pocket, 7, look.line, clip=body)
        if look.style == "jeans":
            c.dashes([(px, py - 10) for px, py in pocket], 4, rgb("e0a64e"))
            c.paint(c.shape(box(500 + s * x - s * 500 - leg - 6, hem - 46, 500 + s * x - s * 500 + leg + 6, hem + 4,
                6)), lighter(look.main, 0.35), puff=0.3, depth=20)
        if look.style == "joggers":
            cx = 500 + s * (x - 500)
            c.paint(c.shape(box(cx - leg * 0.85, hem - 12, cx + leg * 0.85, hem + 52, 12)), look.second, puff=0.4,
                depth=24)
            c.paint(c.stroke([(500 + s * w * 0.98, 300), (500 + s * (outside - 512), hem - 40)], 20) & body,
                look.second, edge=0)
    c.line([(500, top + 50), (500, 400)], 6, look.line)
    band = c.shape(both([(500, top - 22, 0), (500 + w * 0.86, top - 26, 0), (500 + w * 0.9, top + 40, 0),
        (500, top + 46, 0)]))
    c.paint(band, look.second if look.style in ("joggers", "shorts") else darker(look.main, 0.12), puff=0.35,
        depth=30)
    _closing(c, look, top, w)


def _closing(c: Canvas, look: Look, top: float, w: float) -> None:
    if look.style in ("jeans", "wide"):
        c.paint(c.shape(ellipse(500, top + 10, 17, 17)), rgb("d8b45a"), puff=0.6, depth=14)
        for f in (-0.6, -0.25, 0.25, 0.6):
            c.paint(c.shape(box(500 + f * w - 9, top - 32, 500 + f * w + 9, top + 50, 4)), darker(look.main, 0.2),
                edge=0.2, depth=10)
    else:
        for s in (-1, 1):
            c.line(curve([(500 + s * 10, top + 12), (500 + s * 34, top + 90), (500 + s * 24, top + 165)],
                closed=False), 12, look.third, puff=0.6)


KINDS = (
    Kind(
        "dresses",
        "Clothing > Dresses",
        dress,
        {"flared": "flared dress", "sheath": "sheath dress", "maxi": "maxi dress", "frill": "frilled dress"},
        ("plain", "flowers", "dots", "stripes", "gradient", "checks", "zigzag", "diagonal", "plaid", "block"),
        VIVID,
        ("cotton", "silk", "viscose", "linen"),
        BRANDS,
        (39, 189),
        hangs=True,
    ),
    Kind(
        "T-shirts",
        "Clothing > T-shirts",
        tshirt,
        {"crew": "T-shirt", "v": "V-neck T-shirt", "long": "long-sleeved T-shirt", "raglan": "raglan T-shirt"},
        ("plain", "stripes", "block", "gradient", "dots", "camo", "plain", "diagonal", "flowers"),
        VIVID,
        ("cotton", "organic cotton", "jersey"),
        BRANDS,
        (12, 45),
        lies_flat=True,
    ),
    Kind(
        "shirts",
        "Clothing > Shirts",
        shirt,
        {"long": "shirt", "short": "short-sleeved shirt", "pockets": "overshirt", "band": "band-collar shirt"},
        ("plain", "checks", "pinstripes", "plaid", "flowers", "upright", "dots", "gradient", "stripes"),
        VIVID,
        ("cotton", "linen", "flannel", "poplin"),
        BRANDS,
        (29, 99),
        lies_flat=True,
    ),
    Kind(
        "trousers",
        "Clothing > Trousers",
        trousers,
        {"jeans": "jeans", "wide": "wide trousers", "shorts": "shorts", "joggers": "joggers"},
        ("plain", "plaid", "plain", "camo", "upright", "dots", "gradient", "checks", "flowers", "diagonal"),
        VIVID,
        ("cotton", "denim", "linen", "fleece"),
        BRANDS,
        (25, 119),
        lies_flat=True,
    ),
)
