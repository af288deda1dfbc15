"""One conversation, the same in every channel: what a shopper says and taps, over the four real adapters."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest
from redis.asyncio import Redis

from index.model.fake import FakeEmbedder
from index.reindex import reindex
from tests.standins.bots import at_the_bots
from tests.standins.service import SECRET, set_webhook
from tests.standins.shop import PRODUCTS, Shop, open_shop, photo_of, working
from tests.standins.telegram import TelegramServer
from tests.standins.twilio import TwilioServer
from tests.standins.viber import ViberServer
from tests.standins.viber_people import button_of

WAIT_S = 20.0
COLOURS = ("Red", "Blue")


class Phone(Protocol):
    """A shopper's side of one channel."""

    async def photo(self, data: bytes) -> None: ...

    async def say(self, text: str) -> None: ...

    async def tap(self, label: str) -> None: ...

    async def sticker(self) -> None: ...

    def shown(self) -> list[str]:
        """Everything on the screen as text, labels of buttons too, a message each."""
        ...


class OnTelegram:
    CHAT = 7

    def __init__(self, telegram: TelegramServer) -> None:
        self._people, self._messages = telegram.pusher(), next(iter(telegram.bots.values())).messages

    async def photo(self, data: bytes) -> None:
        await self._people.photo(self.CHAT, data)

    async def say(self, text: str) -> None:
        await self._people.text(self.CHAT, text)

    async def sticker(self) -> None:
        await self._people.message(self.CHAT, {"sticker": STICKER})

    async def tap(self, label: str) -> None:
        for message in reversed(self._messages[self.CHAT]):
            for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
                for button in row:
                    if button["text"].startswith(label) and "callback_data" in button:
                        await self._people.tap(self.CHAT, button["callback_data"], message=message)
                        return
        raise AssertionError(f"no button {label}")

    def shown(self) -> list[str]:
        return [json.dumps(message, ensure_ascii=False) for message in self._messages[self.CHAT]]


STICKER = {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9} | {
    "is_animated": False,
    "is_video": False,
}


class OnViber:
    USER = "aB3/x+7890A="

    def __init__(self, viber: ViberServer) -> None:
        self._people, self._bot = viber.people(), next(iter(viber.bots.values()))

    async def photo(self, data: bytes) -> None:
        await self._people.photo(self.USER, data)

    async def say(self, text: str) -> None:
        await self._people.text(self.USER, text)

    async def sticker(self) -> None:
        await self._people.message(self.USER, {"type": "sticker", "sticker_id": 40126})

    async def tap(self, label: str) -> None:
        button = button_of(self._bot.messages[self.USER], label)
        await self._people.message(self.USER, {"type": "text", "text": button["ActionBody"]})

    def shown(self) -> list[str]:
        return [json.dumps(message, ensure_ascii=False) for message in self._bot.messages[self.USER]]


class OnWhatsApp:
    def __init__(self, twilio: TwilioServer) -> None:
        self._twilio, self._person = twilio, twilio.person("+15550100001")

    async def photo(self, data: bytes) -> None:
        await self._person.photo(data)

    async def say(self, text: str) -> None:
        await self._person.text(text)

    async def sticker(self) -> None:
        await self._person.write(MessageType="location", Latitude="1", Longitude="1")

    async def tap(self, label: str) -> None:
        offered = [
            m for m in self._twilio.seen_by(self._person.address) if label in json.dumps(m["shape"], ensure_ascii=False)
        ]
        await self._person.tap(offered[-1], label)

    def shown(self) -> list[str]:
        seen = self._twilio.seen_by(self._person.address)
        return [json.dumps([one["body"], one["shape"]], ensure_ascii=False) for one in seen]


class OnThePage:
    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session, self._address = session, address
        self._events: list[dict[str, Any]] = []

    async def listen(self) -> None:
        url = f"{self._address}/chat/events"
        async with self._session.get(url, timeout=aiohttp.ClientTimeout()) as events:
            async for line in events.content:
                if line.startswith(b'data: {"'):
                    self._events.append(json.loads(line[6:]))

    async def _post(self, **fields: Any) -> None:
        form = aiohttp.FormData()
        for name, value in fields.items():
            form.add_field(name, value, **({"filename": "a.jpg"} if name == "photo" else {}))
        headers = {"Origin": self._address}
        async with self._session.post(f"{self._address}/chat/messages", data=form, headers=headers) as response:
            assert response.status == 202, await response.text()

    async def photo(self, data: bytes) -> None:
        await self._post(photo=data)

    async def say(self, text: str) -> None:
        await self._post(text=text)

    async def sticker(self) -> None:
        await self._post(photo=b"GIF89a no picture at all")

    async def tap(self, label: str) -> None:
        for event in reversed(self._events):
            for button in [*(b for hit in event.get("hits", ()) for b in hit["buttons"]), *event["buttons"]]:
                if button["label"].startswith(label) and button.get("token"):
                    await self._post(button=button["token"])
                    return
        raise AssertionError(f"no button {label}")

    def shown(self) -> list[str]:
        return [json.dumps(event, ensure_ascii=False) for event in self._events]


def priced(shop: Shop) -> None:
    """A feed with all that words may ask for."""
    columns = ["id", "title", "image_link", "price", "color", "brand", "product_type"]
    rows = [
        [f"p{n}", f"Product {n} in wool", f"images/{n}.jpg", f"{10 + n}.00 EUR", COLOURS[n % 2], "Acme", "Knitwear"]
        for n in range(PRODUCTS)
    ]
    shop.feed.write_text("\n".join("\t".join(row) for row in [columns, *rows]) + "\n")
    reindex(shop.settings, shop.feed, embedder=FakeEmbedder())


@asynccontextmanager
async def phone_on(channel: str, folder: Path, redis_url: str) -> AsyncIterator[Phone]:
    """The whole service with this channel's stand-in before it."""
    async with AsyncExitStack() as stack:
        telegram, viber = (
            await stack.enter_async_context(TelegramServer()),
            await stack.enter_async_context(ViberServer()),
        )
        twilio = await stack.enter_async_context(TwilioServer())
        shelf, violet = telegram.add_bot(), viber.add_bot()
        settings: dict[str, Any] = {"port": 0, "hits": 3, "photos_per_hour": 1000}
        match channel:
            case "telegram":
                settings |= {"telegram_token": shelf.token, "telegram_secret": SECRET, "telegram_api": telegram.url}
                settings |= {"public_url": "http://127.0.0.1"}
            case "viber":
                settings |= {"viber_token": violet.token, "viber_api": viber.url, "media_hosts": viber.host}
                settings |= {"public_url": "http://127.0.0.1"}
            case "whatsapp":
                # one hit an answer: a long talk with many messages comes to the rate of 30 at once, then 1 in 6 s
                settings |= twilio.settings() | {"hits": 1}
        shop = open_shop(folder, redis_url, **settings)
        priced(shop)
        await stack.enter_async_context(working(shop.settings, FakeEmbedder()))
        address = await stack.enter_async_context(at_the_bots(shop.settings))
        match channel:
            case "telegram":
                await set_webhook(telegram, shelf, address)
                yield OnTelegram(telegram)
            case "viber":
                violet.webhook = f"{address}/viber/webhook"
                yield OnViber(viber)
            case "whatsapp":
                twilio.service = address
                yield OnWhatsApp(twilio)
            case _:
                jar = aiohttp.CookieJar(unsafe=True)
                session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
                await session.get(address)
                page = OnThePage(session, address)
                listening = asyncio.create_task(page.listen())
                yield page
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


class Talk:
    """Says something and waits for what must be heard in answer to it."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def hears(self, asking: Callable[[], Any], *wanted: str) -> str:
        """What is new on the screen, once all of `wanted` is in it."""
        before = len(self._phone.shown())
        await asking()
        until = time.monotonic() + WAIT_S
        while True:
            new = "\n".join(self._phone.shown()[before:])
            if all(one.casefold() in new.casefold() for one in wanted):
                return new
            assert time.monotonic() < until, f"{wanted} was not heard in {new}"
            await asyncio.sleep(0.02)  # each channel shows it in its own way


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("channel", ["telegram", "viber", "whatsapp", "web"])
async def test_all_that_a_shopper_says_is_answered_alike_in_every_channel(
    channel: str, tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    async with phone_on(channel, tmp_path, redis_url) as phone:
        talk = Talk(phone)
        first = await talk.hears(lambda: phone.photo(photo_of(7)), "Product 7 in wool", "17", "Next", "Cheaper")
        assert "Product 7" in first
        await talk.hears(lambda: phone.say("red"), "red", "Back to all")
        await talk.hears(lambda: phone.say("cheaper"), "Only ", "up to", "Back to all")
        await talk.hears(lambda: phone.tap("Back to all"), "Product 7 in wool", "Next")
        await talk.hears(lambda: phone.tap("Next"), "More like")
        await talk.hears(lambda: phone.say("next"), "More like")
        await talk.hears(lambda: phone.tap("More like"), "More like")
        await talk.hears(lambda: phone.tap("👍"), "Thank you", "I bought it")
        await talk.hears(lambda: phone.tap("I bought it"), "Wonderful")
        await talk.hears(lambda: phone.say("zzzyx"), "zzzyx")
        await talk.hears(lambda: phone.say("p3"), "Product 3 in wool")
        await talk.hears(phone.sticker, "please")
        await talk.hears(lambda: phone.say("/frobnicate"), "/frobnicate")
        await talk.hears(lambda: phone.say("/privacy"), "90 days")
        await talk.hears(lambda: phone.say("/language de"), "auf Deutsch")
        await talk.hears(lambda: phone.say("/help"), "Senden Sie ein Foto")
        await talk.hears(lambda: phone.photo(photo_of(5)), "Product 5 in wool", "Weiter")
        await talk.hears(lambda: phone.say("weiter"), "in wool")
        await talk.hears(lambda: phone.say("/forget"), "Erledigt")
        await talk.hears(lambda: phone.say("zeppelin"), "Nothing in the shop fits")
        await talk.hears(lambda: phone.say("Next"), "That was everything")
