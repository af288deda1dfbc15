"""The whole service in one process, with a stand-in for Twilio in front: for tests, pictures and loads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.settings import Settings
from index.model.contract import Embeds
from tests.standins.bots import at_the_bots
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
    async with working(shop.settings, embedder), at_the_bots(shop.settings) as address:
        twilio.service = address
        yield shop.settings
