"""One contestant, opened and asked in a process of its own on one processor: what it takes, keeps and finds.

`python -m benchmarks.scale.child` reads a JSON object from standard input and prints one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.scale import filters
from benchmarks.scale.contestants import OURS, Contestant, all_of
from benchmarks.scale.drawing import FIRST, Drawn
from index.codes import CodeLayout, CodePart

NICE = -10
"""Only where it is allowed: on a busy machine the others then wait more often than we do."""
ENOUGH_S = 30.0
"""After this no further round at a setting begins."""
Milliseconds = npt.NDArray[np.float64]


def main() -> None:
    """Build, or measure a contestant, or what filters cost."""
    told = json.loads(sys.stdin.read())
    layout = CodeLayout(tuple(CodePart.of(part) for part in told["parts"]))
    drawn = Drawn(Path(told["folder"]), told["rows"], layout)
    contestant = all_of().get(told["name"], OURS)
    if told["step"] == "build":
        started = time.perf_counter()
        contestant.build(drawn)
        print(json.dumps({"build_s": round(time.perf_counter() - started, 1)}))
        return
    alone()
    if told["step"] == "filters":
        print(json.dumps(filters.measured(drawn, told["rounds"], told["questions"])))
        return
    print(json.dumps(measured(contestant, drawn, told["rounds"], Path(told["found"]))))


def alone() -> None:
    """This process on one processor, before others where that is allowed."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        # Linux shares the processor out between sessions first, and then within one: ours needs its own
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(NICE))
    except OSError:
        print("the priority could not be raised", file=sys.stderr)


def measured(contestant: Contestant, drawn: Drawn, rounds: int, keep: Path) -> dict[str, Any]:
    """Open, ask every question at every setting, a round after the other; rows found go to `keep` (.npz)."""
    questions = drawn.questions()
    count = len(questions["short"])
    before = memory()
    started = time.perf_counter()
    ask = contestant.open(drawn)
    opened = time.perf_counter() - started
    told: dict[str, Any] = {"open_s": round(opened, 2), "settings": {}}
    first = asked(lambda number: ask(questions, number, contestant.default), count)[0]
    told["first_pass"] = quantiles(first)
    found: dict[str, npt.NDArray[np.intp]] = {}
    for setting in contestant.settings:
        times: list[tuple[Milliseconds, Milliseconds]] = []
        until = time.perf_counter() + ENOUGH_S
        while len(times) < rounds and (not times or time.perf_counter() < until):
            wall, processor, rows = asked(lambda number, at=setting: ask(questions, number, at), count)  # type: ignore[misc]
            times.append((wall, processor))
        found[str(setting)] = rows
        told["settings"][setting] = summary(times)
    after = memory()
    told["memory_mb"] = {kind: round((after[kind] - before[kind]) / 1e6, 1) for kind in after}
    np.savez(keep, **found)  # type: ignore[arg-type]
    return told


def asked(
    ask: Callable[[int], npt.NDArray[np.intp]], count: int
) -> tuple[Milliseconds, Milliseconds, npt.NDArray[np.intp]]:
    """Milliseconds by the clock and of the processor for each question, and the rows found `[count, 10]`."""
    wall, processor = np.empty(count), np.empty(count)
    found = np.full((count, FIRST), -1, np.intp)
    for number in range(count):
        began, ran = time.perf_counter(), time.thread_time()
        rows = ask(number)
        processor[number], wall[number] = time.thread_time() - ran, time.perf_counter() - began
        found[number, : len(rows)] = rows[:FIRST]
    return 1000 * wall, 1000 * processor, found


def summary(times: list[tuple[Milliseconds, Milliseconds]]) -> dict[str, float]:
    """Median and p99 over the questions, each question by the median of its rounds; p99 of all single times; and the
    median of each question's fastest round, which is what a machine without other work would give."""
    wall = np.stack([pair[0] for pair in times])
    processor = np.stack([pair[1] for pair in times])
    return quantiles(np.median(wall, axis=0)) | {
        "fastest_ms": _told(wall.min(axis=0), 0.5),
        "p99_processor_ms": _told(np.median(processor, axis=0), 0.99),
        "p99_single_ms": _told(wall, 0.99),
    }


def quantiles(times: Milliseconds) -> dict[str, float]:
    """Median and p99, in milliseconds."""
    return {"median_ms": _told(times, 0.5), "p99_ms": _told(times, 0.99)}


def _told(times: Milliseconds, at: float) -> float:
    return round(float(np.quantile(times, at)), 3)


def memory() -> Mapping[str, int]:
    """Bytes of this process that are its own (anonymous) and that are mapped from files, as far as touched."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines if line.startswith("Rss")}
    return {"anonymous": held["RssAnon"], "mapped": held["RssFile"]}


if __name__ == "__main__":
    main()
