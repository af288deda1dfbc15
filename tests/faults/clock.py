"""Clocks of our processes that the harness steps; see hooks/sitecustomize.py."""

from __future__ import annotations

import struct
from pathlib import Path

_OFFSET = struct.Struct("<d")


class Clock:
    """A file that some processes read at every look at the time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(_OFFSET.pack(0.0))

    def step_to(self, ahead_s: float) -> None:
        """So much ahead of the machine's (negative: behind), at once."""
        with self.path.open("r+b") as file:
            file.write(_OFFSET.pack(ahead_s))
