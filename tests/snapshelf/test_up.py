"""`snapshelf up`: whatever dies is started anew, and what it had in hand is done."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.connection import client, redis_address
from core.keys import WORKERS, Keys
from core.messages import Lane
from core.settings import Settings
from index.model.runtime import Embedder
from tests.paths import ROOT
from tests.standins.shop import open_shop, photo_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Up:
    """A running `up`, its lines, and its children by name."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self.lines = process, asyncio.Queue[str]()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.put_nowait(line.decode())

    async def says(self, *wanted: str) -> str:
        """The next line with all these words in it."""
        async with asyncio.timeout(60):
            while True:
                line = await self.lines.get()
                if all(word in line for word in wanted):
                    return line

    def child(self, name: str) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        [pid] = [int(pid) for pid in children if f"\0{name}\0".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return pid

    async def stop(self) -> int:
        if self.process.returncode is None:
            self.process.terminate()
        code = await self.process.wait()
        await self._reading
        return code


@asynccontextmanager
async def up(folder: Path, **settings: str) -> AsyncIterator[Up]:
    told = {"DATA_DIR": str(folder), "PORT": "0", "METRICS_PORT": "0", "LOG_FORMAT": "json"} | settings
    environment = os.environ | {f"SNAPSHELF_{name}": value for name, value in told.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "snapshelf", "up"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Up(process)
    try:
        yield running
    finally:
        await running.stop()


async def search(address: str, photo: bytes) -> tuple[int, Mapping[str, Any]]:
    form = aiohttp.FormData()
    form.add_field("photo", photo, filename="photo.jpg", content_type="image/jpeg")
    async with aiohttp.ClientSession() as session, session.post(f"{address}/api/search", data=form) as response:
        return response.status, await response.json()


async def in_hand(settings: Settings) -> None:
    """Returns once a worker has taken a search and not yet answered it."""
    redis = client(redis_address(settings))
    lane = Keys().searches(Lane.WEB)
    async with asyncio.timeout(30):
        # a consumer group tells nobody what it hands out: there is nothing to wait for
        while not (await redis.xpending(lane, WORKERS))["pending"]:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await redis.aclose()


async def test_the_photo_that_a_killed_worker_had_in_hand_is_answered_while_the_shopper_waits(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await asyncio.to_thread(shop.publish, embedder=Embedder.load(threads=1))
    async with up(shop.settings.data_dir) as running:
        address = (await running.says("Snapshelf is at")).split()[-1]
        worker = running.child("worker")
        asked = [asyncio.create_task(search(address, photo_of(number))) for number in (3, 5, 8)]
        await in_hand(shop.settings)
        os.kill(worker, signal.SIGKILL)
        assert json.loads(await running.says("a process ended"))["process"] == "worker"
        answers = await asyncio.gather(*asked)
        assert [status for status, _ in answers] == [200, 200, 200]
        assert [reply["hits"][0]["id"] for _, reply in answers] == ["p3", "p5", "p8"]
        assert running.child("worker") != worker
        os.kill(running.child("bots"), signal.SIGKILL)
        assert json.loads(await running.says("a process ended"))["process"] == "bots"
        await running.says("bots ready")
        status, reply = await search(address, photo_of(7))
        assert (status, reply["hits"][0]["id"]) == (200, "p7")


async def test_an_up_whose_redis_is_away_waits_for_it(tmp_path: Path, redis_url: str) -> None:
    async with up(tmp_path, REDIS_URL="redis://127.0.0.1:1/0") as running:
        for _ in range(2):
            await running.says("Redis does not answer")
        assert running.process.returncode is None


async def test_an_up_that_cannot_be_mended_by_starting_anew_ends_with_a_sentence(tmp_path: Path) -> None:
    async with up(tmp_path, MODEL="no-such-model") as running:
        await running.says("no-such-model")
        assert await running.process.wait() == 1
