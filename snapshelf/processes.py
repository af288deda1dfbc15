"""Everything on one machine: the embedded Redis, a bots process and a worker, restarted when one dies."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import aiohttp
from redis.exceptions import RedisError

from core.connection import client
from core.embedded import EmbeddedRedis
from core.errors import SettingsError, SnapshelfError, Unavailable
from core.keys import Keys
from core.presence import process_name
from core.settings import PREFIX, Settings
from core.streams import Streams
from core.streams.former import let_go
from core.tasks import end
from core.telemetry import get_logger
from snapshelf.cli import AGAIN, KEPT, MEND

log = get_logger(__name__)

RESTART_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0
"""A process that ran so long starts anew at once."""
DRAIN_S = 90.0
AWAY_S = 3.0
"""Between starts while Redis is away."""
PATIENCE_S = 10.0
"""After it we say what keeps us from being ready."""


async def run_up(settings: Settings, stop: asyncio.Event, *, ready: Callable[[str], None] | None = None) -> None:
    """Run all until `stop`, then let each finish what it has in hand; Redis goes last.

    `ready` gets the address once the web server and a worker answer. Raises AlreadyRunning, SettingsError, and
    SnapshelfError when a part does not stay up.
    """
    if settings.port == 0:
        settings = settings.model_copy(update={"port": free_port(settings.host, 0)})
    redis = EmbeddedRedis(settings.data_dir / "redis") if settings.embedded_redis else None
    address = await redis.start() if redis else settings.redis_url.get_secret_value()
    environment = os.environ | {f"{PREFIX}{name}": value for name, value in _passed_on(settings, address).items()}
    estate = _Estate(settings, address)
    parts: list[Coroutine[None, None, None]] = [_keep(name, environment, estate, stop) for name in ("worker", "bots")]
    if redis is not None:
        parts.append(_watch(redis, stop))
    watch = asyncio.create_task(_tell_when_ready(settings, ready, stop)) if ready else None
    try:
        # all of them, also after one failed: Redis must not go while another still drains
        results = await asyncio.gather(*parts, return_exceptions=True)
    finally:
        if watch is not None:
            await end(watch)
        if redis is not None:
            await redis.stop()
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _passed_on(settings: Settings, address: str) -> dict[str, str]:
    """What the children must see as we do, whatever command line changed."""
    return {
        "DATA_DIR": str(settings.data_dir),
        "REDIS_URL": address,
        "HOST": settings.host,
        "PORT": str(settings.port),
        "METRICS_PORT": str(settings.metrics_port),
        "SHOP_NAME": settings.shop_name,
        "CURRENCY": settings.currency,
        "LOG_FORMAT": settings.log_format,
        KEPT: "1",
    }


def free_port(host: str, wanted: int, tries: int = 1) -> int:
    """The first free port from `wanted` on; 0 takes any. Raises SettingsError."""
    for port in range(wanted, wanted + tries):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SettingsError(f"No port from {wanted} on is free on {host}: set {PREFIX}PORT to another.")


def _die_with_parent() -> None:
    """A child of a killed `up` is asked to finish and leave."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _Estate:
    """What a child leaves behind in Redis when it dies."""

    settings: Settings
    address: str

    async def free(self, pid: int) -> None:
        """Let others have its work now. Where Redis is away they have it when leases and time-outs run out."""
        singletons = ["promoter"]
        if self.settings.telegram_on:
            bot = self.settings.telegram_token.get_secret_value().partition(":")[0]
            singletons.append(f"telegram-polling:{bot}")
        redis = client(self.address)
        try:
            streams = Streams(redis, Keys(self.settings.redis_prefix))
            freed = await let_go(streams, process_name(pid), singletons=singletons)
        except (Unavailable, RedisError) as error:
            log.info("what a dead process had in hand waits for its time-out", error=type(error).__name__)
        else:
            log.info("what a dead process had in hand is free", entries=freed)
        finally:
            await redis.aclose()


async def _keep(name: str, environment: dict[str, str], estate: _Estate, stop: asyncio.Event) -> None:
    """Run one process; start it anew with growing pauses when it dies. Whatever ends this ends the others too."""
    try:
        await _run_again_and_again(name, environment, estate, stop)
    finally:
        stop.set()


async def _run_again_and_again(name: str, environment: dict[str, str], estate: _Estate, stop: asyncio.Event) -> None:
    loop, failures = asyncio.get_running_loop(), 0
    while not stop.is_set():
        started = loop.time()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "snapshelf",
            name,
            env=environment,
            preexec_fn=_die_with_parent,
            start_new_session=True,  # Ctrl-C at the terminal is for us
        )
        ended = asyncio.create_task(process.wait())
        await _first_of(ended, stop)
        if stop.is_set():
            await _drain(process, ended)
            return
        if process.returncode == MEND:  # it has said what a person must mend
            raise SnapshelfError(f"`snapshelf {name}` cannot start: its line above says why.")
        log.error("a process ended and is started anew", process=name, exit_code=process.returncode)
        if process.returncode == AGAIN:  # what it depends on is away: it can but wait
            await wait_for(stop, AWAY_S)
            continue
        await estate.free(process.pid)
        failures = 0 if loop.time() - started > STEADY_S else failures + 1
        if failures > len(RESTART_S):
            raise SnapshelfError(f"`snapshelf {name}` does not stay up: its last lines above say why.")
        await wait_for(stop, RESTART_S[max(0, failures - 1)])


async def _first_of(task: asyncio.Task[int], stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()


async def wait_for(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _drain(process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(ended), DRAIN_S)
    except TimeoutError:
        process.kill()
        await ended


async def _watch(redis: EmbeddedRedis, stop: asyncio.Event) -> None:
    """The supervisor starts a dead server anew; once it gave up, nothing can go on."""
    while not stop.is_set():
        if redis.ended():
            stop.set()
            raise Unavailable("The embedded Redis died again and again: see redis.log in DATA_DIR/redis.")
        await wait_for(stop, 1.0)


async def _tell_when_ready(settings: Settings, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    address = web_address(settings)
    loop = asyncio.get_running_loop()
    say_why_at = loop.time() + PATIENCE_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while not stop.is_set():
            missing: list[str] = []
            try:
                async with session.get(f"{address}/readyz") as response:
                    if response.status == 200:
                        ready(address)
                        return
                    missing = [part["message"] for part in (await response.json()).values() if not part["ok"]]
            except (aiohttp.ClientError, TimeoutError, ValueError):
                pass  # not there yet
            if missing and loop.time() > say_why_at:
                say_why_at = float("inf")
                log.warning("not ready yet", address=address, missing=" ".join(missing))
            await asyncio.sleep(0.1)


def web_address(settings: Settings) -> str:
    """Where the web server answers on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return f"http://{'[' + host + ']' if ':' in host else host}:{settings.port}"
