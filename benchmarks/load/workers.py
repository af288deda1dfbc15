"""One worker with all processors beside one worker for each: which layout answers more, on the same processors.

Searches lie ready in Redis with their photos, and nobody but the workers is at work: what is measured is decoding,
embedding, searching, and handing the reply on. The layouts take turns; who is not at work is stopped meanwhile.
"""

from __future__ import annotations

import asyncio
import signal
import statistics
import time
from typing import Any

from benchmarks.load.material import Material
from benchmarks.load.raw import Model
from benchmarks.load.stage import Stage, staged
from core.blobs import Blobs
from core.cpus import usable_cpus
from core.messages import ByPhoto, Search
from tests.standins.machines import Running

ROUNDS, PHOTOS = 5, 400
ASLEEP_S = 1.0
"""Longer than a worker's blocking read: what it asked for before it was stopped comes back empty."""


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """Photos a second of each layout, the medians of rounds that take turns, and each as a share of the bare model."""
    rounds, photos = (1, 60) if quick else (ROUNDS, PHOTOS)
    cpus = usable_cpus()
    model = await asyncio.to_thread(Model)
    rates: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    async with staged(material, workers=0, bots=0) as stage:
        layouts = await _layouts(stage, cpus)
        everybody = [one for group in layouts.values() for one in group]
        for number in range(rounds + 1):
            for name, group in layouts.items():
                raw = await asyncio.to_thread(model.measure, 1.0)
                per_s = await _round(stage, photos, group, everybody)
                if number:  # the first round warms
                    rates.setdefault(name, []).append(per_s)
                    shares.setdefault(name, []).append(per_s / raw.per_s)
        _all(everybody, signal.SIGCONT)
    told = {name: {"per_s": round(statistics.median(seen), 1)} for name, seen in rates.items()}
    return {name: one | {"share_of_raw": round(statistics.median(shares[name]), 3)} for name, one in told.items()}


async def _layouts(stage: Stage, cpus: int) -> dict[str, list[Running]]:
    one = [await stage.start("worker")]
    several = [await stage.start("worker", cpus=1) for _ in range(cpus)]
    async with asyncio.timeout(90):
        while await stage.redis.hlen(stage.streams.keys.alive("worker")) < cpus + 1:  # noqa: ASYNC110 - in Redis
            await asyncio.sleep(0.1)
    return {f"one worker of {cpus} threads": one, f"{cpus} workers of one thread": several}


async def _round(stage: Stage, photos: int, group: list[Running], everybody: list[Running]) -> float:
    _all(everybody, signal.SIGSTOP)
    await asyncio.sleep(ASLEEP_S)
    before = await _done(stage)
    await _prepare(stage, photos)
    _all(group, signal.SIGCONT)
    started = time.monotonic()
    async with asyncio.timeout(120):
        while await _done(stage) - before < photos:  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.005)
    per_s = photos / (time.monotonic() - started)
    _all(everybody, signal.SIGCONT)
    return per_s


def _all(group: list[Running], number: signal.Signals) -> None:
    for one in group:
        one.process.send_signal(number)


async def _done(stage: Stage) -> int:
    return int((await stage.streams.depths())["replies"])


async def _prepare(stage: Stage, photos: int) -> None:
    """Searches as the conversation hands them on, in chats of their own."""
    blobs, keys, now = Blobs(stage.redis, stage.streams.keys), stage.streams.keys, int(time.time() * 1000)
    for _ in range(photos):
        number = stage.chat()
        key = keys.blob(f"load{number}", 0)
        await blobs.put(key, stage.photo_bytes(number))
        search = Search(f"load{number}", f"telegram:{number}", ByPhoto((key,)), now, now + 600_000, photos=1)
        await stage.streams.append_search(search)
