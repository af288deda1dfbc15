"""Machines: real processes of `snapshelf`, each machine with a data folder of its own, over one Redis."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from snapshelf.processes import free_port
from tests.paths import ROOT

WAIT_S = 90.0
STOP_S = 60.0


@dataclass
class Running:
    """One process and what it said so far (stdout and stderr)."""

    name: str
    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def says(self, wanted: str) -> str:
        """The next line that has these words. What came before is read past."""
        assert self.process.stdout is not None
        async with asyncio.timeout(WAIT_S):
            while line := (await self.process.stdout.readline()).decode():
                self.said.append(line)
                if wanted in line:
                    return line
        raise AssertionError(f"{self.name} ended without {wanted!r}:\n" + "".join(self.said[-20:]))

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it as a service manager does; its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                out, _ = await self.process.communicate()
                self.said += out.decode().splitlines(keepends=True)
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"{self.name} did not end within {STOP_S:.0f} s:\n" + "".join(self.said[-20:]))
        return self.process.returncode


class Machine:
    """A data folder and the processes over it. `code`: the folder of the version that it runs."""

    def __init__(self, data: Path, redis_url: str, code: Path = ROOT, **settings: str) -> None:
        self.data, self.port, self.code = data, free_port("127.0.0.1", 0), code
        told = {"DATA_DIR": str(data), "REDIS_URL": redis_url, "PORT": str(self.port), "METRICS_PORT": "0"}
        told |= {"LOG_FORMAT": "json"} | settings
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSHELF_")}
        self.env: Mapping[str, str] = kept | {f"SNAPSHELF_{name}": value for name, value in told.items()}
        self.running: list[Running] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *command: str, path: str = "") -> Running:
        """`snapshelf ‹command›`. `path`: a folder that is imported from first."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "snapshelf", *command, cwd=self.code,
            env={**self.env, "PYTHONPATH": os.pathsep.join(filter(None, [path, str(self.code)]))},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self.running.append(Running(" ".join(command), process))
        return self.running[-1]

    async def run(self, *command: str) -> str:
        """A command to its end; what it said. AssertionError when it fails."""
        running = await self.start(*command)
        async with asyncio.timeout(WAIT_S):
            out, _ = await running.process.communicate()
        assert running.process.returncode == 0, out.decode()
        return out.decode()

    async def ready(self) -> None:
        """Returns once /readyz says so."""
        async with asyncio.timeout(WAIT_S), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.address}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)

    async def search(self, photo: bytes) -> dict[str, Any]:
        """What `/api/search` of this machine answers."""
        form = aiohttp.FormData()
        form.add_field("photo", photo, filename="photo.jpg", content_type="image/jpeg")
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.address}/api/search", data=form) as response,
        ):
            told: dict[str, Any] = json.loads(await response.read())
            assert response.status == 200, told
            return told

    async def picture(self, path: str) -> tuple[int, bytes]:
        """Status and body of a product's picture."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.address}{path}") as response:
            return response.status, await response.read()

    async def close(self) -> None:
        """Nothing of it is left; what its processes said that is no plain information is shown where a test fails."""
        for running in self.running:
            if running.process.returncode is None:
                running.process.kill()
                out, _ = await running.process.communicate()
                running.said += out.decode().splitlines(keepends=True)
            for line in [line for line in running.said if '"level": "info"' not in line][-30:]:
                print(f"{running.name} ({running.process.pid}): {line}", end="")


@contextlib.asynccontextmanager
async def machines(*several: Machine) -> AsyncIterator[None]:
    """Closes them at the end, whatever happened."""
    try:
        yield
    finally:
        for machine in several:
            await machine.close()
