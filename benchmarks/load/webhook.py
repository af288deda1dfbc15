"""How soon a webhook is answered at 200 photos a second, while workers at nice 10 have more to do than they can.

By a schedule: each request counts from the moment at which it was due, however long those before it took.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.load.material import Material
from benchmarks.load.stage import Stage, staged
from benchmarks.load.throughput import by_webhook
from tests.paths import ROOT
from tests.standins.service import SECRET

PER_S, SECONDS, ROUNDS = 200, 20, 3
NICE = 10
REST_S = 3.0


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """With all bots in one process, and with the intake in one of its own (`snapshelf bots --intake`)."""
    return {
        "in one process": await _measure(material, quick, intake_apart=False),
        "intake apart": await _measure(material, quick, intake_apart=True),
    }


async def _measure(material: Material, quick: bool, *, intake_apart: bool) -> dict[str, Any]:
    """Milliseconds from due to answered, over all rounds and of the median round; the service's share of what came."""
    seconds, rounds = (3, 1) if quick else (SECONDS, ROUNDS)
    async with staged(material, nice=NICE, intake_apart=intake_apart) as stage:
        await by_webhook(stage, 60)
        told = []
        for number in range(rounds):
            before, started, spent = await stage.ended(), time.monotonic(), stage.processor_s()
            answers = await _sent(stage, number, PER_S * seconds)
            took, after = time.monotonic() - started, stage.processor_s()
            busy = {part: round((after[part] - spent[part]) / took, 2) for part in after}
            one = latencies(answers)
            told.append(one | {"answered_per_s": round((await stage.ended() - before) / took, 1), "busy": busy})
            stage.forget_calls()
            await asyncio.sleep(REST_S)
    middle = sorted(told, key=lambda one: one["p99_ms"])[len(told) // 2]
    every = [one["p99_ms"] for one in told]
    return middle | {"p99_ms_of_each_round": every, "wrong": sum(one["wrong"] for one in told)}


def latencies(answers: Sequence[tuple[float, int]]) -> dict[str, Any]:
    """What came of a schedule. A request without its 200 counts as infinitely late."""
    times = sorted(ms if status == 200 else math.inf for ms, status in answers)
    at = {"median_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "p999_ms": 0.999}
    told: dict[str, Any] = {"requests": len(times), "wrong": sum(status != 200 for _, status in answers)}
    told |= {name: times[min(len(times) - 1, math.ceil(share * len(times)) - 1)] for name, share in at.items()}
    return told | {"max_ms": times[-1]}


async def _sent(stage: Stage, number: int, count: int) -> list[tuple[float, int]]:
    """Photos, each in a chat of its own, from a process of its own."""
    where = urlsplit(stage.machine.address)
    updates = [json.dumps(stage.update(500_000_000 + number * 1_000_000 + at)) for at in range(count)]
    plan = {"host": where.hostname, "port": where.port, "secret": SECRET, "per_s": PER_S, "updates": updates}
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(plan), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.load.sender", str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert process.returncode == 0, "the sender failed"
    return [(ms, status) for ms, status in json.loads(out)]
