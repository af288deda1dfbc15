"""The whole service in one process, with a stand-in for Telegram in front: for tests and benchmarks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from core.settings import Settings
from index.model.contract import Embeds
from tests.standins.bots import at_the_bots
from tests.standins.shop import open_shop, working
from tests.standins.telegram import Bot, TelegramServer

SECRET = "a-secret_of-the-tests"


@asynccontextmanager
async def serving(
    telegram: TelegramServer, bot: Bot, folder: Path, redis_url: str, embedder: Embeds, **more: Any
) -> AsyncIterator[Settings]:
    """A small shop, a worker and the bots, with the stand-in's webhook set to them."""
    shop = open_shop(
        folder,
        redis_url,
        port=0,
        public_url="http://127.0.0.1",
        telegram_token=bot.token,
        telegram_secret=SECRET,
        telegram_api=telegram.url,
        photos_per_hour=10_000,
        **more,
    )
    shop.publish(embedder=embedder)
    async with working(shop.settings, embedder), at_the_bots(shop.settings) as address:
        await set_webhook(telegram, bot, address)
        yield shop.settings


async def set_webhook(telegram: TelegramServer, bot: Bot, address: str) -> None:
    """As `snapshelf webhooks set` does."""
    body = {"url": f"{address}/telegram/webhook", "secret_token": SECRET}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{telegram.url}/bot{bot.token}/setWebhook", json=body) as response,
    ):
        assert response.status == 200, await response.text()
