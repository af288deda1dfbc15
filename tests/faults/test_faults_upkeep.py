"""The harness can run for an hour: it notices when it holds more from round to round."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.upkeep import Held, held, leaks


@pytest.mark.parametrize(
    ("rounds", "leaking"),
    [
        ([Held(80, 20, 0)], False),
        ([Held(80, 20, 0), Held(150, 25, 0), Held(170, 30, 0)], False),
        ([Held(80, 20, 0), Held(150, 25, 0), Held(400, 25, 0)], True),
        ([Held(80, 20, 0), Held(150, 25, 0), Held(150, 60, 0)], True),
        ([Held(80, 20, 2)], True),
    ],
)
def test_what_grows_from_round_to_round_is_a_leak(rounds: list[Held], leaking: bool) -> None:
    assert bool(leaks(rounds)) is leaking


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell")
def test_a_process_that_was_left_behind_is_seen() -> None:
    before = held()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert held().children == before.children + 1
        child.communicate(b"\n")
    assert held().children == before.children
