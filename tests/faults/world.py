"""Everything that one round plays with: the service's processes, the stand-in Telegram, the shop's folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from redis.asyncio import Redis

from core.connection import client
from core.keys import Keys
from core.streams import Streams
from snapshelf.processes import free_port
from tests.faults.processes import Kept, until_redis_answers
from tests.paths import ROOT
from tests.redis_server import oldest_binary, valkey_binary
from tests.standins.service import SECRET, set_webhook
from tests.standins.shop import Shop, open_shop
from tests.standins.telegram import Bot, TelegramServer

HITS = 2
READY_S = 60.0


@dataclass
class World:
    """One shop at work."""

    folder: Path
    shop: Shop
    telegram: TelegramServer
    bot: Bot
    redis: Kept
    bots: Kept
    workers: list[Kept]
    env: Mapping[str, str]
    streams: Streams
    address: str
    faults_ended: list[str] = field(default_factory=list)

    @property
    def processes(self) -> list[Kept]:
        return [*self.workers, self.bots, self.redis]

    async def ready(self) -> None:
        """Returns once the service says that it is."""
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.address}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)


def ignoring_file_limit() -> None:
    """In a child: a file that may not grow is an error of the write, as on a full disk, and no signal."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@asynccontextmanager
async def opened(folder: Path, *, workers: int) -> AsyncIterator[World]:
    """A shop with an index, its processes at work and the webhook set."""
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        redis_folder = folder / "redis"
        redis_folder.mkdir()
        url = f"unix://{redis_folder / 'redis.sock'}"
        port = free_port("127.0.0.1", 0)
        shop = open_shop(folder, url, hits=HITS)
        env = _environment(folder, shop, bot, telegram.url, port)
        redis = Kept("redis", _redis_command(redis_folder), folder=folder, env=env, at_start=ignoring_file_limit)
        redis.start()
        await until_redis_answers(url)
        await asyncio.to_thread(_first_generation, shop)
        snapshelf = [sys.executable, "-m", "snapshelf"]
        bots = Kept("bots", [*snapshelf, "bots"], folder=folder, env=env)
        at_work = [Kept(f"worker{n}", [*snapshelf, "worker"], folder=folder, env=env) for n in range(workers)]
        connected: Redis = client(url)
        world = World(
            folder=folder, shop=shop, telegram=telegram, bot=bot, redis=redis, bots=bots, workers=at_work, env=env,
            streams=Streams(connected, Keys()), address=f"http://127.0.0.1:{port}",
        )  # fmt: skip
        for process in (bots, *at_work):
            process.start()
        try:
            await world.ready()
            await set_webhook(telegram, bot, world.address)
            yield world
        finally:
            for process in world.processes:
                await process.stop()
            await connected.aclose()


def _first_generation(shop: Shop) -> None:
    from index.model.runtime import Embedder

    shop.publish(embedder=Embedder.load(threads=1))


def _environment(folder: Path, shop: Shop, bot: Bot, telegram: str, port: int) -> dict[str, str]:
    """What the service's processes see: settings, and nothing that the one who runs this has set."""
    settings = {
        "TELEGRAM_TOKEN": bot.token,
        "TELEGRAM_SECRET": SECRET,
        "TELEGRAM_API": telegram,
        "PUBLIC_URL": "http://127.0.0.1",
        "REDIS_URL": shop.settings.redis_url.get_secret_value(),
        "DATA_DIR": str(shop.settings.data_dir),
        "PORT": str(port),
        "METRICS_PORT": "0",
        "HITS": str(HITS),
        "PHOTOS_PER_HOUR": "10000",
        "LOG_FORMAT": "json",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSHELF_")}
    return kept | {f"SNAPSHELF_{name}": value for name, value in settings.items()} | {"PYTHONPATH": str(ROOT)}


def _redis_command(folder: Path) -> list[str]:
    binary = valkey_binary() or oldest_binary()
    assert binary is not None, "no Redis binary: install locks/dev.txt"
    return [
        str(binary), "--port", "0", "--unixsocket", str(folder / "redis.sock"), "--dir", str(folder), "--save", "",
        "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--daemonize", "no",
    ]  # fmt: skip
