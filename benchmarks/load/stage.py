"""The real service for measuring: bots, workers and Redis as processes of their own, a stand-in for Telegram here."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.load.material import Material
from benchmarks.load.spent import memory_mb, processor_s
from core.connection import client
from core.keys import Keys
from core.streams import Streams
from tests.paths import ROOT
from tests.redis_server import RedisServer, oldest_binary, valkey_binary
from tests.standins.machines import WAIT_S, Machine, Running, machines
from tests.standins.service import SECRET, set_webhook
from tests.standins.telegram import Bot, TelegramServer

HOOKS = Path(__file__).parent / "hooks"
HITS = 5
CONVERSING_NICE = 5
AT_REST = {"PUBLIC_URL": "http://127.0.0.1", "PHOTOS_PER_HOUR": "1000000", "HITS": str(HITS)}


@dataclass
class Stage:
    """One service at work, and who asks it."""

    telegram: TelegramServer
    bot: Bot
    server: RedisServer
    redis: Any
    streams: Streams
    machine: Machine
    photos: Sequence[list[dict[str, Any]]]
    """As a message names them, their bytes with the stand-in."""
    bots: list[Running] = field(default_factory=list)
    workers: list[Running] = field(default_factory=list)
    _chats: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _reading: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(
        self, what: str, *options: str, on: Machine | None = None, cpus: int | None = None, nice: int = 0
    ) -> Running:
        """`bots` or `worker`. `on`: with another port. `cpus`: how many processors it sees (and so threads it starts);
        all of them else."""
        path = str(HOOKS) if what == "bots" else ""
        running = await (on or self.machine).start(what, *options, path=path)
        if nice:
            os.setpriority(os.PRIO_PROCESS, running.process.pid, nice)
        if cpus is not None:
            here = sorted(os.sched_getaffinity(0))
            first = (len(self.workers) * cpus) % len(here)
            os.sched_setaffinity(running.process.pid, here[first : first + cpus])
        (self.bots if what == "bots" else self.workers).append(running)
        self._reading.append(asyncio.create_task(_read_all(running)))
        return running

    async def stop(self, running: Running) -> None:
        """As a service manager does."""
        (self.bots if running in self.bots else self.workers).remove(running)
        running.process.terminate()
        await running.process.wait()

    def chat(self) -> int:
        """One that nobody has used."""
        return next(self._chats)

    def photo(self, number: int) -> list[dict[str, Any]]:
        """One of the photos, as a message names it."""
        return self.photos[number % len(self.photos)]

    def photo_bytes(self, number: int) -> bytes:
        """The same in its largest size."""
        return self.telegram.files[self.photo(number)[-1]["file_id"]]

    async def ask(self) -> None:
        """A photo in a chat of its own."""
        chat = self.chat()
        await self.telegram.pusher().message(chat, {"photo": self.photo(chat)})

    def update(self, number: int) -> dict[str, Any]:
        """The same as Telegram would bring it, for whoever brings it in another way; `number`: of chat and update."""
        self.bot.known.add(number)
        sender = {"id": number, "is_bot": False, "first_name": "A", "language_code": "en"}
        chat = {"id": number, "type": "private"}
        message = {"message_id": 1, "date": int(time.time()), "chat": chat, "from": sender, "photo": self.photo(number)}
        return {"update_id": number, "message": message}

    async def ended(self) -> int:
        """Photos that came to any end so far."""
        tally = await self.streams.tally()
        return sum(tally.get(end, 0) for end in ("answered", "apologised", "dead", "unknown"))

    def forget_calls(self) -> None:
        """What the stand-in keeps of each call and message is of no use here."""
        self.telegram.calls.clear()
        self.bot.messages.clear()

    def processor_s(self) -> dict[str, float]:
        """Processor time so far, by part; `standin`: Telegram and the shoppers, in this process."""
        own = os.times()
        return {
            "bots": sum(processor_s(one.process.pid) for one in self.bots),
            "worker": sum(processor_s(one.process.pid) for one in self.workers),
            "redis": processor_s(self.server.pid),
            "standin": own.user + own.system,
        }

    def memory_mb(self) -> dict[str, float]:
        """Proportional set size now, by part."""
        return {
            "bots": sum(memory_mb(one.process.pid) for one in self.bots),
            "worker": sum(memory_mb(one.process.pid) for one in self.workers),
            "redis": memory_mb(self.server.pid),
        }

    def close(self) -> None:
        for task in self._reading:
            task.cancel()


@asynccontextmanager
async def staged(
    material: Material, *, workers: int = 1, bots: int = 1, nice: int = 0, redis: Sequence[str] = (),
    settings: Mapping[str, str] | None = None, intake_apart: bool = False,
) -> AsyncIterator[Stage]:  # fmt: skip
    """The service over the drawn shop. `redis`: further options of its server; `nice`: of the workers.

    `intake_apart`: webhooks in a process of their own, and the other bots at CONVERSING_NICE.
    """
    binary = valkey_binary() or oldest_binary()
    assert binary is not None, "no Redis binary: install locks/dev.txt"
    async with TelegramServer() as telegram, AsyncExitStack() as stack:
        server = RedisServer(binary, *redis)
        stack.callback(server.close)
        connected = client(server.url)
        stack.push_async_callback(connected.aclose)
        bot = telegram.add_bot()
        bot.rates.strict = False
        told = {"TELEGRAM_TOKEN": bot.token, "TELEGRAM_SECRET": SECRET, "TELEGRAM_API": telegram.url}
        told |= AT_REST | dict(settings or {})
        machine, beside = (Machine(material.data_dir, server.url, ROOT, **told) for _ in range(2))
        await stack.enter_async_context(machines(machine, beside))
        photos = [[size for kept in sizes for size in telegram.keep(*kept)] for sizes in material.photos]
        stage = Stage(telegram, bot, server, connected, Streams(connected, Keys()), machine, photos)
        stack.callback(stage.close)
        for _ in range(workers):
            await stage.start("worker", nice=nice)
        for _ in range(bots):
            await stage.start("bots", *(["--intake"] if intake_apart else []))
        if intake_apart:
            await stage.start("bots", on=beside, nice=CONVERSING_NICE)
        if workers and bots:
            await machine.ready()
        if bots:
            await _listening(machine.address)
            await set_webhook(telegram, bot, machine.address)
        yield stage


async def _listening(address: str) -> None:
    """Returns once the web server answers."""
    async with asyncio.timeout(WAIT_S), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{address}/healthz"):
                    return
            await asyncio.sleep(0.1)


async def _read_all(running: Running) -> None:
    """So that no pipe fills up."""
    assert running.process.stdout is not None
    while line := await running.process.stdout.readline():
        if b'"level": "info"' not in line:
            running.said.append(line.decode())
