"""The processes under test: started as an operator would, killed as nobody should, started anew like `up` does."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import redis.asyncio as aioredis
from redis.exceptions import RedisError

PR_SET_PDEATHSIG = 1
RESTART_S = 0.3
START_S = 60.0
STOP_S = 40.0
THERE_S = 20.0


class Kept:
    """One process that is started anew whenever it ends, until `stop`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        at_start: Callable[[], None] | None = None,
    ) -> None:
        """`at_start` runs in the child before the program. What the program says goes to `folder/‹name›.log`."""
        self.name, self._command, self._folder, self._env = name, list(command), folder, dict(env)
        self._at_start = at_start
        self.log = folder / f"{name}.log"
        self.ends: list[int] = []
        """Exit codes so far; negative: the signal."""
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._held = asyncio.Event()
        self._held.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        with self.log.open("ab") as log:
            while not self._stopping:
                await self._held.wait()
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, cwd=self._folder, env=self._env, stdin=asyncio.subprocess.DEVNULL, stdout=log,
                    stderr=log, preexec_fn=self._begin,
                )  # fmt: skip
                self.ends.append(await self._process.wait())
                if not self._stopping:
                    await asyncio.sleep(RESTART_S)

    def _begin(self) -> None:
        go_with_parent()
        if self._at_start is not None:
            self._at_start()

    @property
    def pid(self) -> int | None:
        """None while it is not there."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def send(self, number: signal.Signals) -> bool:
        """False when there was no process to send it to."""
        if self.pid is None or self._process is None:
            return False
        self._process.send_signal(number)
        return True

    def kill(self) -> bool:
        """`kill -9`; it is started anew."""
        return self.send(signal.SIGKILL)

    async def kill_once_there(self) -> bool:
        """`kill -9` as soon as there is something to kill; False when that takes too long."""
        for _ in range(round(THERE_S / 0.1)):
            if self.kill():
                return True
            await asyncio.sleep(0.1)
        return False

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Killed, and not started anew before the block ends."""
        self._held.clear()
        self.kill()
        try:
            yield
        finally:
            self._held.set()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[bool]:
        """The process that is there now does nothing; whether there was one."""
        process, there = self._process, self.send(signal.SIGSTOP)
        try:
            yield there
        finally:
            if there and process is not None and process.returncode is None:
                process.send_signal(signal.SIGCONT)

    async def stop(self) -> int | None:
        """SIGTERM and wait; the exit code, None when it had to be killed or was not there."""
        self._stopping = True
        self._held.set()
        asked = self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                if self._task is not None:
                    await asyncio.shield(self._task)
        except TimeoutError:
            self.kill()
            if self._task is not None:
                await self._task
            return None
        return self.ends[-1] if asked else None


def go_with_parent() -> None:
    """In a child: it goes with us, however we end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


async def until_redis_answers(url: str) -> None:
    """Returns once the server takes commands."""
    client = aioredis.Redis.from_url(url)
    try:
        async with asyncio.timeout(START_S):
            while True:
                try:
                    await client.ping()
                except (RedisError, OSError):
                    await asyncio.sleep(0.05)
                else:
                    return
    finally:
        await client.aclose()
