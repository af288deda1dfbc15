"""A training that is killed goes on where it stopped and ends as it would have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

pytest.importorskip("torch", reason="torch is not installed: see docs/training.md")
pytestmark = [pytest.mark.training, pytest.mark.slow, pytest.mark.timeout(300)]


def started(folder: Path) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.training.resumed", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def lines_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line.strip())
        if line.startswith(wanted):
            return seen
    raise AssertionError(f"it ended without {wanted}: {seen}")


def finished(process: subprocess.Popen[str]) -> list[str]:
    output, _ = process.communicate()
    assert process.returncode == 0
    return output.splitlines()


def test_killed_twice_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = finished(started(tmp_path / "whole"))

    first = started(tmp_path / "killed")
    with first:
        lines_until(first, "looked")
        first.kill()  # while views are made
    second = started(tmp_path / "killed")
    with second:
        lines_until(second, "begins at 0")
        lines_until(second, "kept")
        lines_until(second, "kept")
        second.kill()  # while it learns
    third = finished(started(tmp_path / "killed"))

    begins = next(line for line in third if line.startswith("begins at"))
    assert int(begins.split()[-1]) >= 2
    assert "looked" not in third
    assert third[-1] == whole[-1]
    assert third[-1].startswith("done ")
