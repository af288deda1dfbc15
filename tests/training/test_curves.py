"""The curves of a run, drawn from its log."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from training.curves import curves, read_log, svg

LOG = [
    {"at": 1, "stage": 0, "step": 20, "side": 96, "views": 2.0, "loss": 10.0, "pictures_per_s": 40},
    {"at": 2, "stage": 0, "step": 40, "side": 96, "views": 1.0, "loss": 8.0, "pictures_per_s": 40},
    {"at": 3, "stage": 1, "step": 20, "side": 112, "views": 1.0, "loss": 8.0, "pictures_per_s": 40},
]


def test_stages_follow_one_another_on_one_axis() -> None:
    found, begins = curves(LOG)
    assert set(found) == {"views", "loss"}
    assert [at for at, _ in found["loss"]] == [20, 40, 60]
    assert begins == [40]


def test_steps_done_again_after_a_kill_are_drawn_once() -> None:
    found, _ = curves([*LOG[:2], LOG[0], LOG[1]])
    assert [at for at, _ in found["views"]] == [20, 40]


def test_points_are_smoothed_so_that_single_batches_do_not_hide_the_way() -> None:
    found, _ = curves(LOG)
    assert [value for _, value in found["views"]] == pytest.approx([2.0, 1.8, 1.64])


def test_a_line_cut_off_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LOG) + '\n{"at": 4, "sta')
    assert read_log(path) == LOG


@pytest.mark.parametrize("lines", [LOG, LOG[:1], [], [{"step": 10, "views": 0.0}]], ids=["all", "one", "none", "zeros"])
def test_the_picture_is_an_svg(lines: list[dict[str, float]]) -> None:
    root = ET.fromstring(svg(lines, "losses <of> a run"))
    assert root.tag.endswith("svg")
    assert len(root.findall("{*}polyline")) == len(curves(lines)[0])
