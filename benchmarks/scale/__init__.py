"""Search at scale: the product's two-phase search beside what a user would pick instead (python -m benchmarks.scale).

Catalogues of 240,000, 1 million and 20 million products are drawn from real pictures (see `drawing`); each contestant
builds its file, is opened in a process of its own on one processor and asked the same real photos, none of which is in
the catalogue. Times are of one question by one thread, from its code or descriptor to the ten first rows; each
question counts by the median of its rounds. What a contestant keeps is what its process grew by: anonymous memory and
touched parts of mapped files apart.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import ground
from benchmarks.scale import contestants as c
from benchmarks.scale import filters, start
from benchmarks.scale.drawing import Drawn, draw
from benchmarks.scale.material import SEED, Material, gather
from benchmarks.scale.race import child, race
from index.model.contract import Embeds
from index.model.runtime import Embedder

SIZES = {
    240_000: (c.OURS, c.BINARY_FLAT, c.FLOAT_FLAT, c.GRAPH, c.BINARY_GRAPH, c.HNSWLIB, c.ANNOY),
    1_000_000: (c.OURS, c.BINARY_FLAT, c.FLOAT_FLAT, c.GRAPH),
    20_000_000: (c.OURS, c.shorter(256), c.shorter(1024)),
}
QUICK = {20_000: SIZES[240_000]}
QUESTIONS = 200
STEPS = ("searches", "filters", "start")
"""What is measured of each size."""


def run(
    quick: bool = False,
    embedder: Embeds | None = None,
    sizes: tuple[int, ...] = (),
    scratch: Path | None = None,
    steps: Collection[str] = STEPS,
) -> dict[str, Any]:
    """Every size. `scratch`: a folder in which descriptors and catalogues are kept for the next run.

    `steps`: some of them; what an earlier run measured of the others stays.
    """
    embedder = embedder or Embedder.load()
    chosen = QUICK if quick else {size: who for size, who in SIZES.items() if not sizes or size in sizes}
    parameters = {
        "quick": quick,
        "sizes": list(chosen),
        "questions": QUESTIONS,
        "seed": SEED,
        "fingerprint": embedder.fingerprint[:16],
    }
    ground.announce("scale", parameters)
    before = _before()
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="snapshelf-scale-", dir=scratch) as name:
        material = gather(embedder, scratch or Path(name), questions=QUESTIONS, quick=quick)
        measured["drawn from"] = f"{len(material.short):,} pictures of {material.source}"
        measured["flipped bits of real neighbours"] = material.flips()
        of_picture = filters.groups(material)
        for rows, who in chosen.items():
            folder = (scratch or Path(name)) / str(rows)
            flips = _drawn(material, rows, folder, of_picture)
            drawn = Drawn(folder, rows, material.binariser.layout)
            kept = {} if set(steps) == set(STEPS) else before.get(f"{rows:,}", {})
            measured[f"{rows:,}"] = kept | {"flipped bits": flips} | _measured(drawn, material, embedder, who, steps)
            if scratch is None:
                shutil.rmtree(folder)
    others = {name: told for name, told in before.items() if name not in measured} if sizes else {}
    told = others | measured
    parameters["sizes"] = sorted(int(size.replace(",", "")) for size in told if size[0].isdigit())
    return ground.finish("scale", parameters, told, quick=quick)


def _measured(
    drawn: Drawn, material: Material, embedder: Embeds, who: Sequence[c.Contestant], steps: Collection[str]
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if "searches" in steps:
        told["searches"] = race(drawn, list(who))
    else:
        child(drawn, c.OURS.name, step="build")
    if "filters" in steps:
        told["filters"] = child(drawn, "filters", step="filters", rounds=3, questions=20)
    if "start" in steps:
        told["start"] = start.measured(drawn, material, embedder.fingerprint)
    return told


def _drawn(material: Material, rows: int, folder: Path, of_picture: npt.NDArray[np.uint32]) -> dict[str, Any]:
    """Draw a catalogue, unless an earlier run left it; gives its shares of flipped bits."""
    told = folder / "flips.json"
    if not told.exists():
        drawn = draw(material, rows, folder)
        filters.write_columns(folder, rows, of_picture)
        told.write_text(json.dumps(drawn))
    flips: dict[str, Any] = json.loads(told.read_text())
    return flips


def _before() -> dict[str, Any]:
    """Figures of an earlier run."""
    path = ground.RESULTS / "scale.json"
    told: dict[str, Any] = json.loads(path.read_text())["measured"] if path.exists() else {}
    return told
