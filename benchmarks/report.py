"""`benchmarks/results.md` and its plots, from what the programs left in `results/` (python -m benchmarks.report)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.ground import RESULTS
from benchmarks.load.told import load_section
from benchmarks.scale.told import scale_section

PAGE = RESULTS.parent / "results.md"
SECTIONS = {"load": load_section, "scale": scale_section}
"""Programs with tables of their own; the others' figures are listed as they are."""
FRONT = ("scale",)
"""Told first."""


def write(folder: Path = RESULTS, page: Path = PAGE) -> None:
    """Write the page anew from all results."""
    results = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    order = [name for name in FRONT if name in results] + [name for name in results if name not in FRONT]
    pieces = [
        "# Measured",
        (
            "Written by `make bench` from `benchmarks/results/*.json`; each program says in its first lines what it "
            "does. A full run takes some hours; `python -m benchmarks.NAME` runs one of them."
        ),
    ]
    for name in order:
        told = results[name]
        pieces += [f"## {name}", ground_line(told)]
        pieces.append(SECTIONS[name](told["measured"], folder) if name in SECTIONS else listed(told["measured"]))
    page.write_text("\n\n".join(pieces) + "\n", encoding="utf-8")
    print(f"{page.name}: {len(results)} results")


def ground_line(told: Mapping[str, Any]) -> str:
    """Machine, versions and parameters in two sentences."""
    machine = told["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine.get("versions", {}).items())
    parameters = ", ".join(f"{name} {flat(value)}" for name, value in told.get("parameters", {}).items())
    return (
        f"On {machine.get('processor')} ({machine.get('cpus')} processors), Python {machine.get('python')}, "
        f"{versions}. Parameters: {parameters}."
    )


def listed(measured: Mapping[str, Any]) -> str:
    """Any figures as a table of names and values; tables of tables one line each."""
    rows = [f"| {name} | {flat(value)} |" for name, value in lines(measured)]
    return "\n".join(["| what | figure |", "| --- | --- |", *rows])


def lines(measured: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Name and value of each figure, the names of nested ones joined."""
    for name, value in measured.items():
        if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
            yield from lines(value, f"{prefix}{name}: ")
        else:
            yield f"{prefix}{name}", value


def flat(value: Any) -> str:
    """A value in one cell."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {flat(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(flat(inner) for inner in value)
    return str(value).replace("|", "/")


if __name__ == "__main__":
    write()
