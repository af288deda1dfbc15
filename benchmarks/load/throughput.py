"""Sustained throughput from webhook to the last card, beside the bare model's rate measured in turn with it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.load.material import Material
from benchmarks.load.raw import Model, Raw
from benchmarks.load.stage import Stage, staged
from core.cpus import usable_cpus

ROUNDS, PHOTOS, WARM = 5, 400, 300
AT_ONCE = 48
RAW_S = 3.0
IDLE_S = 5.0
API_AT_ONCE = 16
Ask = Callable[[Stage, int], Awaitable[None]]


@dataclass(frozen=True)
class Round:
    """One turn of each."""

    raw: Raw
    per_s: float
    spent_ms: dict[str, float]
    """Processor time a photo, by part, without what the part uses when nobody asks."""


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """Everybody on all processors."""
    model = await asyncio.to_thread(Model)
    async with staged(material) as stage:
        return {"raw": model.layout} | await both_ways(stage, model, usable_cpus(), quick)


async def both_ways(stage: Stage, model: Model, cpus: int, quick: bool) -> dict[str, Any]:
    """By the webhook, and by `/api/search`, on so many processors."""
    rounds, photos, warm = (1, 60, 60) if quick else (ROUNDS, PHOTOS, WARM)
    await by_webhook(stage, warm)
    idle = await at_rest(stage, 1.0 if quick else IDLE_S)
    return {
        name: told([await a_round(stage, model, ask, photos, idle) for _ in range(rounds)], cpus)
        for name, ask in (("webhook", by_webhook), ("api", by_api))
    }


def told(rounds: list[Round], cpus: int) -> dict[str, Any]:
    """Medians. A share is of the raw rate measured before and after the same round.

    `counted_*`: what processor time says the service would do with the processors to itself, and all of them busy.
    """
    spent = {part: statistics.median(one.spent_ms[part] for one in rounds) for part in rounds[0].spent_ms}
    service = sum(ms for part, ms in spent.items() if part != "standin")
    raw_ms = statistics.median(one.raw.processor_ms for one in rounds)
    return {
        "per_s": round(statistics.median(one.per_s for one in rounds), 1),
        "raw_per_s": round(statistics.median(one.raw.per_s for one in rounds), 1),
        "share": round(statistics.median(one.per_s / one.raw.per_s for one in rounds), 3),
        "processor_ms": {part: round(ms, 2) for part, ms in spent.items()} | {"raw": round(raw_ms, 2)},
        "counted_per_s_without_standin": round(cpus * 1000 / service, 1),
        "counted_share_without_standin": round(raw_ms / service, 3),
        "counted_share_of_worker": round(raw_ms / spent["worker"], 3),
    }


async def by_webhook(stage: Stage, photos: int) -> None:
    """So many photos, `AT_ONCE` under way; returns when all are answered."""
    sent, before = 0, await stage.ended()
    async with asyncio.timeout(300):
        while (ended := await stage.ended() - before) < photos:
            for _ in range(min(photos - sent, AT_ONCE - (sent - ended))):
                await stage.ask()
                sent += 1
            await asyncio.sleep(0.01)
    stage.forget_calls()


async def by_api(stage: Stage, photos: int) -> None:
    """So many questions of a program, `API_AT_ONCE` connections."""
    waiting = iter([stage.photo_bytes(number) for number in range(photos)])
    async with aiohttp.ClientSession() as session:

        async def ask() -> None:
            for photo in waiting:
                form = aiohttp.FormData()
                form.add_field("photo", photo, filename="photo.jpg", content_type="image/jpeg")
                async with session.post(f"{stage.machine.address}/api/search", data=form) as answer:
                    assert answer.status == 200, await answer.text()
                    await answer.read()

        await asyncio.gather(*(ask() for _ in range(API_AT_ONCE)))


async def at_rest(stage: Stage, seconds: float) -> dict[str, float]:
    """Processors that each part keeps busy when nobody asks."""
    before = stage.processor_s()
    await asyncio.sleep(seconds)
    return {part: (after - before[part]) / seconds for part, after in stage.processor_s().items()}


async def a_round(stage: Stage, model: Model, ask: Ask, photos: int, idle: dict[str, float]) -> Round:
    """The service between two looks at the bare model. `idle`: as `at_rest` told."""
    raw = [await asyncio.to_thread(model.measure, RAW_S / 2)]
    before, started = stage.processor_s(), time.monotonic()
    await ask(stage, photos)
    took, after = time.monotonic() - started, stage.processor_s()
    raw.append(await asyncio.to_thread(model.measure, RAW_S / 2))
    spent = {part: (after[part] - before[part] - idle[part] * took) / photos * 1000 for part in after}
    both = Raw(statistics.mean(one.per_s for one in raw), statistics.mean(one.processor_ms for one in raw))
    return Round(both, photos / took, spent)
