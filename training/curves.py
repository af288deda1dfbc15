"""The losses of a run as a picture: SVG out of `log.jsonl`, with nothing but text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 860, 420, 56, 24, 44, 130
COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#8a5a9e", "#b8860b", "#4a4a4a", "#0f8b8d")
NOT_CURVES = frozenset({"at", "stage", "step", "side", "pictures_per_s"})
SMOOTH = 0.8
"""Share of the value before that each point keeps: single batches are noisy."""
TICKS = 5

Points = list[tuple[float, float]]


def read_log(path: Path) -> list[dict[str, float]]:
    """The lines; one that was cut off by a kill is passed over."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def curves(lines: Sequence[dict[str, float]]) -> tuple[dict[str, Points], list[float]]:
    """Smoothed points by name over all steps, and where stages begin.

    Steps that were done again after a kill stand where they were first.
    """
    lengths: dict[int, float] = {}
    for line in lines:
        stage = int(line.get("stage", 0))
        lengths[stage] = max(lengths.get(stage, 0), line["step"])
    begins = {stage: sum(lengths[one] for one in lengths if one < stage) for stage in lengths}
    by_name: dict[str, dict[float, float]] = {}
    for line in lines:
        at = begins[int(line.get("stage", 0))] + line["step"]
        for name, value in line.items():
            if name not in NOT_CURVES:
                by_name.setdefault(name, {})[at] = value
    return {name: _smooth(sorted(points.items())) for name, points in by_name.items()}, sorted(begins.values())[1:]


def _smooth(points: Points) -> Points:
    out: Points = []
    for at, value in points:
        out.append((at, SMOOTH * out[-1][1] + (1 - SMOOTH) * value if out else value))
    return out


def svg(lines: Sequence[dict[str, float]], title: str) -> str:
    """One picture; each curve is drawn as a share of its own greatest value, which stands in its name."""
    found, begins = curves(lines)
    last = max((points[-1][0] for points in found.values()), default=1.0)
    right, low = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(at: float) -> float:
        return LEFT + (right - LEFT) * at / max(last, 1.0)

    def y(share: float) -> float:
        return low - (low - TOP) * share

    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>',
    ]
    for tick in range(TICKS + 1):
        at, share = last * tick / TICKS, tick / TICKS
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
        parts.append(f'<text x="{x(at):.1f}" y="{low + 18}" text-anchor="middle">{at:.0f}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">steps</text>')
    parts += [f'<line x1="{x(b):.1f}" x2="{x(b):.1f}" y1="{TOP}" y2="{low}" stroke="#999"/>' for b in begins]
    for number, (name, points) in enumerate(found.items()):
        most, colour = max(value for _, value in points) or 1.0, COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x(at):.1f},{y(value / most):.1f}" for at, value in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{line}"/>')
        label = f"{name}: {points[-1][1]:.2f} of {most:.2f}"
        parts.append(f'<text x="{right + 8}" y="{TOP + 16 * number + 12}" fill="{colour}">{escape(label)}</text>')
    return "\n".join([*parts, "</svg>\n"])
