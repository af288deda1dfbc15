"""The bots in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.service import run_bots
from core.settings import Settings


@asynccontextmanager
async def at_the_bots(settings: Settings, *, intake_only: bool = False) -> AsyncIterator[str]:
    """The bots, at the address that is given."""
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    bots = asyncio.create_task(run_bots(settings, stop, intake_only=intake_only, on_ready=ready.set_result))
    try:
        await asyncio.wait([bots, ready], return_when=asyncio.FIRST_COMPLETED)
        yield ready.result()
    finally:
        stop.set()
        await bots
