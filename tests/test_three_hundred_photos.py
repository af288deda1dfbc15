"""The promise over all four channels at once: storms, duplicates and reordering lose, double and disorder nothing."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from redis.asyncio import Redis

from core.keys import Keys
from core.streams import Streams
from core.telemetry import QUIET, configure_logging
from index.model.runtime import Embedder
from tests.standins.bots import at_the_bots
from tests.standins.service import SECRET, set_webhook
from tests.standins.shop import PRODUCTS, open_shop, photo_of, working
from tests.standins.telegram import TelegramServer
from tests.standins.twilio import TwilioServer
from tests.standins.viber import ViberServer

USERS, EACH = 25, 3
PHOTOS = 4 * USERS * EACH
Asked = dict[int, list[int]]
"""The products whose photos a user of a channel sends, in order."""


def asked_by(channel: int) -> Asked:
    return {user: [(channel * 7 + user * EACH + turn) % PRODUCTS for turn in range(EACH)] for user in range(USERS)}


TELEGRAM, VIBER, WHATSAPP, WEB = (asked_by(channel) for channel in range(4))


class Visitor:
    """One browser: posts its photos, reads its events."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.first: list[str] = []
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def ask(self, products: list[int]) -> None:
        """Send all photos, then wait for as many answers."""
        async with self._session:
            await self._session.get(self.address)
            async with self._session.get(f"{self.address}/chat/events", timeout=aiohttp.ClientTimeout()) as events:
                for product in products:
                    form = aiohttp.FormData()
                    form.add_field("photo", photo_of(product), filename="a.jpg", content_type="image/jpeg")
                    url, origin = f"{self.address}/chat/messages", {"Origin": self.address}
                    async with self._session.post(url, data=form, headers=origin) as response:
                        assert response.status == 202
                while len(self.first) < len(products):
                    line = (await events.content.readline()).decode()
                    if line.startswith("data: ") and '"cards"' in line:
                        self.first.append(json.loads(line[6:])["hits"][0]["title"])


def first_product(text: str) -> int:
    """The number of the product that a card or caption names first."""
    named = re.search(r"Product (\d+) in", text)
    assert named is not None, text
    return int(named[1])


def carousels(messages: list[dict[str, Any]]) -> list[str]:
    """The texts of each carousel that arrived, its first card first."""
    return [json.dumps(message["rich_media"]) for message in messages if "rich_media" in message]


def phone(user: int) -> str:
    return f"whatsapp:+1555010{user:04}"


async def ended(streams: Streams) -> int:
    """Photos that came to any end."""
    tally = await streams.tally()
    return sum(count for state, count in tally.items() if state not in ("accepted", "repeated"))


@pytest.fixture
def every_line() -> Iterator[io.StringIO]:
    """All that is logged, as our logging writes it, with every logger at its lowest level."""
    root, lines = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    loud = [root, *(logging.getLogger(name) for name in QUIET)]
    configure_logging("json", lines)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip(loud, levels, strict=True):
        logger.setLevel(level)
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_300_photos_of_100_users_over_four_channels_are_each_answered_once(
    tmp_path: Path, redis: Redis, redis_url: str, keys: Keys, every_line: io.StringIO
) -> None:
    streams = Streams(redis, keys)
    async with TelegramServer() as telegram, ViberServer() as viber, TwilioServer() as twilio:
        shelf, violet = telegram.add_bot(), viber.add_bot()
        more: dict[str, Any] = twilio.settings()
        hosts = (*more["media_hosts"], viber.url.removeprefix("http://"))
        more |= {"telegram_token": shelf.token, "telegram_secret": SECRET, "telegram_api": telegram.url}
        more |= {"viber_token": violet.token, "viber_api": viber.url, "media_hosts": hosts, "hits": 2, "port": 0}
        shop = open_shop(tmp_path, redis_url, photos_per_hour=10_000, **more)
        shop.publish(embedder=Embedder.load(threads=1))
        async with working(shop.settings, Embedder.load(threads=1)), at_the_bots(shop.settings) as address:
            twilio.service = address
            await set_webhook(telegram, shelf, address)
            violet.webhook = f"{address}/viber/webhook"
            people, pusher = viber.people(), telegram.pusher()
            people.duplicates = pusher.duplicates = twilio.courier.duplicates = 1
            people.reordered = True
            telegram.fail(
                "sendMediaGroup", status=429, description="Too Many Requests", retry_after=2, times=12, after=9
            )
            viber.fail("send_message", status=12, times=12, after=9)
            twilio.fail("messages", code=20429, status=429, times=12, after=9)
            visitors = [Visitor(address) for _ in range(USERS)]
            asking = [asyncio.create_task(v.ask(WEB[user])) for user, v in enumerate(visitors)]
            for turn in range(EACH):
                for user in range(USERS):
                    await pusher.photo(1 + user, photo_of(TELEGRAM[user][turn]))
                    await people.photo(f"user{user}=", photo_of(VIBER[user][turn]))
                    await twilio.person(phone(user).partition(":")[2]).photo(photo_of(WHATSAPP[user][turn]))
            await people.delivered()
            await pusher.delivered()
            await asyncio.gather(*asking)
            async with asyncio.timeout(240):
                while await ended(streams) < PHOTOS:  # noqa: ASYNC110 - a number in Redis
                    await asyncio.sleep(0.1)
            tally, depths = await streams.tally(), await streams.depths()
    assert tally == {"accepted": PHOTOS, "answered": PHOTOS}  # repeated 0, unknown 0, dead 0
    assert sum(depths[name] for name in ("replies", "searches:messengers", "searches:web", "dead")) == 0
    for user in range(USERS):
        told = [message["caption"] for message in shelf.messages[1 + user] if message.get("caption", "")[:2] == "1."]
        assert [first_product(text) for text in told] == TELEGRAM[user]
        said = [message["body"] for message in twilio.seen_by(phone(user)) if "1. " in message["body"]]
        assert [first_product(text) for text in said] == WHATSAPP[user]
        assert [first_product(title) for title in visitors[user].first] == WEB[user]
        # two events of one person that overtake each other are answered as they came
        assert sorted(map(first_product, carousels(violet.messages[f"user{user}="]))) == sorted(VIBER[user])
    assert shelf.rates.refused == violet.rates.refused == twilio.rates.exceeded == 0, "no limit was exceeded"
    logged = every_line.getvalue()
    assert "search answered" in logged
    for secret in (shelf.token, SECRET, violet.token, twilio.token, "+1555010", "user1=", "JFIF"):
        assert secret not in logged, "neither tokens nor people nor photos are logged, at any level"
