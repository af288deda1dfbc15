"""A recipe: which pictures, which stages, which teacher. Written as TOML, so that a run can be named and run again."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PictureSet:
    """One folder or tar of pictures."""

    name: str
    path: str
    side: int
    """Pictures are kept squeezed to this square."""
    table: str = ""
    """CSV with a column `id` (the picture's file name without ending) and the labels."""
    kind: str = ""
    colour: str = ""
    folder_level: int = 1
    """Which folder above the picture names its kind, when `kind` is `folder`."""
    leave_out: int = 0
    """Ids divisible by it are left out; 0: none."""
    share: float = 1.0
    """How often its pictures are drawn, against those of other sets."""


@dataclass(frozen=True, slots=True)
class Stage:
    """So many steps at one input size."""

    side: int
    steps: int
    batch: int
    """Pictures a step; each is seen in two views."""
    rate: float
    """Highest learning rate; it falls along a cosine over the stage."""
    frozen_blocks: int = 2
    """Blocks of VGG16 that keep their weights: edges and blobs are the same in every shop."""
    reuse: int = 1
    """How often a step's views are learnt from. What the frozen blocks make of them is computed once: with four blocks
    frozen, a step on kept views costs a tenth."""
    heads_rate: float = 5.0
    """Times `rate`, for the heads: they begin from nothing and go when training ends."""
    shares: dict[str, float] = field(default_factory=dict)
    """Of sets, by name, where they are others than the sets' own."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All of a run."""

    sets: tuple[PictureSet, ...]
    stages: tuple[Stage, ...]
    start: str
    teacher: str = ""
    seed: int = 7
    weights: dict[str, float] = field(
        default_factory=lambda: {"views": 1.0, "teacher": 0.5, "kinds": 0.5, "kind": 1.0, "colour": 0.5}
    )
    """Of the losses."""


def read_recipe(path: Path) -> Recipe:
    """Raises ValueError with one sentence where it is no recipe."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        sets = tuple(PictureSet(**one) for one in raw.pop("set"))
        stages = tuple(Stage(**one) for one in raw.pop("stage"))
        return Recipe(sets, stages, **raw)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no recipe: {error}.") from None
