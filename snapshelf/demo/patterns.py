"""Patterns: functions of the sheet's units, clipped by whatever mask they are painted through."""

from __future__ import annotations

import numpy as np

from snapshelf.demo.canvas import Array, Fill
from snapshelf.demo.colours import Colour, mixed
from snapshelf.demo.dice import Dice

SOFT = 2.5  # units over which one colour turns into the other, instead of a jagged border


def _blend(a: Colour, b: Colour, share: Array) -> Array:
    s: Array = np.clip(share, 0, 1).astype(np.float32)[..., None]
    mixed_: Array = np.asarray(a, np.float32) * (1 - s) + np.asarray(b, np.float32) * s
    return mixed_


def _inside(distance: Array) -> Array:
    """1 where the distance is negative, soft at 0."""
    share: Array = np.clip(0.5 - distance / SOFT, 0, 1)
    return share


def _turned(x: Array, y: Array, degrees: float) -> tuple[Array, Array]:
    a = np.float32(np.radians(degrees))
    dx, dy = x - 500, y - 500
    return dx * np.cos(a) + dy * np.sin(a), dy * np.cos(a) - dx * np.sin(a)


def plain(a: Colour) -> Fill:
    """One colour."""
    return lambda x, y: np.broadcast_to(np.asarray(a, np.float32), (y.shape[0], x.shape[1], 3))


def stripes(a: Colour, b: Colour, pitch: float, degrees: float = 0, share: float = 0.5) -> Fill:
    """Bands of `b` on `a`; 0 degrees is level bands."""

    def fill(x: Array, y: Array) -> Array:
        _, v = _turned(x, y, degrees)
        off = np.abs((v / pitch) % 1 - 0.5) * pitch
        return _blend(a, b, _inside(off - pitch * share / 2))

    return fill


def dots(a: Colour, b: Colour, pitch: float, share: float = 0.3) -> Fill:
    """Round dots in staggered rows."""

    def fill(x: Array, y: Array) -> Array:
        row = np.floor(y / pitch)
        u = ((x + (row % 2) * pitch / 2) / pitch) % 1 - 0.5
        v = (y / pitch) % 1 - 0.5
        return _blend(a, b, _inside((np.hypot(u, v) - share) * pitch))

    return fill


def checks(a: Colour, b: Colour, pitch: float) -> Fill:
    """Gingham: bands both ways, darker where they cross."""

    def fill(x: Array, y: Array) -> Array:
        u = _inside((np.abs((x / pitch) % 1 - 0.5) - 0.25) * pitch)
        v = _inside((np.abs((y / pitch) % 1 - 0.5) - 0.25) * pitch)
        return _blend(a, b, (u + v) / 2)

    return fill


def squares(a: Colour, b: Colour, pitch: float) -> Fill:
    """A chessboard."""

    def fill(x: Array, y: Array) -> Array:
        u = _inside((np.abs((x / pitch / 2) % 1 - 0.5) - 0.25) * pitch * 2)
        v = _inside((np.abs((y / pitch / 2) % 1 - 0.5) - 0.25) * pitch * 2)
        return _blend(a, b, u + v - 2 * u * v)

    return fill


def plaid(a: Colour, b: Colour, c: Colour, pitch: float) -> Fill:
    """Tartan: broad bands of one colour, thin lines of another, both ways."""

    def fill(x: Array, y: Array) -> Array:
        u, v = (np.abs((t / pitch) % 1 - 0.5) * pitch for t in (x, y))
        broad = (_inside(u - pitch * 0.22) + _inside(v - pitch * 0.22)) * 0.45
        out = _blend(a, b, broad)
        thin = np.maximum(
            _inside(np.abs(u - pitch * 0.4) - pitch * 0.035), _inside(np.abs(v - pitch * 0.4) - pitch * 0.035)
        )
        s = (thin * 0.8)[..., None]
        return out * (1 - s) + np.asarray(c, np.float32) * s

    return fill


def zigzag(a: Colour, b: Colour, pitch: float) -> Fill:
    """Chevrons."""

    def fill(x: Array, y: Array) -> Array:
        v = y + np.abs((x / pitch) % 1 - 0.5) * pitch * 0.9
        return _blend(a, b, _inside((np.abs((v / pitch * 1.25) % 1 - 0.5) - 0.25) * pitch))

    return fill


def gradient(a: Colour, b: Colour, top: float, bottom: float) -> Fill:
    """`a` above turning into `b` below."""
    return lambda x, y: _blend(a, b, np.broadcast_to((y - top) / (bottom - top), (y.shape[0], x.shape[1])))


def block(a: Colour, b: Colour, at: float, degrees: float = 0) -> Fill:
    """`a` on one side of a straight border, `b` on the other; `at` is the share of `a`, 0 to 1."""

    def fill(x: Array, y: Array) -> Array:
        _, v = _turned(x, y, degrees)
        return _blend(a, b, _inside((at - 0.5) * 1000 - v))

    return fill


def blobs(a: Colour, b: Colour, pitch: float, share: float = 0.45, seed: float = 0) -> Fill:
    """Camouflage-like patches from a few crossing waves."""

    def fill(x: Array, y: Array) -> Array:
        u, v = x / pitch * 3 + seed * 7, y / pitch * 3 + seed * 3
        f = np.sin(u + 1.3 * np.sin(v * 0.8)) + np.sin(v * 1.15 + 1.7 * np.sin(u * 0.7 + 1)) + np.sin((u + v) * 0.6)
        return _blend(a, b, _inside((share - 0.5 - f * 0.33) * pitch * 0.5))

    return fill


def flowers(a: Colour, b: Colour, c: Colour, pitch: float) -> Fill:
    """Five-petalled flowers in staggered rows, turned this way and that."""

    def fill(x: Array, y: Array) -> Array:
        row = np.floor(y / pitch)
        u = (x + (row % 2) * pitch / 2) / pitch
        turn = np.floor(u) * 1.9 + row * 2.7
        du, dv = (u % 1 - 0.5) + 0.08 * np.sin(turn), ((y / pitch) % 1 - 0.5) + 0.08 * np.cos(turn)
        r, angle = np.hypot(du, dv), np.arctan2(dv, du)
        petals = _inside((r - 0.25 - 0.12 * np.cos(5 * angle + turn)) * pitch)
        out = _blend(a, b, petals)
        heart = _inside((r - 0.09) * pitch)[..., None]
        return (out * (1 - heart) + np.asarray(c, np.float32) * heart).astype(np.float32)

    return fill


def speckles(a: Colour, b: Colour, pitch: float, seed: str) -> Fill:
    """Scattered specks of uneven size, as on stoneware and terrazzo."""
    dice = Dice(seed)
    specks = [
        (dice.unit() * 1000, dice.unit() * 1000, dice.between(0.07, 0.2) * pitch) for _ in range(int(1.3e6 / pitch**2))
    ]

    def fill(x: Array, y: Array) -> Array:
        share = np.zeros((y.shape[0], x.shape[1]), np.float32)
        xs, ys = np.broadcast_to(x, share.shape), np.broadcast_to(y, share.shape)
        for sx, sy, r in specks:
            i0, i1 = np.searchsorted(x[0], (sx - r - 3, sx + r + 3))
            j0, j1 = np.searchsorted(y[:, 0], (sy - r - 3, sy + r + 3))
            d = np.hypot(xs[j0:j1, i0:i1] - sx, (ys[j0:j1, i0:i1] - sy) * 1.2) - r
            share[j0:j1, i0:i1] = np.maximum(share[j0:j1, i0:i1], _inside(d))
        return _blend(a, b, share)

    return fill


def wood(base: Colour, *, upright: bool = False) -> Fill:
    """Long grain, along x or upright."""

    def fill(x: Array, y: Array) -> Array:
        u, v = (y, x) if upright else (x, y)
        f = np.sin(v * 0.16 + 2.2 * np.sin(u * 0.006 + 0.7) + 0.8 * np.sin(v * 0.043)) + 0.5 * np.sin(
            v * 0.71 + u * 0.004
        )
        return _blend(base, mixed(base, (0.15, 0.07, 0.02), 0.35), 0.3 + 0.22 * f)

    return fill


def around(fill: Fill, cx: float, rx: float, bow: float = 0) -> Fill:
    """The pattern laid round an upright column at `cx` of half-width `rx`; `bow` bends level bands down."""

    def wrapped(x: Array, y: Array) -> Array:
        u = np.clip((x - cx) / rx, -0.995, 0.995)
        xs = (500 + np.arcsin(u) * rx).astype(np.float32)
        ys = (y - bow * np.sqrt(1 - u * u)).astype(np.float32)
        # patterns take any arrays that broadcast: full grids here, since y now depends on x
        return fill(np.broadcast_to(xs, ys.shape), ys)

    return wrapped
