"""What this machine's processor can do with an int8 model, and which way we take on it.

Unsigned times signed 8 bit sums saturate at 16 bit on x86 without VNNI (`vpmaddubsw`), which silently spoils
descriptors made from full-range weights. With VNNI, and on Arm, the sums are 32 bit wide and exact. So without
VNNI the same file is loaded with its scales folded back and computed in float: right, and slower.
Source: onnxruntime.ai/docs/performance/model-optimizations/quantization.html ("When to use S8S8").
"""

from __future__ import annotations

import enum
import platform
from pathlib import Path

VNNI_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "avxvnni"})
"""As /proc/cpuinfo spells them."""


class ComputePath(enum.StrEnum):
    """How a model is computed."""

    INT8 = "int8"
    """8 bit sums, exact in 32 bit: VNNI or Arm."""
    FLOAT_FROM_INT8 = "float-from-int8"
    """The int8 file's weights, computed in float: x86 without VNNI, or a processor that we do not know."""
    FLOAT = "float"
    """An fp32 file."""
    CUDA = "cuda"
    """A graphics card."""


SENTENCES: dict[ComputePath, str] = {
    ComputePath.INT8: "int8 sums in the processor's own 8 bit instructions",
    ComputePath.FLOAT_FROM_INT8: (
        "float sums from the int8 file, because this processor has no VNNI (about a quarter of the speed)"
    ),
    ComputePath.FLOAT: "float sums from an fp32 file",
    ComputePath.CUDA: "float sums on the graphics card",
}


def compute_path(machine: str, flags: frozenset[str], variant: str = "int8", *, cuda: bool = False) -> ComputePath:
    """The way for a processor (`platform.machine()`, its flags), a model's variant and the provider in use."""
    if cuda:
        return ComputePath.CUDA
    if variant != "int8":
        return ComputePath.FLOAT
    if machine.lower() in ("aarch64", "arm64") or flags & VNNI_FLAGS:
        return ComputePath.INT8
    return ComputePath.FLOAT_FROM_INT8


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Flags of the first processor; empty where the system does not tell (then we stay on the safe side)."""
    return frozenset(_field(cpuinfo, "flags", "Features").split())


def describe_cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """One line for `doctor`: processor, whether it has VNNI, and what the built-in model gets from it."""
    machine = platform.machine()
    flags = cpu_flags(cpuinfo)
    name = _field(cpuinfo, "model name") or machine
    path = compute_path(machine, flags)
    return f"{name} ({machine}, {'VNNI' if flags & VNNI_FLAGS else 'no VNNI'}): {SENTENCES[path]}"


def _field(cpuinfo: Path, *names: str) -> str:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return ""
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() in names:
            return value.strip()
    return ""
