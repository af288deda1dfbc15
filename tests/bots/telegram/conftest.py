"""A stand-in for Telegram, a bot on it, and our channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bots.telegram.channel import TelegramChannel
from core.keys import Keys
from core.picturestore import PictureWriter
from core.settings import Settings
from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_checks import jpeg

SECRET = "a-secret_0"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
def bot(telegram: TelegramServer) -> Bot:
    return telegram.add_bot()


@pytest.fixture
def settings(telegram: TelegramServer, bot: Bot, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        telegram_token=bot.token,
        telegram_secret=SECRET,
        telegram_api=telegram.url,
        _env_file=None,
    )


@pytest.fixture
async def channel(settings: Settings, redis: Redis, keys: Keys) -> AsyncIterator[TelegramChannel]:
    made = TelegramChannel(settings, redis, keys)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def pictures(settings: Settings) -> list[str]:
    """Digests of ten product pictures."""
    with PictureWriter(settings.pictures_dir) as writer:
        return [writer.put(jpeg(200 + n, 200, (20 * n, 90, 40))) for n in range(10)]
