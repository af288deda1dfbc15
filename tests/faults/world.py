"""Everything that one round plays with: the service's processes, the providers, the shop's folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from redis.asyncio import Redis

from core.connection import client
from core.keys import Keys
from core.streams import Streams
from snapshelf.processes import free_port
from tests.faults.clock import Clock
from tests.faults.commands import run, write_feed
from tests.faults.disks import Disk, disk_under
from tests.faults.front_telegram import TelegramFront
from tests.faults.front_viber import ViberFront
from tests.faults.front_web import WebFront
from tests.faults.front_whatsapp import WhatsAppFront
from tests.faults.processes import Kept, until_redis_answers
from tests.faults.providers import Providers
from tests.faults.question import Front, Messenger
from tests.faults.shoppers import Shoppers
from tests.paths import ROOT
from tests.redis_server import oldest_binary, valkey_binary
from tests.standins.shop import PRODUCTS, Shop, open_shop

HITS = 2
READY_S = 60.0
HOOKS = Path(__file__).parent / "hooks"


@dataclass
class World:
    """One shop at work."""

    folder: Path
    shop: Shop
    messengers: Sequence[Messenger]
    telegram: TelegramFront
    viber: ViberFront
    whatsapp: WhatsAppFront
    web: WebFront
    redis: Kept
    bots: Kept
    workers: list[Kept]
    env: Mapping[str, str]
    streams: Streams
    address: str
    shoppers: Shoppers
    data_disk: Disk
    redis_disk: Disk
    bots_clock: Clock
    workers_clock: Clock
    hooks: Path
    """What the service's processes load at their start: see hooks/sitecustomize.py."""
    reindexing: asyncio.Lock
    """A second reindex at a time is refused; that is no harm."""
    broken: list[str] = field(default_factory=list)
    """Promises that a fault saw broken."""

    @property
    def fronts(self) -> list[Front]:
        """Every channel."""
        return [*self.messengers, self.web]

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
async def opened(
    folder: Path, dice: random.Random, *, workers: int, per_s: float, mounts: bool
) -> AsyncIterator[World]:
    """A shop with an index, its processes at work and the webhook set."""
    async with AsyncExitStack() as stack:
        providers = await Providers.opened(stack, f"http://127.0.0.1:{free_port('127.0.0.1', 0)}")
        kept: dict[str, Kept] = {}
        disks = {}
        for name in ("data", "redis"):
            (folder / name).mkdir()
            disks[name] = disk_under(folder / name, mounts=mounts, pids=lambda: _pids(kept))
            stack.callback(disks[name].close)
        url = f"unix://{folder / 'redis' / 'redis.sock'}"
        shop = open_shop(folder, url, hits=HITS)
        env = _environment(shop, providers)
        clocks = {name: Clock(folder / f"clock-{name}") for name in ("bots", "workers")}
        hooks = _own_hooks(folder)
        kept |= _processes(folder, env, workers, {name: clock.path for name, clock in clocks.items()}, hooks)
        for process in kept.values():
            stack.push_async_callback(process.stop)
        kept["redis"].start()
        await until_redis_answers(url)
        await _publish(folder, env, shop, dice)
        connected: Redis = client(url)
        stack.push_async_callback(connected.aclose)
        fronts = TelegramFront(providers.telegram, providers.bot), ViberFront(providers.viber, providers.viber_bot)
        whatsapp, web = WhatsAppFront(providers.twilio), WebFront(providers.address)
        for front in (whatsapp, web):
            stack.push_async_callback(front.close)
        world = World(
            folder=folder, shop=shop, messengers=(*fronts, whatsapp), telegram=fronts[0], viber=fronts[1],
            whatsapp=whatsapp, web=web, redis=kept["redis"], bots=kept["bots"],
            workers=[process for name, process in kept.items() if name.startswith("worker")], env=env,
            streams=Streams(connected, Keys()), address=providers.address,
            shoppers=Shoppers((*fronts, whatsapp, web), dice, per_s),
            data_disk=disks["data"], redis_disk=disks["redis"],
            bots_clock=clocks["bots"], workers_clock=clocks["workers"], hooks=hooks, reindexing=asyncio.Lock(),
        )  # fmt: skip
        for process in (world.bots, *world.workers):
            process.start()
        await world.ready()
        await providers.lead_here()
        yield world


def _own_hooks(folder: Path) -> Path:
    """The hooks with empty lists of deadly photos beside them."""
    hooks = folder / "hooks"
    shutil.copytree(HOOKS, hooks, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("kills-decoders", "kills-workers"):
        (hooks / name).touch()
    return hooks


def _pids(kept: Mapping[str, Kept]) -> list[int]:
    return [process.pid for process in kept.values() if process.pid is not None]


def _processes(
    folder: Path, env: Mapping[str, str], workers: int, clocks: Mapping[str, Path], hooks: Path
) -> dict[str, Kept]:
    """By name, none of them started; the last is stopped first."""
    snapshelf = [sys.executable, "-m", "snapshelf"]
    hooked = {**env, "PYTHONPATH": os.pathsep.join([str(hooks), str(ROOT)])}
    bots = Kept("bots", [*snapshelf, "bots"], folder=folder, env={**hooked, "FAULTS_CLOCK": str(clocks["bots"])})
    of_worker = {**hooked, "FAULTS_CLOCK": str(clocks["workers"])}
    names = [f"worker{number}" for number in range(workers)]
    at_work = {name: Kept(name, [*snapshelf, "worker"], folder=folder, env=of_worker) for name in names}
    command = _redis_command(folder / "redis")
    redis = Kept("redis", command, folder=folder, env=env, at_start=ignoring_file_limit)
    return {"redis": redis, **at_work, "bots": bots}


async def _publish(folder: Path, env: Mapping[str, str], shop: Shop, dice: random.Random) -> None:
    """One generation and there is nothing to fall back to; or two, as in a shop that has been open for a while.

    By the command, so that the harness itself holds no model.
    """
    for number in range(dice.choice([1, 2])):
        write_feed(shop.feed, dice, {PRODUCTS - 1} if number else ())
        done = await run(folder, env, "reindex", str(shop.feed), "--yes")
        assert done == 0, (folder / "commands.log").read_text()


def _environment(shop: Shop, providers: Providers) -> dict[str, str]:
    """What the service's processes see: settings, and nothing that the one who runs this has set."""
    settings = providers.settings() | {
        "REDIS_URL": shop.settings.redis_url.get_secret_value(),
        "DATA_DIR": str(shop.settings.data_dir),
        "FEED": str(shop.feed),
        "METRICS_PORT": "0",
        "HITS": str(HITS),
        "PHOTOS_PER_HOUR": "10000",
        "LOG_FORMAT": "json",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSHELF_")}
    return kept | {f"SNAPSHELF_{name}": value for name, value in settings.items()} | {"PYTHONPATH": str(ROOT)}


def _redis_command(folder: Path) -> list[str]:
    valkey = valkey_binary()
    binary = valkey or oldest_binary()
    assert binary is not None, "no Redis binary: install locks/dev.txt"
    timed = ["--aof-timestamp-enabled", "yes"] if valkey else []  # tells what happened when, if something went wrong
    return [
        str(binary), "--port", "0", "--unixsocket", str(folder / "redis.sock"), "--dir", str(folder), "--save", "",
        "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--daemonize", "no",
        *timed,
    ]  # fmt: skip
