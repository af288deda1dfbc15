"""`snapshelf demo`: what it says last leads on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snapshelf.commands.demo import elsewhere


@pytest.mark.parametrize(
    ("on_path", "started", "told"),
    [
        (True, ".venv/bin/snapshelf", "SNAPSHELF_DATA_DIR=data/demo snapshelf doctor"),
        (False, ".venv/bin/snapshelf", "SNAPSHELF_DATA_DIR=data/demo .venv/bin/snapshelf doctor"),
        (False, "/opt/snapshelf/__main__.py", "SNAPSHELF_DATA_DIR=data/demo python -m snapshelf doctor"),
    ],
)
def test_the_demo_says_how_to_reach_it_from_another_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, on_path: bool, started: str, told: str
) -> None:
    if on_path:
        (tmp_path / "snapshelf").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [started, "demo"])
    assert told in elsewhere(Path("data/demo"))


def test_a_folder_with_a_blank_can_be_pasted() -> None:
    assert "SNAPSHELF_DATA_DIR='my demo' " in elsewhere(Path("my demo"))
