"""Where trainings keep what they need, and where a finished model goes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from core.errors import SnapshelfError
from index.model.card import probes_of, sidecar_of
from training.runs import FORGOTTEN_S, alone, clear, install, room_for, tidy


def made(folder: Path) -> Path:
    model = folder / "tuned.onnx"
    for path in (model, sidecar_of(model), probes_of(model)):
        path.write_text(path.name)
    return model


def test_a_model_gets_the_next_free_name_and_takes_its_sidecar_and_probes_along(tmp_path: Path) -> None:
    model, models = made(tmp_path), tmp_path / "models"
    assert [install(model, models) for _ in range(3)] == ["shop-1", "shop-2", "shop-3"]
    assert sidecar_of(models / "shop-2.onnx").read_text() == "tuned.onnx.json"
    assert probes_of(models / "shop-2.onnx").read_text() == "tuned.onnx.probes.npz"
    assert len(list(models.iterdir())) == 9, "nothing half written is left"


def test_the_same_training_runs_once_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(SnapshelfError, match="runs already"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_what_was_left_unfinished_a_week_ago_is_forgotten(tmp_path: Path) -> None:
    old = time.time() - FORGOTTEN_S - 60
    for name, finished, at in (("a", False, old), ("b", True, old), ("c", False, time.time()), ("own", False, old)):
        (tmp_path / name).mkdir()
        if finished:
            (tmp_path / name / "result.json").write_text("{}")
        os.utime(tmp_path / name, (at, at))
    tidy(tmp_path, tmp_path / "own")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c", "own"]


def test_a_finished_training_keeps_its_log_and_result(tmp_path: Path) -> None:
    made(tmp_path)
    for name in ("bank.f16", "tuned.pt", "pictures.u8", "log.jsonl", "result.json"):
        (tmp_path / name).write_text("")
    clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl", "result.json"]


def test_a_full_disk_is_told_before_the_work_begins(tmp_path: Path) -> None:
    room_for(tmp_path, 0)
    with pytest.raises(SnapshelfError, match=r"keeps 1000000\.0 GB in .* make room"):
        room_for(tmp_path, 10**15)
