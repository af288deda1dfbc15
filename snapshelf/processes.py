"""Everything on one machine: the embedded Redis, a bots process and a worker, restarted when one dies."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable

import aiohttp

from core.embedded import EmbeddedRedis
from core.errors import SnapshelfError
from core.settings import PREFIX, Settings
from core.telemetry import get_logger

log = get_logger(__name__)

RESTART_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0
"""A process that ran so long starts anew at once."""
USAGE_EXIT = 1
DRAIN_S = 90.0


async def run_up(settings: Settings, stop: asyncio.Event, *, ready: Callable[[str], None] | None = None) -> None:
    """Run all until `stop`, then let each finish what it has in hand; Redis goes last.

    `ready` gets the address once the web server and a worker answer. Raises AlreadyRunning, SettingsError.
    """
    redis = EmbeddedRedis(settings.data_dir / "redis") if settings.embedded_redis else None
    address = await redis.start() if redis else settings.redis_url.get_secret_value()
    environment = os.environ | {f"{PREFIX}{name}": value for name, value in _passed_on(settings, address).items()}
    watch = asyncio.create_task(_tell_when_ready(settings, ready, stop)) if ready else None
    try:
        await asyncio.gather(*(_keep(name, environment, stop) for name in ("worker", "bots")))
    finally:
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        if redis is not None:
            await redis.stop()


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
    }


def _die_with_parent() -> None:
    """A child of a killed `up` is asked to finish and leave."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


async def _keep(name: str, environment: dict[str, str], stop: asyncio.Event) -> None:
    """Run one process; start it anew with growing pauses when it dies."""
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
            start_new_session=True,
        )
        ended, stopping = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
        await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            await _drain(process, ended)
            return
        failures = 0 if loop.time() - started > STEADY_S else failures + 1
        log.error("a process ended and is started anew", process=name, exit_code=process.returncode)
        if failures > len(RESTART_S):
            stop.set()
            raise SnapshelfError(f"`snapshelf {name}` does not stay up: its last lines above say why.")
        try:
            await asyncio.wait_for(stop.wait(), RESTART_S[max(0, failures - 1)])
        except TimeoutError:
            continue


async def _drain(process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(asyncio.shield(ended), DRAIN_S)
    except TimeoutError:
        process.kill()
        await ended


async def _tell_when_ready(settings: Settings, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    address = f"http://{host}:{settings.port}"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while not stop.is_set():
            try:
                async with session.get(f"{address}/readyz") as response:
                    if response.status == 200:
                        ready(address)
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # not there yet
            await asyncio.sleep(0.1)
