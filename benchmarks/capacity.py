"""What a photo costs each part of the service in processor time: what docs/scaling.md counts machines with.

python -m benchmarks.capacity

Real processes over a stand-in for Telegram. Processor time, not duration: it is much the same on a machine that is busy
with other work, and it says how much of a core a photo a second needs. What the processes spend when nobody sends
anything (looking for work, leases, metrics) is measured first and taken off; it does not grow with the photos.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from benchmarks import ground
from benchmarks.load.spent import processor_s
from core.keys import Keys
from core.streams import Streams
from index.model.runtime import Embedder
from tests.paths import ROOT
from tests.redis_server import RedisServer, oldest_binary, valkey_binary
from tests.standins.machines import Machine, Running, machines
from tests.standins.service import SECRET, set_webhook
from tests.standins.shop import PRODUCTS, jpeg, open_shop, picture
from tests.standins.telegram import TelegramServer
from tests.standins.telegram_updates import Pusher

PHOTOS, WARM, IDLE_S = 200, 40, 20.0
AT_ONCE = 25
SIDE_PX = 1280


def run(quick: bool = False) -> dict[str, Any]:
    """Milliseconds of processor time a photo, by part, and what goes over Redis's connections."""
    photos = 40 if quick else PHOTOS
    parameters = {"quick": quick, "photos": photos, "side_px": SIDE_PX, "hits": 5, "redis": "appendfsync always"}
    ground.announce("capacity", parameters)
    measured = asyncio.run(_measure(photos))
    return ground.finish("capacity", parameters, measured, quick=quick)


@dataclass(frozen=True)
class _Spent:
    """So far."""

    at_s: float
    bots_s: float
    worker_s: float
    redis_s: float
    redis_in: int
    redis_out: int


async def _measure(photos: int) -> dict[str, Any]:
    binary = valkey_binary() or oldest_binary()
    assert binary is not None, "no Redis binary: install locks/dev.txt"
    server = RedisServer(binary)
    redis: Any = Redis.from_url(server.url)
    try:
        with tempfile.TemporaryDirectory(prefix="snapshelf-") as name:
            async with TelegramServer() as telegram:
                shop = open_shop(Path(name), server.url)
                await asyncio.to_thread(shop.publish, embedder=Embedder.load())
                bot = telegram.add_bot()
                settings = {"TELEGRAM_TOKEN": bot.token, "TELEGRAM_SECRET": SECRET, "TELEGRAM_API": telegram.url}
                settings |= {"PUBLIC_URL": "http://127.0.0.1", "HITS": "5", "LOG_FORMAT": "json"}
                machine = Machine(shop.settings.data_dir, server.url, ROOT, **settings)
                async with machines(machine):
                    worker, bots = await machine.start("worker"), await machine.start("bots")
                    reading = [asyncio.create_task(_read_all(running)) for running in (worker, bots)]
                    await machine.ready()
                    await set_webhook(telegram, bot, machine.address)
                    streams = Streams(redis, Keys())
                    await _answered(streams, telegram.pusher(), 0, WARM)
                    idle = await _spent(redis, worker, bots)
                    await asyncio.sleep(IDLE_S)
                    before = await _spent(redis, worker, bots)
                    await _answered(streams, telegram.pusher(), WARM, photos)
                    after = await _spent(redis, worker, bots)
                    for task in reading:
                        task.cancel()
    finally:
        await redis.aclose()
        server.close()
    return _told(idle, before, after, photos)


def _told(idle: _Spent, before: _Spent, after: _Spent, photos: int) -> dict[str, Any]:
    seconds, quiet_s = after.at_s - before.at_s, before.at_s - idle.at_s
    told: dict[str, Any] = {"photos_per_s": round(photos / seconds, 2)}
    for part in ("bots_s", "worker_s", "redis_s"):
        at_rest = (getattr(before, part) - getattr(idle, part)) / quiet_s
        spent = getattr(after, part) - getattr(before, part) - at_rest * seconds
        name = part.removesuffix("_s")
        told |= {f"{name}_ms": round(spent / photos * 1000, 2), f"{name}_at_rest": round(at_rest, 4)}
    for part in ("redis_in", "redis_out"):
        at_rest = (getattr(before, part) - getattr(idle, part)) / quiet_s
        moved = getattr(after, part) - getattr(before, part) - at_rest * seconds
        told[f"{part}_kb"] = round(moved / photos / 1000, 1)
    return told


async def _read_all(running: Running) -> None:
    """So that no pipe fills up."""
    assert running.process.stdout is not None
    while await running.process.stdout.readline():
        continue


async def _answered(streams: Streams, pusher: Pusher, first: int, photos: int) -> None:
    """Send so many photos, each in a chat of its own, `AT_ONCE` under way; returns once all are answered."""
    for number in range(first, first + photos):
        await pusher.photo(1000 + number, jpeg(picture(number % PRODUCTS).resize((SIDE_PX, SIDE_PX)), quality=90))
        await _until(streams, number + 1 - AT_ONCE)
    await _until(streams, first + photos)


async def _until(streams: Streams, wanted: int) -> None:
    async with asyncio.timeout(300):
        while (await streams.tally()).get("answered", 0) < wanted:  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.02)


async def _spent(redis: Any, worker: Running, bots: Running) -> _Spent:
    cpu, stats = await redis.info("cpu"), await redis.info("stats")
    return _Spent(
        at_s=time.monotonic(),
        bots_s=processor_s(bots.process.pid),
        worker_s=processor_s(worker.process.pid),
        redis_s=cpu["used_cpu_user"] + cpu["used_cpu_sys"],
        redis_in=stats["total_net_input_bytes"],
        redis_out=stats["total_net_output_bytes"],
    )


if __name__ == "__main__":
    run(ground.quick_wanted())
