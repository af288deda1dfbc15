"""Where a step is computed, and in which numbers."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any

import torch

from index.model.processor import cpu_flags

WIDE = frozenset({"avx512bw", "avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16"})
"""Flags of processors on which bf16 is as quick as floats or quicker; others convert each number by itself."""


def device() -> str:
    """`cuda` where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def takes_bf16(flags: Collection[str]) -> bool:
    """Whether bf16 is worth it on a processor with these flags."""
    return bool(WIDE & set(flags))


def quick_numbers(on: str) -> AbstractContextManager[Any]:
    """bf16 for convolutions, where that is quick."""
    quick = on == "cuda" or takes_bf16(cpu_flags())
    context: AbstractContextManager[Any] = torch.autocast(on, dtype=torch.bfloat16, enabled=quick)
    return context
