"""What the harness itself holds after a round: an hour of rounds may not fill the machine that it runs on."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
ROOM_MB, ROOM_FILES = 150, 20
"""By how much a later round may be above the second: the first still imports and fills caches."""


@dataclass(frozen=True)
class Held:
    """Of this process, when a round is over."""

    memory_mb: int
    files: int
    children: int


def held() -> Held:
    """What is held now; zeros where the system does not tell."""
    gc.collect()  # what a round leaves behind in circles is no leak, nor what the allocator keeps for the next
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    proc = Path("/proc/self")
    if not proc.exists():
        return Held(0, 0, 0)
    resident = int((proc / "statm").read_text().split()[1]) * PAGE_BYTES // 1_000_000
    children = sum(len((task / "children").read_text().split()) for task in (proc / "task").iterdir())
    return Held(resident, len(list((proc / "fd").iterdir())), children)


def leaks(rounds: list[Held]) -> list[str]:
    """What grew from round to round, or was left behind."""
    found = [f"{one.children} processes are left behind" for one in rounds if one.children]
    if len(rounds) > 2:
        base, last = rounds[1], rounds[-1]
        if last.memory_mb > base.memory_mb + ROOM_MB:
            found.append(f"memory grew from {base.memory_mb} to {last.memory_mb} MB")
        if last.files > base.files + ROOM_FILES:
            found.append(f"open files grew from {base.files} to {last.files}")
    return found
