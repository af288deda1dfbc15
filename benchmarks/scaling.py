"""The tables of docs/scaling.md, counted from what the other benchmarks measured. Nothing is measured here.

python -m benchmarks.scaling
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import ground

PAGE = Path(__file__).parent.parent / "docs" / "scaling.md"
BEGIN, END = "<!-- counted by `python -m benchmarks.scaling` -->", "<!-- end of what is counted -->"
PHOTOS_PER_S = (1, 100, 10_000)
MILLIONS = (1, 50, 500)
LOAD = 0.5
"""Of a core at the busiest hour: the other half is for peaks and for a machine that fails."""
CORES = 16
"""Of one machine."""
ABSENT = "not measured yet"


@dataclass(frozen=True)
class Costs:
    """Processor time a photo in ms, by part, and what goes over Redis's connections in kB."""

    bots_ms: float
    worker_ms: float
    """Without the search."""
    redis_ms: float
    redis_kb: float


@dataclass(frozen=True)
class Index:
    """What a search costs by the size of the catalogue; between sizes it grows in proportion, as an exact pass does."""

    largest_m: float
    ms_per_million: float
    memory_mb_per_million: float
    mapped_mb_per_million: float

    def search_ms(self, millions: float) -> float:
        return self.ms_per_million * millions


def run(quick: bool = False) -> None:
    """Write the tables anew, from whatever results there are; a missing one is said to be missing."""
    text = PAGE.read_text(encoding="utf-8")
    head, tail = text.partition(BEGIN)[0], text.partition(END)[2]
    made = f"{head}{BEGIN}\n\n{tables(_costs(), _index())}\n\n{END}{tail}"
    if not quick:
        PAGE.write_text(made, encoding="utf-8")
    print(made.partition(BEGIN)[2].partition(END)[0])


def tables(costs: Costs | None, index: Index | None) -> str:
    """Markdown."""
    if costs is None or index is None:
        missing = [name for name, one in (("capacity", costs), ("scale", index)) if one is None]
        return f"These tables are {ABSENT}: `python -m benchmarks.{missing[0]}` comes first."
    return "\n\n".join([_of_parts(costs), _of_photos(costs, index), _of_products(index)])


def _of_parts(costs: Costs) -> str:
    one_redis = math.floor(1000 / costs.redis_ms * LOAD)
    rows = [
        ("bots", costs.bots_ms, ""),
        ("worker, without the search", costs.worker_ms, ""),
        (
            "Redis",
            costs.redis_ms,
            f"{costs.redis_kb:.0f} kB over its connections; one Redis carries about {one_redis}/s",
        ),
    ]
    lines = [
        "| part | processor time a photo | photos a second on one core at half load | |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {name} | {ms:.1f} ms | {1000 / ms * LOAD:.0f} | {more} |" for name, ms, more in rows]
    return "\n".join(lines)


def _of_photos(costs: Costs, index: Index) -> str:
    head = ["photos a second", "bots", "Redis", *(f"workers, {size} million products" for size in MILLIONS)]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for rate in PHOTOS_PER_S:
        cells = [f"{rate:,}", _cores(rate * costs.bots_ms), _redis(rate, costs)]
        for size in MILLIONS:
            cores = _cores(rate * (costs.worker_ms + index.search_ms(size)))
            cells.append(cores + (" *" if size > index.largest_m else ""))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _of_products(index: Index) -> str:
    lines = ["| products | search, one core | memory of a worker | mapped from disk |", "| --- | --- | --- | --- |"]
    for size in MILLIONS:
        mark = " *" if size > index.largest_m else ""
        memory, mapped = index.memory_mb_per_million * size, index.mapped_mb_per_million * size
        lines.append(f"| {size} million{mark} | {index.search_ms(size):.0f} ms | {_mb(memory)} | {_mb(mapped)} |")
    return "\n".join(lines)


def _cores(ms_per_s: float) -> str:
    cores = math.ceil(ms_per_s / 1000 / LOAD)
    if cores <= CORES:
        return f"{cores} core{'s' if cores > 1 else ''}"
    return f"{math.ceil(cores / CORES):,} machines ({cores:,} cores)"


def _redis(rate: int, costs: Costs) -> str:
    servers = math.ceil(rate * costs.redis_ms / 1000 / LOAD)
    return "1" if servers == 1 else f"{servers}, each with its own bots and workers"


def _mb(megabytes: float) -> str:
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"


def _costs() -> Costs | None:
    told = _measured("capacity")
    if told is None:
        return None
    return Costs(told["bots_ms"], told["worker_ms"], told["redis_ms"], told["redis_in_kb"] + told["redis_out_kb"])


def _index() -> Index | None:
    told = _measured("scale") or {}
    sizes = {int(name.replace(",", "")) / 1e6: one["searches"] for name, one in told.items() if _is_size(name)}
    if not sizes:
        return None
    largest = max(sizes)
    ours = sizes[largest]["two-phase"]
    setting, memory = ours["settings"][str(ours["default"])], ours["memory_mb"]
    return Index(largest, setting["median_ms"] / largest, memory["anonymous"] / largest, memory["mapped"] / largest)


def _is_size(name: str) -> bool:
    return name.replace(",", "").isdigit()


def _measured(name: str) -> dict[str, Any] | None:
    path = ground.RESULTS / f"{name}.json"
    return json.loads(path.read_text())["measured"] if path.exists() else None


if __name__ == "__main__":
    run(ground.quick_wanted())
