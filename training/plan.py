"""How much a shop's training does, and how long that takes here: known before it starts."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

MOST_VIEWS, FEWEST_VIEWS = 10, 3
"""Of each picture; two of them as the shop shows it (`bank.CLEAN`)."""
BANK_BYTES = 4 << 30
STEPS_EACH = 0.2
"""Steps for each product that is trained on: some dozen looks at each with 64 products a step."""
FEWEST_STEPS, MOST_STEPS = 40, 2000
PHOTOS = 1500
"""Test photos to aim at; as many of each product, from 1 to MOST_PHOTOS."""
MOST_PHOTOS = 6
VIEWS_A_STEP = 400
"""Views that the upper blocks see, without learning, in the time of a step with 128."""
SPARE = 1.1
"""Reading, exporting, writing: what is not measured."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured on this machine with this model, in seconds."""

    view_s: float
    step_s: float
    ask_s: float
    """One picture through the installed model."""


@dataclass(frozen=True, slots=True)
class Size:
    """What there is to do it on."""

    pictures: int
    """Trained on, photos of shoppers apart."""
    products: int
    """Trained on."""
    shelf: int
    """All pictures of the catalogue."""
    held_out: int
    """Products."""
    row_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does; written down, so that a run that goes on does the same."""

    views: int
    """Of each picture."""
    pictures: int
    """Trained on at most."""
    steps: int
    photos: int
    """Test photos of each held-out product."""
    seconds: float
    """Estimated."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Plan:
        return cls(**json.loads(path.read_text()))


def plan(size: Size, costs: Costs, minutes: float | None = None) -> Plan:
    """As much as the catalogue is worth; less of it where `minutes` are given and too few."""
    room = BANK_BYTES // size.row_bytes
    pictures = min(size.pictures, max(1, room // FEWEST_VIEWS))
    views = max(FEWEST_VIEWS, min(MOST_VIEWS, room // max(1, pictures)))
    steps = round(min(MOST_STEPS, max(FEWEST_STEPS, size.products * STEPS_EACH)))
    photos = min(MOST_PHOTOS, max(1, math.ceil(PHOTOS / max(1, size.held_out))))
    whole = Plan(views, pictures, steps, photos, 0.0)
    whole = replace(whole, seconds=seconds(whole, size, costs))
    if minutes is None or whole.seconds <= minutes * 60:
        return whole
    return _within(whole, size, costs, minutes * 60)


def seconds(of: Plan, size: Size, costs: Costs) -> float:
    """Views (each seen by the upper blocks once more for the projections), steps, and two models asked."""
    asked = 2 * (size.shelf + of.photos * size.held_out)
    return SPARE * (
        of.views * of.pictures * (costs.view_s + costs.step_s / VIEWS_A_STEP)
        + of.steps * costs.step_s
        + asked * costs.ask_s
    )


def _within(whole: Plan, size: Size, costs: Costs, limit_s: float) -> Plan:
    """Views and steps cut by the same share, neither below its least."""
    share = 1.0
    while True:
        share *= 0.95
        cut = replace(
            whole,
            views=max(FEWEST_VIEWS, round(whole.views * share)),
            steps=max(FEWEST_STEPS, round(whole.steps * share)),
        )
        cut = replace(cut, seconds=seconds(cut, size, costs))
        least = cut.views == FEWEST_VIEWS and cut.steps == FEWEST_STEPS
        if cut.seconds <= limit_s or least:
            return cut


def in_words(seconds: float) -> str:
    """`about 40 s`, `about 12 minutes`, `about 3.5 hours`."""
    if seconds < 90:
        return f"about {max(1, math.ceil(seconds / 10) * 10)} s"
    if seconds < 5400:
        return f"about {math.ceil(seconds / 60)} minutes"
    return f"about {seconds / 3600:.1f} hours"
