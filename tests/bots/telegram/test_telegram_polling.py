"""Long polling against the stand-in and a real Redis: each update once, whoever polls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from bots.channel import Channels
from bots.delivery import Delivery
from bots.services import Services
from bots.telegram import polling
from bots.telegram.channel import TelegramChannel
from bots.telegram.polling import Polling
from core.blobs import Blobs
from core.keys import partition_of
from core.messages import Photo, Text, Update, decode_update
from core.settings import Settings
from core.spool import Spool
from core.streams import Streams
from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_checks import jpeg


@pytest.fixture
def services(settings: Settings, redis: Redis, streams: Streams, channel: TelegramChannel) -> Services:
    delivery = Delivery(streams, Spool(settings.data_dir / "spool"))
    keys = streams.keys
    blobs = Blobs(redis, keys)
    return Services(settings, redis, keys, streams, blobs, Channels({"telegram": channel}), delivery)


@asynccontextmanager
async def polled(services: Services) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(Polling(services).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def inbox(services: Services, chat: str) -> list[Update]:
    entries = await services.streams.redis.xrange(services.keys.inbox(partition_of(chat)))
    return [decode_update(fields[b"data"]) for _, fields in entries]


async def test_what_people_send_arrives_in_order_and_once(
    telegram: TelegramServer, bot: Bot, services: Services
) -> None:
    pusher = telegram.pusher()
    await pusher.photo(7, jpeg(), caption="this?")
    async with polled(services):
        await pusher.delivered()
        await pusher.text(7, "red")
        await pusher.text(7, "blue")
        await pusher.delivered()
    contents = [update.content for update in await inbox(services, "telegram:7")]
    assert isinstance(contents[0], Photo)
    assert contents[1:] == [Text("red"), Text("blue")]


async def test_a_second_process_stands_by_and_takes_over(
    telegram: TelegramServer, bot: Bot, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "STANDBY_S", 0.02)
    first_stop, second_stop = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(Polling(services).run(first_stop))
    await telegram.wait_for(lambda: len(telegram.calls_of("getUpdates")) == 1)
    second = asyncio.create_task(Polling(services).run(second_stop))
    pusher = telegram.pusher()
    await pusher.text(7, "one")
    await pusher.delivered()
    first_stop.set()
    await first
    await pusher.text(7, "two")
    await pusher.delivered()
    second_stop.set()
    await second
    assert [update.content for update in await inbox(services, "telegram:7")] == [Text("one"), Text("two")]


async def test_an_update_polled_before_a_crash_is_not_taken_twice(
    telegram: TelegramServer, bot: Bot, services: Services
) -> None:
    pusher = telegram.pusher()
    await pusher.text(7, "one")
    async with polled(services):
        await pusher.delivered()
    await services.redis.delete(services.keys.polling_offset(str(bot.id)))
    update = (await inbox(services, "telegram:7"))[0]
    raw = {"update_id": int(update.update_id.partition(":")[2])}
    again = await pusher.text(7, "one")
    again.update["update_id"] = raw["update_id"]
    async with polled(services):
        await pusher.delivered()
    assert len(await inbox(services, "telegram:7")) == 1


async def test_an_update_that_cannot_be_read_does_not_hold_up_the_others(
    telegram: TelegramServer, bot: Bot, services: Services
) -> None:
    pusher = telegram.pusher()
    await pusher.push({"message": {"message_id": "?"}}, "chat:7")
    await pusher.text(7, "after it")
    async with polled(services):
        await pusher.delivered()
    assert [update.content for update in await inbox(services, "telegram:7")] == [Text("after it")]
    ((_, buried),) = await services.streams.redis.xrange(services.keys.dead)
    assert b'"message_id": "?"' in buried[b"data"]


@pytest.mark.parametrize(
    "how",
    [
        {"status": 500},
        {"kind": "html", "status": 502},
        {"kind": "broken"},
        {"kind": "cut"},
        {"status": 429, "retry_after": 1},
        {"status": 409},
    ],
)
async def test_polling_goes_on_after_trouble(
    telegram: TelegramServer,
    bot: Bot,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    how: dict[str, object],
) -> None:
    monkeypatch.setattr(polling, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(polling, "CONFLICT_WAIT_S", 0.02)
    telegram.fail("getUpdates", **how)
    pusher = telegram.pusher()
    await pusher.text(7, "hello")
    async with polled(services):
        await pusher.delivered()
    assert [update.content for update in await inbox(services, "telegram:7")] == [Text("hello")]


async def test_a_webhook_elsewhere_is_named_as_the_reason(
    telegram: TelegramServer,
    bot: Bot,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(polling, "CONFLICT_WAIT_S", 0.02)
    bot.webhook = {"url": "http://127.0.0.1:9/x", "secret": "", "allowed": [], "max": 40}
    async with polled(services):
        await telegram.wait_for(lambda: len(telegram.calls_of("getUpdates")) >= 2)
    shown = "".join(capsys.readouterr())
    assert "snapshelf webhooks delete telegram" in shown
    assert bot.token not in shown
