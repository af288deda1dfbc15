"""Redis fills up: photos are refused with a sentence, what was accepted is answered, and then all is as before.

Two limits. First the one that the service keeps itself, 70 % of Redis's memory: no worker is there, photos come until
shoppers are told to wait. Then the hard one: Redis takes no writes at all; webhooks are kept in the spool.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from benchmarks.load.material import Material
from benchmarks.load.stage import Stage, staged
from bots.texts import notice_text
from core.messages import Notice

LIMIT_MB = 64
REFUSED = 20
"""Shoppers who must have been told before the worker comes."""
MORE = 50
IN_INBOX = 50
WAIT_S = 180.0
ENDS = ("answered", "apologised", "dead", "unknown")


async def measure(material: Material, quick: bool) -> dict[str, Any]:
    """What became of every photo, of every webhook, and of Redis's memory."""
    limit_mb = LIMIT_MB // 4 if quick else LIMIT_MB
    async with staged(material, workers=0, redis=["--maxmemory", f"{limit_mb}mb"]) as stage:
        sent = await _until_refused(stage)
        used_mb = await _used_mb(stage)
        await stage.start("worker")
        await _all_ended(stage, sent)
        told: dict[str, Any] = {
            "sent_until_closed": sent,
            "used_mb_when_closed": used_mb,
            "told_to_wait": _told(stage, "no_room"),
        }
        told["at_the_hard_limit"] = await _at_the_hard_limit(stage, sent)
        told["afterwards"] = await _ends_of(stage, MORE, sent + 2 * MORE)
        told["limit_mb"] = limit_mb
        told["webhooks"] = {str(status): count for status, count in Counter(stage.telegram.pusher().statuses).items()}
        tally = await stage.streams.tally()
        told["ends"] = {name: tally.get(name, 0) for name in ("accepted", *ENDS)}
        told["lost"] = sent + 2 * MORE - sum(tally.get(name, 0) for name in ENDS)
    return told


async def _until_refused(stage: Stage) -> int:
    """Photos until `REFUSED` shoppers were told to wait; how many."""
    sent = 0
    async with asyncio.timeout(WAIT_S):
        while _told(stage, "no_room") < REFUSED:
            if (await stage.streams.depths())["inbox"] < IN_INBOX:
                await stage.ask()
                sent += 1
            else:
                await asyncio.sleep(0.02)
    return sent


def _told(stage: Stage, name: str) -> int:
    """How many shoppers read this sentence."""
    words = notice_text(Notice("job", "telegram:1", name), "Snapshelf")
    return sum(message.get("text") == words for chat in stage.bot.messages.values() for message in chat)


async def _at_the_hard_limit(stage: Stage, before: int) -> dict[str, int]:
    """Redis refuses writes while photos come, then takes them again."""
    kept = (await stage.redis.config_get("maxmemory"))["maxmemory"]
    await stage.redis.config_set("maxmemory", 1)
    try:
        for _ in range(MORE):
            await stage.ask()
        async with asyncio.timeout(WAIT_S):
            await stage.telegram.pusher().delivered()
        spooled = sum(path.stat().st_size for path in (stage.machine.data / "spool").rglob("*") if path.is_file())
    finally:
        await stage.redis.config_set("maxmemory", kept)
    return {"spooled_bytes": spooled, **await _ends_of(stage, 0, before + MORE)}


async def _ends_of(stage: Stage, photos: int, total: int) -> dict[str, int]:
    """What so many more photos came to, once `total` have ended."""
    before = await stage.streams.tally()
    for _ in range(photos):
        await stage.ask()
    await _all_ended(stage, total)
    after = await stage.streams.tally()
    return {name: after.get(name, 0) - before.get(name, 0) for name in ENDS}


async def _all_ended(stage: Stage, photos: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while await stage.ended() < photos:  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.05)


async def _used_mb(stage: Stage) -> float:
    info = await stage.redis.info("memory")
    return round(int(info["used_memory"]) / 1e6, 1)
