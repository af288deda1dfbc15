"""One bots process takes in, another one converses and sends: `snapshelf bots --intake`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from index.model.fake import FakeEmbedder
from tests.standins.bots import at_the_bots
from tests.standins.service import SECRET, set_webhook
from tests.standins.shop import open_shop, photo_of, working
from tests.standins.telegram import TelegramServer


async def test_what_one_process_takes_in_waits_for_another_that_converses(tmp_path: Path, redis_url: str) -> None:
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        shop = open_shop(
            tmp_path, redis_url, port=0, public_url="http://127.0.0.1", hits=2,
            telegram_token=bot.token, telegram_secret=SECRET, telegram_api=telegram.url,
        )  # fmt: skip
        shop.publish(embedder=FakeEmbedder())
        async with working(shop.settings, FakeEmbedder()), at_the_bots(shop.settings, intake_only=True) as intake:
            await set_webhook(telegram, bot, intake)
            await telegram.pusher().photo(1, photo_of(3))
            await telegram.pusher().delivered()
            assert set(telegram.pusher().statuses) == {200}
            status, parts = await _ready(intake)
            assert (status, parts["conversation"]["ok"]) == (503, False)
            assert "without --intake" in parts["conversation"]["message"]
            assert not bot.messages.get(1)
            async with at_the_bots(shop.settings):
                await telegram.wait_for(lambda: len(bot.messages.get(1, ())) == 3)  # an album of two, and the list
                assert (await _ready(intake))[0] == 200


async def _ready(address: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/readyz") as answer:
        return answer.status, await answer.json()
