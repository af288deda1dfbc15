"""Keeps glibc from handing freed memory back: half the time of a training step on a CPU went to the kernel for it."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""M_TRIM_THRESHOLD and M_MMAP_MAX of mallopt(3)."""


def keep_memory() -> bool:
    """The same as `MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=...` before the start; False where there is no glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, -1))
