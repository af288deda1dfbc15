"""Python runs this before the service's programs: a clock that the harness steps, photos that kill who decodes them.

The machine's own clock is left alone, and the product knows nothing of either.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

CLOCK, POISON = "FAULTS_CLOCK", "FAULTS_POISON"
"""Names of environment variables: a file with a double (seconds that our clock is ahead), a file of SHA-256 sums."""
_OFFSET = struct.Struct("<d")


def _step_with(path: str) -> None:
    with Path(path).open("rb") as file:
        shown = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    real, real_ns = time.time, time.time_ns

    def offset_s() -> float:
        return float(_OFFSET.unpack_from(shown)[0])

    time.time = lambda: real() + offset_s()
    time.time_ns = lambda: real_ns() + int(offset_s() * 1e9)


class _DeadlyPictures(importlib.abc.MetaPathFinder):
    """Lets `index.pictures` die of some photos, as by a bug of a codec."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name != "index.pictures":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_deadly(module: ModuleType) -> None:
                load(module)
                self._make_deadly(module)

            spec.loader.exec_module = load_deadly  # type: ignore[method-assign]
        return spec

    def _make_deadly(self, module: ModuleType) -> None:
        decode = module.decode_to_pixels

        def deadly(data: bytes, *args: Any, **more: Any) -> Any:
            if hashlib.sha256(data).hexdigest() in self._path.read_text().split():
                os.kill(os.getpid(), signal.SIGKILL)
            return decode(data, *args, **more)

        module.decode_to_pixels = deadly  # type: ignore[attr-defined]


if path := os.environ.get(CLOCK):
    _step_with(path)
if path := os.environ.get(POISON):
    sys.meta_path.insert(0, _DeadlyPictures(path))
