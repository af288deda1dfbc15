"""A stand-in for Viber, a bot on it, and our channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import redis as plain_redis
from redis.asyncio import Redis

from bots.viber.channel import ViberChannel
from core.keys import Keys
from core.picturestore import PictureWriter
from core.settings import Settings
from tests.standins.telegram_checks import jpeg
from tests.standins.viber import Bot, ViberServer

USER = "01234567890A="
CHAT = f"viber:{USER}"
PUBLIC = "https://search.shop.example"


@pytest.fixture
async def viber() -> AsyncIterator[ViberServer]:
    async with ViberServer() as server:
        yield server


@pytest.fixture
def bot(viber: ViberServer) -> Bot:
    """A bot whose webhook is set, to nowhere."""
    bot = viber.add_bot()
    bot.webhook = "http://127.0.0.1:1/viber/webhook"
    return bot


@pytest.fixture
def settings(viber: ViberServer, bot: Bot, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        viber_token=bot.token,
        viber_api=viber.url,
        public_url=PUBLIC,
        media_hosts=viber.host,
        shop_name="Shelf & Co",
        _env_file=None,
    )


@pytest.fixture
async def channel(settings: Settings, redis: Redis, keys: Keys) -> AsyncIterator[ViberChannel]:
    made = ViberChannel(settings, redis, keys)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def shows(redis_url: str, redis: Redis, keys: Keys) -> Callable[[str, int], None]:
    """Let it be known what the app of a chat can show."""

    def note(chat: str, version: int) -> None:
        with plain_redis.Redis.from_url(redis_url) as client:
            client.set(keys.client(chat), str(version))

    return note


@pytest.fixture
def pictures(settings: Settings) -> list[str]:
    """Digests of ten product pictures."""
    with PictureWriter(settings.pictures_dir) as writer:
        return [writer.put(jpeg(200 + n, 200, (20 * n, 90, 40))) for n in range(10)]
