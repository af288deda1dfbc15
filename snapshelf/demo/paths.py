"""Outlines as lists of points, on a sheet of 1000 x 1000 units with y pointing down."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]
Path = list[Point]
# (x, y) is passed smoothly; (x, y, 0) is a corner
Knot = tuple[float, float] | tuple[float, float, int]


def curve(knots: Sequence[Knot], *, closed: bool = True, steps: int = 14) -> Path:
    """A line through the knots: Hermite pieces with tangents along the neighbours, none at corners.

    Tangents are scaled by each piece's own length, so that uneven spacing does not overshoot.
    """
    n = len(knots)
    out: Path = []
    for i in range(n if closed else n - 1):
        j = (i + 1) % n
        p, q = knots[i], knots[j]
        length = math.hypot(q[0] - p[0], q[1] - p[1])
        tp, tq = (_tangent(knots, k, closed, length) for k in (i, j))
        for s in range(steps):
            out.append(_hermite(p, q, tp, tq, s / steps))
    if not closed:
        out.append((knots[-1][0], knots[-1][1]))
    return out


def _tangent(knots: Sequence[Knot], i: int, closed: bool, length: float) -> Point:
    if len(knots[i]) == 3:
        return (0.0, 0.0)
    n = len(knots)
    a, b = (knots[(i - 1) % n], knots[(i + 1) % n]) if closed else (knots[max(i - 1, 0)], knots[min(i + 1, n - 1)])
    dx, dy = b[0] - a[0], b[1] - a[1]
    norm = math.hypot(dx, dy) or 1.0
    return (dx / norm * length, dy / norm * length)


def _hermite(p: Knot, q: Knot, tp: Point, tq: Point, t: float) -> Point:
    a, b = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
    c, d = -2 * t**3 + 3 * t**2, t**3 - t**2
    return (a * p[0] + b * tp[0] + c * q[0] + d * tq[0], a * p[1] + b * tp[1] + c * q[1] + d * tq[1])


def ellipse(cx: float, cy: float, rx: float, ry: float, *, start: float = 0, end: float = 360) -> Path:
    """An ellipse, or the arc of it from `start` to `end` degrees (0 is right, 90 is down)."""
    steps = max(8, int(abs(end - start) / 5))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def box(x0: float, y0: float, x1: float, y1: float, r: float = 0) -> Path:
    """A rectangle, its corners rounded by `r`."""
    r = min(r, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    if r <= 0:
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    corners = [(x1 - r, y0 + r, 270), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180)]
    return [p for cx, cy, a in corners for p in ellipse(cx, cy, r, r, start=a, end=a + 90)]


def mirror(path: Iterable[Point], x: float = 500) -> Path:
    """The path's mirror image about the upright line at `x`."""
    return [(2 * x - px, py) for px, py in path]


def both(half: Sequence[Knot], x: float = 500, *, steps: int = 14) -> Path:
    """A closed outline from its right half, given from top to bottom, mirrored about `x`."""
    right = curve(half, closed=False, steps=steps)
    return right + mirror(right, x)[::-1]


def spin(path: Iterable[Point], degrees: float, cx: float = 500, cy: float = 500) -> Path:
    """The path turned clockwise about a point."""
    a = math.radians(degrees)
    c, s = math.cos(a), math.sin(a)
    return [(cx + (x - cx) * c - (y - cy) * s, cy + (x - cx) * s + (y - cy) * c) for x, y in path]


def shift(path: Iterable[Point], dx: float, dy: float, *, sx: float = 1, sy: float = 1) -> Path:
    """The path scaled about the origin, then moved."""
    return [(x * sx + dx, y * sy + dy) for x, y in path]


def along(path: Sequence[Point], share: float) -> Point:
    """The point at this share (0 to 1) of an open path's length."""
    pieces = list(pairwise(path))
    lengths = [math.dist(a, b) for a, b in pieces]
    left = share * sum(lengths)
    for (a, b), length in zip(pieces, lengths, strict=True):
        if left <= length:
            t = left / (length or 1)
            return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
        left -= length
    return path[-1]
