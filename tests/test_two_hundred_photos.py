"""The promise over the whole way: Telegram, webhook, Redis, conversation, model, index, senders, Telegram."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.streams import Streams
from index.model.runtime import Embedder
from tests.standins.service import serving
from tests.standins.shop import PRODUCTS, photo_of
from tests.standins.telegram import TelegramServer

CHATS, PHOTOS = 50, 200


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_200_photos_of_50_chats_delivered_twice_are_each_answered_once(
    tmp_path: Path, redis: Redis, redis_url: str, keys: Keys
) -> None:
    streams = Streams(redis, keys)
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        async with serving(telegram, bot, tmp_path, redis_url, Embedder.load(threads=1), hits=2):
            pusher = telegram.pusher()
            pusher.duplicates = 1
            for number in range(PHOTOS):
                await pusher.photo(1 + number % CHATS, photo_of(number % PRODUCTS))
            async with asyncio.timeout(200):
                await pusher.delivered()
                await telegram.wait_for(lambda: len(telegram.calls_of("sendMediaGroup")) >= PHOTOS)
                while (await streams.tally()).get("answered", 0) < PHOTOS:  # noqa: ASYNC110 - a number in Redis
                    await asyncio.sleep(0.05)
        tally, depths = await streams.tally(), await streams.depths()
    assert tally == {"accepted": PHOTOS, "answered": PHOTOS}  # repeated 0, unknown 0, dead 0
    assert not any(depths.values())
    assert len(pusher.statuses) == 2 * PHOTOS
    assert set(pusher.statuses) == {200}
    assert len(bot.messages) == CHATS
    for chat, messages in bot.messages.items():
        kinds = ["photo" if "photo" in message else "buttons" for message in messages]
        assert kinds == ["photo", "photo", "buttons"] * (PHOTOS // CHATS)
        first_hits = [message["caption"].splitlines()[0] for message in messages[::3]]
        asked = range(chat - 1, PHOTOS, CHATS)
        assert first_hits == [f"1. Product {number % PRODUCTS} in wool" for number in asked], "answers in their order"
    assert bot.rates.refused == 0
    uploaded = sum(len(call.files) for call in telegram.calls_of("sendMediaGroup"))
    assert uploaded < PHOTOS
