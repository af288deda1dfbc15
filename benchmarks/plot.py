"""A plot of points and lines as SVG, for the few plots that `results.md` shows: no library for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 840, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 280, 40, 50
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#57606a", "#0a7ea4", "#7a5c00")
Points = Sequence[tuple[float, float]]


def curves(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """Lines of (x, y), x on a logarithmic axis, y from its least to 1; each line's name stands to the right."""
    points = [point for line in lines.values() for point in line]
    low, high = _decades([x for x, _ in points])
    floor = math.floor(10 * min(y for _, y in points)) / 10

    def place(x: float, y: float) -> tuple[float, float]:
        along = (math.log10(x) - low) / (high - low)
        over = (y - floor) / (1 - floor)
        return LEFT + along * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - over * (HEIGHT - TOP - BOTTOM)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 22, title, size=15),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, across, anchor="middle"),
        (
            f'<text x="18" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 {HEIGHT / 2})">'
            f"{escape(up)}</text>"
        ),
    ]
    for decade in range(low, high + 1):
        x, bottom = place(10**decade, floor)
        parts += [_line(x, TOP, x, bottom), _text(x, bottom + 16, f"{10**decade:g}", anchor="middle")]
    for step in range(round(10 * (1 - floor)) + 1):
        value = floor + step / 10
        x, y = place(10**low, value)
        parts += [_line(x, y, WIDTH - RIGHT, y), _text(x - 8, y + 4, f"{value:.1f}", anchor="end")]
    for number, (name, line) in enumerate(lines.items()):
        parts += _curve(name, [place(x, y) for x, y in line], COLOURS[number % len(COLOURS)], number)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _curve(name: str, points: Points, colour: str, number: int) -> list[str]:
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    at = TOP + 12 + 20 * number
    parts = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
    if len(points) > 1:
        parts.append(f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    legend = f'<circle cx="{WIDTH - RIGHT + 16}" cy="{at - 4}" r="4.5" fill="{colour}"/>'
    return [*parts, legend, _text(WIDTH - RIGHT + 28, at, name)]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d0d7de"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
