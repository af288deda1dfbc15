"""Disks that can be filled: a small tmpfs where this machine lets us mount one, else a limit on how long files may be.

The mounts live in a namespace of the harness's own and go with it, however it ends.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
ROOM = "1g"
PAGE = 4096


class Disk(Protocol):
    """A folder whose disk can be full."""

    kind: str

    def fill(self, spare_bytes: int) -> None:
        """From now on so much more fits."""

    def free(self) -> None:
        """Room again."""

    def close(self) -> None:
        """Give it back."""


def own_mounts() -> bool:
    """Put this process and its children into a mount namespace of their own; False where the system says no."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(CLONE_NEWNS) == 0 and libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0)


def disk_under(folder: Path, *, mounts: bool, pids: Callable[[], Iterable[int]]) -> Disk:
    """A disk of its own under `folder` (empty), or a limit on the files of those who write there."""
    return Tmpfs(folder) if mounts else FileLimit(folder, pids)


class Tmpfs:
    """A real file system with a real ENOSPC."""

    kind = "tmpfs"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _run("mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "tmpfs", str(folder))

    def fill(self, spare_bytes: int) -> None:
        there = os.statvfs(self._folder)
        used = (there.f_blocks - there.f_bfree) * there.f_frsize
        size = (used + spare_bytes) // PAGE * PAGE + PAGE
        _run("mount", "-o", f"remount,size={size}", str(self._folder))

    def free(self) -> None:
        _run("mount", "-o", f"remount,size={ROOM}", str(self._folder))

    def close(self) -> None:
        _run("umount", "-l", str(self._folder))


class FileLimit:
    """RLIMIT_FSIZE: no file of these processes grows any more. They must ignore SIGXFSZ (Python does)."""

    kind = "RLIMIT_FSIZE"

    def __init__(self, folder: Path, pids: Callable[[], Iterable[int]]) -> None:
        self._folder, self._pids = folder, pids

    def fill(self, spare_bytes: int) -> None:
        longest = max((path.stat().st_size for path in self._folder.rglob("*") if path.is_file()), default=0)
        self._limit(longest + spare_bytes)

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for pid in self._pids():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def close(self) -> None:
        """Nothing to give back."""


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
