"""Redis fills up while nobody answers: shoppers are asked to wait, nothing is lost, and then all is as before."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bots.texts import notice_text
from core import blobs
from core.connection import client
from core.keys import Keys
from core.messages import Notice
from core.streams import Streams
from tests.redis_server import RedisServer
from tests.standins.service import serving
from tests.standins.shop import GatedEmbedder, jpeg
from tests.standins.telegram import Bot, TelegramServer

PHOTO = jpeg(Image.fromarray(np.random.default_rng(5).integers(0, 256, (400, 400, 3), dtype=np.uint8)), quality=90)
"""Of noise, so that few of them fill a MiB."""
MIB = 1024 * 1024
NO_ROOM = notice_text(Notice("job", "telegram:1", "no_room"), "Snapshelf")


def said(bot: Bot, chat: int) -> list[str]:
    return [str(message.get("text", "")) for message in bot.messages[chat]]


async def until_refused(telegram: TelegramServer, bot: Bot, redis: Any) -> list[int]:
    """A photo in a chat of its own, again and again; the chats of those that were taken."""
    taken: list[int] = []
    async with asyncio.timeout(50):
        for chat in itertools.count(100):
            await telegram.pusher().photo(chat, PHOTO)
            while len(await redis.keys("*}:query:*")) <= len(taken):  # each search that was handed on has one
                if NO_ROOM in said(bot, chat):
                    return taken
                await asyncio.sleep(0.01)
            taken.append(chat)
    raise AssertionError("nobody was refused")


async def answered(telegram: TelegramServer, bot: Bot, chats: list[int]) -> None:
    """Returns once each has an answer with buttons."""
    await telegram.wait_for(lambda: all(any("reply_markup" in m for m in bot.messages[chat]) for chat in chats))


async def settled(streams: Streams) -> dict[str, int]:
    """The tally, once each accepted photo has its end in it."""
    async with asyncio.timeout(30):
        while True:
            tally = await streams.tally()
            if sum(tally.get(end, 0) for end in ("answered", "apologised", "dead", "unknown")) == tally["accepted"]:
                return tally
            await asyncio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["budget", "memory"])
async def test_shoppers_are_asked_to_wait_and_later_ones_are_answered_again(
    own_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(blobs, "_MEMORY_EVERY_S", 0)
    embedder, redis = GatedEmbedder(), client(own_server.url)
    raw: Any = redis
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        bot.rates.strict = False
        budget_mb = 1 if limit == "budget" else 512
        async with serving(telegram, bot, tmp_path, own_server.url, embedder, blob_budget_mb=budget_mb):
            if limit == "memory":
                await raw.config_set("maxmemory", (await raw.info("memory"))["used_memory"] + 4 * MIB)
            embedder.gate.clear()
            taken = await until_refused(telegram, bot, raw)
            assert len(taken) >= 2
            assert set(telegram.pusher().statuses) == {200}
            embedder.gate.set()
            await answered(telegram, bot, taken)
            later = list(range(300, 310))
            for chat in later:
                await telegram.pusher().photo(chat, PHOTO)
                await answered(telegram, bot, [chat])
            tally = await settled(Streams(redis, Keys()))
    await redis.aclose()
    assert tally["accepted"] == len(taken) + 1 + len(later)
    assert (tally["answered"], tally["apologised"]) == (len(taken) + len(later), 1)
    assert not any(NO_ROOM in said(bot, chat) for chat in [*taken, *later])
