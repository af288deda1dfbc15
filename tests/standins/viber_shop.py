"""The whole service in one process, with a stand-in for Viber in front: for tests and pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bots.viber.api import ViberApi
from core.settings import Settings
from index.model.contract import Embeds
from tests.standins.bots import at_the_bots
from tests.standins.shop import open_shop, working
from tests.standins.viber import Bot, ViberServer


@asynccontextmanager
async def serving_viber(
    viber: ViberServer, bot: Bot, folder: Path, redis_url: str, embedder: Embeds, **more: Any
) -> AsyncIterator[Settings]:
    """A small shop, a worker and the bots, with the stand-in's webhook set to them."""
    values: dict[str, Any] = {
        "port": 0,
        "public_url": "http://127.0.0.1",
        "viber_token": bot.token,
        "viber_api": viber.url,
        "media_hosts": viber.host,
        "photos_per_hour": 10_000,
    }
    shop = open_shop(folder, redis_url, **(values | more))
    shop.publish(embedder=embedder)
    async with working(shop.settings, embedder), at_the_bots(shop.settings) as address:
        async with ViberApi(shop.settings) as api:  # as `snapshelf webhooks set viber` does
            await api.set_webhook(f"{address}/viber/webhook")
        yield shop.settings
