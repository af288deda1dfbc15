"""A running service is updated under load: old and new version side by side, nobody notices.

The new version writes a field more into every message and entry (tests/ops/newer), which the old one has to pass over.
With SNAPSHELF_OLD_VERSION set to the folder of an earlier version, that one is updated instead of this one by itself.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.streams import Streams
from core.streams.streams import TURN_WAIT_MS
from index.model.runtime import Embedder
from tests.paths import ROOT
from tests.standins.collector import Collector
from tests.standins.machines import Machine, machines
from tests.standins.service import SECRET, set_webhook
from tests.standins.shop import PRODUCTS, open_shop, photo_of
from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_updates import Pusher

CHATS, PHOTOS, PER_S = 20, 80, 4.0
"""So that no chat is sent more than Telegram takes for it, one message a second."""
NEWER = Path(__file__).parent / "newer"
OLD = Path(os.environ.get("SNAPSHELF_OLD_VERSION") or ROOT)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_an_update_under_load_loses_nothing_repeats_nothing_and_keeps_the_order(
    tmp_path: Path, redis: Redis, redis_url: str, keys: Keys
) -> None:
    shop = open_shop(tmp_path / "shop", redis_url)
    await asyncio.to_thread(shop.publish, embedder=Embedder.load(threads=1))
    streams = Streams(redis, keys)
    with Collector() as collector:
        async with TelegramServer() as telegram:
            bot = telegram.add_bot()
            settings = {
                "TELEGRAM_TOKEN": bot.token,
                "TELEGRAM_SECRET": SECRET,
                "TELEGRAM_API": telegram.url,
                "PUBLIC_URL": "http://127.0.0.1",
                "HITS": "2",
                "PHOTOS_PER_HOUR": "10000",
                "OTLP_ENDPOINT": collector.url,
            }
            data = shop.settings.data_dir
            old, new = (Machine(data, redis_url, code, **settings) for code in (OLD, ROOT))
            async with machines(old, new):
                before = [await old.start("worker"), await old.start("bots")]
                await old.ready()
                await set_webhook(telegram, bot, old.address)
                pusher = telegram.pusher()
                load = asyncio.create_task(_photos(pusher))
                await telegram.wait_for(lambda: _answered(bot) >= PHOTOS // 6)

                after = [await new.start("worker", path=str(NEWER)), await new.start("bots", path=str(NEWER))]
                await new.ready()  # both at work, either takes from the other
                count = _answered(bot)
                await telegram.wait_for(lambda: _answered(bot) >= min(count + PHOTOS // 6, PHOTOS))
                await set_webhook(telegram, bot, new.address)  # as a load balancer does
                assert [await process.stop() for process in before] == [0, 0]

                await load
                await pusher.delivered()
                async with asyncio.timeout(120):
                    while (await streams.tally()).get("answered", 0) < PHOTOS:  # noqa: ASYNC110 - a number in Redis
                        await asyncio.sleep(0.05)
                tally, depths = await streams.tally(), await streams.depths()
                assert [await process.stop() for process in after] == [0, 0]
        await collector.wait_for(lambda: bool(collector.named("send")))
    assert tally == {"accepted": PHOTOS, "answered": PHOTOS}  # repeated 0, unknown 0, dead 0
    assert not any(depths.values())
    assert set(pusher.statuses) == {200}
    in_time = _back_in_time(collector) if OLD == ROOT else False
    for chat in range(1, CHATS + 1):
        firsts = [message["caption"].splitlines()[0] for message in bot.messages[chat] if "photo" in message][::2]
        asked = [f"1. Product {number % PRODUCTS} in wool" for number in range(chat - 1, PHOTOS, CHATS)]
        assert sorted(firsts) == sorted(asked)
        assert not in_time or firsts == asked, "answers in their order"
    if OLD == ROOT:
        by_trace: dict[str, set[str]] = {}
        for span in collector.spans:
            by_trace.setdefault(span.trace, set()).add(span.name)
        whole = [names for names in by_trace.values() if {"webhook", "conversation", "search", "send"} <= names]
        assert len(whole) == PHOTOS, "one trace a photo, over processes and versions"
        assert {span.service for span in collector.spans} == {"snapshelf-bots", "snapshelf-worker"}


def _back_in_time(collector: Collector) -> bool:
    """Whether every search was back within the 10 s for which it holds up later ones: a busy machine takes longer."""
    begun = {span.trace: span.start_ns for span in collector.named("webhook")}
    return all((span.end_ns - begun[span.trace]) / 1e6 < TURN_WAIT_MS for span in collector.named("search"))


def _answered(bot: Bot) -> int:
    return sum("reply_markup" in message for messages in bot.messages.values() for message in messages)


async def _photos(pusher: Pusher) -> None:
    for number in range(PHOTOS):
        await pusher.photo(1 + number % CHATS, photo_of(number % PRODUCTS))
        await asyncio.sleep(1 / PER_S)
