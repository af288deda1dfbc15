"""All contestants of one size, one after the other, and how good what they find is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.scale.contestants import Contestant
from benchmarks.scale.drawing import FIRST, Drawn

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 9


def race(drawn: Drawn, contestants: list[Contestant], rounds: int = ROUNDS) -> dict[str, Any]:
    """What each takes, keeps and finds, by name."""
    told: dict[str, Any] = {}
    questions = drawn.questions()
    for one in contestants:
        if not one.can_be_had:
            told[one.name] = {"missing": f"{one.needs} is not installed"}
            continue
        built = child(drawn, one.name, step="build")
        found = drawn.folder / "found.npz"
        result = built | child(drawn, one.name, step="measure", rounds=rounds, found=str(found))
        with np.load(found) as rows:
            for setting in result["settings"]:
                result["settings"][setting] |= quality(drawn, questions, rows[setting])
        told[one.name] = result | {"told": one.told, "default": one.default}
        default = result["settings"][str(one.default)]
        print(f"  {drawn.rows:,} {one.name}: {json.dumps(default)} {json.dumps(result['memory_mb'])}", flush=True)
    return told


def child(drawn: Drawn, name: str, **told: Any) -> dict[str, Any]:
    """Run a step of a contestant in a process of its own."""
    parts = [asdict(part) for part in drawn.layout.parts]
    asked = {"folder": str(drawn.folder), "rows": drawn.rows, "name": name, "parts": parts, **told}
    threads = str(os.cpu_count() or 1) if told["step"] == "build" else "1"
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale.child"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )
    if result.returncode:
        raise RuntimeError(f"{name}, {told['step']}: {result.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


def quality(drawn: Drawn, questions: dict[str, Any], found: npt.NDArray[np.intp]) -> dict[str, float]:
    """Recall at 10 against exact float search, and against the exact order of the weighted long codes.

    A row as near as the exact tenth counts as right: codes have ties.
    """
    told = {}
    long = drawn.long()
    layout = drawn.layout
    right = 0
    for asked, rows, last in zip(questions["long"], found, questions["long_last"], strict=True):
        far = layout.weighted(layout.by_part(asked, long[rows[rows >= 0]]))
        right += int((far <= last + 1e-6).sum())
    told["recall_of_long"] = round(right / found.size, 4)
    if drawn.has_floats:
        same = [len(np.intersect1d(rows, exact)) for rows, exact in zip(found, questions["float_rows"], strict=True)]
        told["recall_of_float"] = round(sum(same) / (FIRST * len(same)), 4)
    return told
