"""What processes have used so far, from /proc: processor time and memory, children counted in."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def processor_s(pid: int) -> float:
    """Processor time of a process and all below it."""
    stats = dict(_stats())
    return sum(stats[one][1] for one in _family(pid, stats)) / TICKS_PER_S


def memory_mb(pid: int) -> float:
    """Proportional set size of a process and all below it: shared pages are counted once, over who shares them."""
    return sum(_pss_kb(one) for one in _family(pid, dict(_stats()))) / 1024


def _stats() -> Iterator[tuple[int, tuple[int, int]]]:
    """Process id → parent, ticks in user and kernel mode."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        yield int(path.parent.name), (int(fields[1]), int(fields[11]) + int(fields[12]))


def _family(pid: int, stats: dict[int, tuple[int, int]]) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for one, (parent, _) in stats.items():
        children[parent].append(one)
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        if one in stats:
            found.append(one)
        waiting += children[one]
    return found


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
