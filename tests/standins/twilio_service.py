"""The whole service in one process, with a stand-in for Twilio in front: for tests, pictures and loads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bots.service import run_bots
from core.settings import Settings
from index.model.contract import Embeds
from tests.standins.shop import open_shop, working
from tests.standins.twilio import TwilioServer


@asynccontextmanager
async def serving_whatsapp(
    twilio: TwilioServer, folder: Path, redis_url: str, embedder: Embeds, **more: Any
) -> AsyncIterator[Settings]:
    """A small shop, a worker and the bots, with the addresses entered at the stand-in."""
    values = {"port": 0, "photos_per_hour": 10_000} | twilio.settings() | more
    shop = open_shop(folder, redis_url, **values)
    shop.publish(embedder=embedder)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with working(shop.settings, embedder):
        bots = asyncio.create_task(run_bots(shop.settings, stop, on_ready=ready.set_result))
        try:
            await asyncio.wait([bots, ready], return_when=asyncio.FIRST_COMPLETED)
            twilio.service = ready.result()
            yield shop.settings
        finally:
            stop.set()
            await bots
