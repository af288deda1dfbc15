"""How many processors this process may use: not the host's count, which misleads in a container."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP_V2 = Path("/sys/fs/cgroup")
CGROUP_V1 = Path("/sys/fs/cgroup/cpu")


def usable_cpus() -> int:
    """Processors that this process may use: affinity and cgroup quota, whichever is smaller; at least 1.

    A quota of 1.5 processors counts as 2: a thread more than the quota waits a little, a thread less leaves it idle.
    """
    limits = [_by_affinity()]
    quota = cgroup_quota()
    if quota is not None:
        limits.append(math.ceil(quota))
    return max(1, min(limits))


def cgroup_quota(
    v2: Path = CGROUP_V2, v1: Path = CGROUP_V1, membership: Path = Path("/proc/self/cgroup")
) -> float | None:
    """Processors that the control group grants, the smallest over its ancestors; None where nothing limits it.

    Source: kernel documentation, cgroup-v2 `cpu.max` and cgroup-v1 `cpu.cfs_quota_us` / `cpu.cfs_period_us`.
    """
    found = [
        quota
        for folder in _own_and_parents(v2, membership)
        if (quota := quota_of_v2(_read(folder / "cpu.max"))) is not None
    ]
    old = quota_of_v1(_read(v1 / "cpu.cfs_quota_us"), _read(v1 / "cpu.cfs_period_us"))
    if old is not None:
        found.append(old)
    return min(found, default=None)


def quota_of_v2(text: str) -> float | None:
    """`150000 100000` -> 1.5; `max 100000`, an empty or a strange text -> None."""
    match text.split():
        case [quota, period] if quota.isdigit() and period.isdigit() and int(period) > 0 and int(quota) > 0:
            return int(quota) / int(period)
        case _:
            return None


def quota_of_v1(quota: str, period: str) -> float | None:
    """`150000`, `100000` -> 1.5; a quota of -1 (unlimited), empty or strange texts -> None."""
    return quota_of_v2(f"{quota.strip()} {period.strip()}")


def _by_affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS has no affinity


def _own_and_parents(root: Path, membership: Path) -> list[Path]:
    """The group's folder and all above it: inside a container `root` itself is mostly the group."""
    relative = next(
        (line[3:].strip().lstrip("/") for line in _read(membership).splitlines() if line.startswith("0::")),
        "",
    )
    folder = root / relative
    if ".." in relative or not folder.is_dir():
        return [root]
    return [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # no such controller here: nothing limits us by it
        return ""
