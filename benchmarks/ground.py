"""What every benchmark says before its numbers, and where it keeps them."""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.cpus import usable_cpus

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Processor, interpreter and the versions that numbers depend on."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cpus": usable_cpus(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "faiss-cpu", "onnxruntime", "pillow")},
    }


def finish(name: str, parameters: dict[str, Any], measured: dict[str, Any], *, quick: bool) -> dict[str, Any]:
    """The whole result; a full run is kept in `results/` and compared with the one before."""
    told = {"benchmark": name, "machine": machine(), "parameters": parameters, "measured": measured}
    path = RESULTS / f"{name}.json"
    before = json.loads(path.read_text())["measured"] if path.exists() else {}
    for key, value in measured.items():
        then = before.get(key)
        print(f"{key}: {value}" + (f"  (before: {then})" if then is not None and then != value else ""))
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        path.write_text(json.dumps(told, indent=1) + "\n")
    return told


def announce(name: str, parameters: dict[str, Any]) -> None:
    """Machine, versions, parameters and seed, before any number."""
    print(f"{name}: {json.dumps(machine())}")
    print(f"parameters: {json.dumps(parameters)}", flush=True)


def quick_wanted() -> bool:
    """`--quick` on the command line."""
    return "--quick" in sys.argv[1:]
