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

CLOCK = "FAULTS_CLOCK"
"""Name of an environment variable: a file with a double, the seconds that our clock is ahead."""
DEADLY = {"kills-decoders": "index.pictures", "kills-workers": "index.decoding"}
"""Files beside this one with the SHA-256 sums of photos, and the module that dies when it meets one."""
_OFFSET = struct.Struct("<d")


def _step_with(path: str) -> None:
    with Path(path).open("rb") as file:
        shown = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    real, real_ns = time.time, time.time_ns

    def offset_s() -> float:
        return float(_OFFSET.unpack_from(shown)[0])

    time.time = lambda: real() + offset_s()
    time.time_ns = lambda: real_ns() + int(offset_s() * 1e9)


class _Deadly(importlib.abc.MetaPathFinder):
    """Lets a process die of some photos when it decodes them, or has them decoded, as by a bug of a library."""

    def __init__(self, sums: Path, module: str) -> None:
        self._sums, self._module = sums, module

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name != self._module:
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
        if self._module == "index.pictures":
            module.decode_to_pixels = self._dying(module.decode_to_pixels, 0)  # type: ignore[attr-defined]
        else:
            module.Decoders.decode = self._dying(module.Decoders.decode, 1)

    def _dying(self, decode: Any, at: int) -> Any:
        def deadly(*args: Any, **more: Any) -> Any:
            if hashlib.sha256(args[at]).hexdigest() in self._sums.read_text().split():
                os.kill(os.getpid(), signal.SIGKILL)
            return decode(*args, **more)

        return deadly


if clock := os.environ.get(CLOCK):
    _step_with(clock)
for sums, deadly_module in DEADLY.items():
    if (beside := Path(__file__).with_name(sums)).exists():
        sys.meta_path.insert(0, _Deadly(beside, deadly_module))
