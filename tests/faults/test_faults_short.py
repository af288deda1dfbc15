"""A short run of the fault harness, as CI makes it; `make faults MINUTES=60` makes a long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_photo_is_lost_while_the_service_is_killed_starved_and_lied_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults", "--minutes", "0.3", "--folder", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nlost: 0\n" in done.stdout
