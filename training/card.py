"""`python -m training card`: what a run ends in. The int8 ONNX, every figure side by side, the card, the curves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from index.model.make import make_of
from index.model.registry import PART_WEIGHTS
from index.model.runtime import Embedder
from index.model.weights import read_weights
from training.cardtext import Row, card, lost
from training.curves import read_log, svg
from training.measure import Describe, Figures, Matrix, describer, figures
from training.pictures import Prepared, prepare
from training.recipe import Recipe
from training.teacher import Teacher

CALIBRATION = 256
TEACHER_SIDE = 224
BY_PARTS = {
    "`kind` alone": {"texture": 0.0, "shape": 0.0, "kind": 1.0},
    "three parts, equal": dict.fromkeys(PART_WEIGHTS, 1.0),
    "three parts, weighted": PART_WEIGHTS,
}
TERMS = (
    "trained on pictures under research-only or unstated terms (see card.md): for trying and testing; for a shop, use "
    "the published ImageNet weights or train on its own goods"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the card is made from."""

    recipe: Recipe
    run: Path
    data: Path
    cache: Path
    start: Path
    """The first weights, to compare with."""
    start_side: int
    teacher: Path
    side: int


class Figured:
    """Figures already measured, kept in `card.json`, so that an interrupted card goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, dict[str, Figures]] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str, make: Callable[[], dict[str, Figures]]) -> dict[str, Figures]:
        """Measure unless it was."""
        if name not in self._known:
            self._known[name] = make()
            self._path.write_text(json.dumps(self._known, indent=1) + "\n")
        return self._known[name]


def write_card(wish: Wish, tell: Callable[[str], None] = print) -> Path:
    """Everything into the run's folder; gives the card's path. Raises OSError and ModelFileError."""
    weights, exported = wish.run / "weights.npz", wish.run / "vgg16.onnx"
    kept = Figured(wish.run / "card.json")
    prepared = [one for each in wish.recipe.sets if (one := prepare(each, wish.data, wish.cache)) is not None]
    stamp = _digest(weights)
    tell(f"exporting {exported}")
    plain = replace(read_weights(weights), terms=TERMS)
    make_of(plain, exported, size=wish.side, pixels=calibration(prepared, wish.side), name="builtin")

    def ask(describes: Describe, side: int, recipes: dict[str, dict[str, float]]) -> dict[str, Figures]:
        return figures(describes, wish.data, wish.cache, side, recipes)

    rows: list[Row] = []
    if wish.teacher.exists():
        tell("measuring the teacher")
        found = kept.get("teacher", lambda: ask(_teacher(wish.teacher), TEACHER_SIDE, {"": {"teacher": 1.0}}))
        rows.append(Row("teacher, 224 px", found[""]))
    for name, path, side in (("first weights", wish.start, wish.start_side), ("new weights", weights, wish.side)):
        tell(f"measuring the {name} at {side} px")
        key = f"{name} {_digest(path)} {side}"
        told = kept.get(key, lambda p=path, s=side: ask(describer(p, plain=True), s, BY_PARTS))  # type: ignore[misc]
        rows += [Row(f"{name}, {side} px, plain averages, {recipe}", told[recipe]) for recipe in BY_PARTS]
    searched = {"": PART_WEIGHTS}
    tell("measuring the new weights as they are searched")
    whole = kept.get(f"searched {stamp} {wish.side}", lambda: ask(describer(weights), wish.side, searched))[""]
    rows.append(Row(f"new weights, {wish.side} px, as they are searched", whole))
    tell("measuring the int8 ONNX")
    small = kept.get(f"int8 {stamp} {wish.side}", lambda: ask(_onnx(exported), wish.side, searched))[""]
    rows.append(Row("**the same, int8 ONNX**", small))
    lines = read_log(wish.run / "log.jsonl")
    done = [
        max((int(line["step"]) for line in lines if line.get("stage") == stage), default=0)
        for stage in range(len(wish.recipe.stages))
    ]
    counts = {one.name: len(one.pixels) for one in prepared}
    text = card(wish.recipe, counts=counts, done=done, side=wish.side, rows=rows, int8=lost(whole, small))
    (wish.run / "curves.svg").write_text(svg(lines, "losses of the run"), encoding="utf-8")
    (wish.run / "card.md").write_text(text, encoding="utf-8")
    return wish.run / "card.md"


def calibration(prepared: Sequence[Prepared], side: int) -> npt.NDArray[np.uint8]:
    """256 pictures spread evenly over the sets that are kept as large as the model's input, or over all."""
    large = [one for one in prepared if one.pixels.shape[1] >= side] or list(prepared)
    each = -(-CALIBRATION // len(large))
    out = []
    for one in large:
        for number in np.linspace(0, len(one.pixels) - 1, min(each, len(one.pixels))).astype(np.int64):
            image = Image.fromarray(np.asarray(one.pixels[number]))
            out.append(np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=1.8)))
    return np.stack(out)


def _onnx(path: Path) -> Describe:
    embedder = Embedder.load(path)

    def describes(pixels: npt.NDArray[np.uint8]) -> dict[str, Matrix]:
        found = np.concatenate([embedder.embed(pixels[at : at + 64]) for at in range(0, len(pixels), 64)])
        return {part.name: found[:, part.offset : part.offset + part.size] for part in embedder.parts}

    return describes


def _teacher(path: Path) -> Describe:
    teacher = Teacher(path)

    def describes(pixels: npt.NDArray[np.uint8]) -> dict[str, Matrix]:
        seen = np.stack([teacher.see(picture) for picture in pixels]).astype(np.float32)
        return {"teacher": seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-9)}

    return describes


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
