"""Running a service until a signal: the first asks to finish what is in hand, the second leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable


def run_until_signal(service: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `service(stop)`; SIGTERM and SIGINT set `stop`."""
    asyncio.run(_run(service))


async def _run(service: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stop.is_set():
            os._exit(1)  # nothing is lost: what is not acknowledged is taken over
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    await service(stop)
