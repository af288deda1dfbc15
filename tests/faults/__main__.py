"""`python -m tests.faults --minutes 60 --seed 7`."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from tests.faults.disks import own_mounts
from tests.faults.kinds import IN_SHORT, KINDS
from tests.faults.pace import LONG, SHORT
from tests.faults.report import KEPT, report
from tests.faults.report import keep as write_down
from tests.faults.rounds import Plan, Told, play
from tests.faults.upkeep import Held, held, leaks

NICE = 5


@click.command()
@click.option("--minutes", default=0.4, help="How long faults go on; each round ends with the time it needs to drain.")
@click.option("--round-minutes", default=3.0, help="A new service with an account of its own after so long.")
@click.option("--seed", default=1, help="Of the first round; the next takes the next number.")
@click.option("--photos-per-s", default=3.0)
@click.option("--workers", default=2)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(sorted(KINDS)), help="Only these; default: all.")
@click.option("--keep/--no-keep", default=False, help="Write benchmarks/results/faults.json and docs/faults.md.")
@click.option("--add/--no-add", default=False, help="Add to the figures that were kept before.")
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Keep logs and data there.")
def main(
    *,
    minutes: float,
    round_minutes: float,
    seed: int,
    photos_per_s: float,
    workers: int,
    kinds: tuple[str, ...],
    keep: bool,
    add: bool,
    folder: Path | None,
) -> None:
    """Run the real service under load, harm it in every way we know, and account for every photo."""
    os.nice(NICE)
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # whoever was being answered may be dead
    pace = LONG if minutes > 1 else SHORT
    mounts = own_mounts()
    chosen = kinds or (tuple(KINDS) if minutes > 1 else IN_SHORT)
    count = max(1, round(minutes / round_minutes))
    before = json.loads(KEPT.read_text()) if add else None
    told: list[Told] = []
    after: list[Held] = []
    for number in range(seed, seed + count):
        with tempfile.TemporaryDirectory(prefix="snapshelf-faults-") as aside:
            inside = folder / f"seed-{number}" if folder else Path(aside)
            inside.mkdir(parents=True, exist_ok=True)
            print(f"round with seed {number}", flush=True)
            plan = Plan(minutes * 60 / count, pace, chosen, photos_per_s, workers, mounts)
            try:
                told.append(asyncio.run(_round(inside, number, plan)))
            except asyncio.CancelledError:
                sys.exit(128 + signal.SIGTERM)
        parameters: dict[str, Any] = {
            "minutes": round(minutes / count * len(told), 2),
            "seeds": list(range(seed, number + 1)),
            "photos_per_s": photos_per_s,
            "workers": workers,
            "full disks": "tmpfs" if mounts else "RLIMIT_FSIZE",
        }
        after.append(held())
        parameters["the harness held at most"] = {
            "MB": max(one.memory_mb for one in after),
            "files": max(one.files for one in after),
        }
        report(told)
        print(f"the harness holds {after[-1]}")
        if keep:  # after each round: the next may take for ever
            write_down(told, parameters, beside=before)
    for leak in (found := leaks(after)):
        print(f"THE HARNESS LEAKS: {leak}")
    sys.exit(1 if found or any(one.account.problems for one in told) else 0)


async def _round(folder: Path, seed: int, plan: Plan) -> Told:
    """Told to end (SIGTERM), what runs is stopped and what lies about is removed, as at Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await play(folder, seed, plan)


if __name__ == "__main__":
    main()
