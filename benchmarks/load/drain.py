"""Ten thousand photos that piled up are worked off: how fast, and what it does to the memory of each part.

They pile up in the inbox, as when the conversation was away: accepted by the script that webhooks use. The budget for
photos in Redis is far below what they weigh, so each has to leave Redis again for the next ones.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load.material import Material
from benchmarks.load.stage import Stage, staged
from bots.telegram.updates import Me, read_body

PHOTOS, QUICK_PHOTOS = 10_000, 1_500
BUDGET_MB = 64
EVERY_S = 1.0
LONGEST_S = 900.0


@dataclass(frozen=True)
class Sample:
    """One look."""

    at_s: float
    ended: int
    memory_mb: dict[str, float]
    photos_mb: float
    """Of photos in Redis."""


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """Photos a second, memory in the course of it, and what came of the photos."""
    photos = QUICK_PHOTOS if quick else PHOTOS
    async with staged(material, workers=0, bots=0, settings={"BLOB_BUDGET_MB": str(BUDGET_MB)}) as stage:
        await stage.streams.prepare()
        await _pile_up(stage, photos)
        await stage.start("worker")
        await stage.start("bots")
        samples = await _drained(stage, photos)
        tally = await stage.streams.tally()
        depths = await stage.streams.depths()
    ends = {name: tally.get(name, 0) for name in ("accepted", "answered", "apologised", "dead", "unknown", "repeated")}
    return told(samples) | {"photos": ends, "left_in_queues": sum(depths.values()), "budget_mb": BUDGET_MB}


async def _pile_up(stage: Stage, photos: int) -> None:
    for number in range(photos):
        body = json.dumps(stage.update(number + 1)).encode()
        update = read_body(body, Me(str(stage.bot.id)), int(time.time() * 1000))
        assert update is not None
        await stage.streams.claim_and_append(update)


async def _drained(stage: Stage, photos: int) -> list[Sample]:
    started = time.monotonic()
    samples: list[Sample] = []
    while not samples or samples[-1].ended < photos:
        at_s = time.monotonic() - started
        assert at_s < LONGEST_S, f"{samples[-1].ended} of {photos} photos after {at_s:.0f} s"
        held = int(await stage.redis.get(stage.streams.keys.blob_bytes) or 0)
        memory = await asyncio.to_thread(stage.memory_mb)
        samples.append(Sample(at_s, await stage.ended(), memory, held / 1e6))
        stage.forget_calls()
        await asyncio.sleep(EVERY_S)
    return samples


def told(samples: Sequence[Sample]) -> dict[str, Any]:
    """Memory (MB) in the third tenth of the photos (the budget is used up by then), in the last one, and at most;
    `grows_mb`: from the one to the other, what a queue of any length would add to."""
    total = samples[-1].ended
    memory: dict[str, Any] = {}
    for part in samples[0].memory_mb:
        early = statistics.median(_of(samples, part, total * 0.2, total * 0.3))
        late = statistics.median(_of(samples, part, total * 0.9, total))
        most = max(one.memory_mb[part] for one in samples)
        memory[part] = {"early": round(early, 1), "late": round(late, 1), "most": round(most, 1)}
        memory[part]["grows_mb"] = round(late - early, 1)
    seconds = samples[-1].at_s - next((one.at_s for one in samples if one.ended), 0.0)
    return {
        "per_s": round(total / seconds, 1) if seconds else 0.0,
        "memory_mb": memory,
        "redis_kb_a_photo": round(1000 * memory["redis"]["grows_mb"] / (total * 0.7), 2),
        "photos_in_redis_mb_most": round(max(one.photos_mb for one in samples), 1),
    }


def _of(samples: Sequence[Sample], part: str, least: float, most: float) -> list[float]:
    """Of the samples while so many were done; of the nearest when none was taken then."""
    found = [one.memory_mb[part] for one in samples if least <= one.ended <= most]
    return found or [min(samples, key=lambda one: abs(one.ended - (least + most) / 2)).memory_mb[part]]
