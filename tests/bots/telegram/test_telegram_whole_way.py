"""What a shopper sees: Telegram's stand-in, webhook, real Redis, worker with a fake model, senders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bots.cards import utf16_units
from core.settings import Settings
from index.model.fake import FakeEmbedder
from tests.standins.service import serving
from tests.standins.shop import photo_of
from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_updates import Pusher, grouped

Json = dict[str, Any]
pytestmark = pytest.mark.slow


@dataclass
class Street:
    """The shop's bot and the people before it."""

    telegram: TelegramServer
    bot: Bot
    settings: Settings

    @property
    def people(self) -> Pusher:
        return self.telegram.pusher()

    async def answers(self, chat: int, count: int, *, than: Callable[[Json], bool] = lambda _: True) -> list[Json]:
        """The first messages of a chat, once there are so many."""
        await self.telegram.wait_for(lambda: len([m for m in self.bot.messages[chat] if than(m)]) >= count)
        return [message for message in self.bot.messages[chat] if than(message)]


@pytest.fixture
async def street(tmp_path: Path, redis: Redis, redis_url: str) -> AsyncIterator[Street]:
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        async with serving(telegram, bot, tmp_path, redis_url, FakeEmbedder(), hits=3) as settings:
            yield Street(telegram, bot, settings)


def buttons(message: Json) -> dict[str, str]:
    rows = message["reply_markup"]["inline_keyboard"]
    return {button["text"]: button.get("callback_data") or button["url"] for row in rows for button in row}


def listed(message: Json) -> bool:
    return "reply_markup" in message


async def test_a_photo_is_answered_by_pictures_and_a_list_with_buttons(street: Street) -> None:
    await street.people.photo(7, photo_of(3))
    *album, words = await street.answers(7, 4)
    assert len(grouped(album)) == 1
    assert [bool(message["photo"]) for message in album] == [True] * 3
    assert album[0]["caption"].startswith("1. Product ")
    assert [text for text in buttons(words) if "like" in text] == ["More like 1", "More like 2", "More like 3"]
    assert {"👍 1", "Next", "👎 None of these"} <= set(buttons(words))
    assert all(len(data.encode()) <= 64 for data in buttons(words).values())
    assert (7, "typing") in street.bot.actions


async def test_a_picture_sent_as_a_file_is_answered_too(street: Street) -> None:
    await street.people.document(7, photo_of(3), "image/jpeg", "IMG_1.jpg")
    await street.answers(7, 1, than=listed)


async def test_an_album_is_answered_once(street: Street) -> None:
    for number in (1, 2, 3):
        await street.people.photo(7, photo_of(number), album="13579", caption="these" if number == 1 else None)
    await street.answers(7, 1, than=listed)
    assert len(street.bot.messages[7]) == 4


async def test_more_like_this_and_next_are_acknowledged_and_answered(street: Street) -> None:
    await street.people.photo(7, photo_of(3))
    (words,) = await street.answers(7, 1, than=listed)
    await street.people.tap(7, buttons(words)["More like 2"], message=words)
    _, more = await street.answers(7, 2, than=listed)
    assert more["text"] != words["text"]
    await street.people.tap(7, buttons(words)["Next"], message=words)
    await street.answers(7, 3, than=listed)
    shown = [message["caption"].split("\n")[0][3:] for message in street.bot.messages[7] if "caption" in message]
    first, following = shown[:3], shown[6:9]
    assert not set(first) & set(following)
    assert len(street.bot.answered) == 2


async def test_a_button_of_somebody_else_does_nothing_but_say_so(street: Street) -> None:
    await street.people.photo(7, photo_of(3))
    (words,) = await street.answers(7, 1, than=listed)
    street.bot.known.add(8)
    forged = {"message_id": 9, "date": 0, "chat": {"id": 8, "type": "private"}}
    await street.people.tap(8, buttons(words)["More like 2"], message=forged)
    (message,) = await street.answers(8, 1)
    assert message["text"] == "That button is too old: please send your photo again."


async def test_start_help_and_what_cannot_be_searched_are_answered_in_a_sentence(street: Street) -> None:
    await street.people.text(7, "/start")
    await street.people.text(8, "/help@shelf_bot")
    await street.people.message(9, {"sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular"} | _SIZE})
    assert (await street.answers(7, 1))[0]["text"].startswith("Welcome")
    assert (await street.answers(8, 1))[0]["text"].startswith("Send a photo")
    assert "sticker" in (await street.answers(9, 1))[0]["text"]


_SIZE = {"width": 512, "height": 512, "is_animated": False, "is_video": False}


async def test_words_find_products_by_title(street: Street) -> None:
    await street.people.text(7, "product")
    (words,) = await street.answers(7, 1, than=listed)
    assert "Product" in words["text"]
    assert utf16_units(words["text"]) <= 4096


async def test_a_file_that_is_no_picture_is_refused_in_a_sentence(street: Street) -> None:
    await street.people.document(7, b"hello", "image/png", "x.png")
    (message,) = await street.answers(7, 1)
    assert message["text"].endswith("please send a photo.")


async def test_an_answer_comes_into_the_topic_that_asked(street: Street) -> None:
    ours = {"message_id": 1, "date": 1, "chat": {"id": -1005, "type": "supergroup"}}
    ours["from"] = {"id": int(street.bot.id), "is_bot": True, "first_name": "Shelf"}
    sizes = street.people.sizes(photo_of(3))
    await street.people.message(-1005, {"photo": sizes, "reply_to_message": ours}, thread=42)
    (words,) = await street.answers(-1005, 1, than=listed)
    assert words["message_thread_id"] == 42


async def test_who_blocked_the_bot_is_left_alone_and_who_comes_back_is_answered(street: Street) -> None:
    street.bot.blocked.add(7)
    await street.people.photo(7, photo_of(3))
    await street.telegram.wait_for(lambda: bool(street.telegram.calls_of("sendMediaGroup")))
    await street.people.block(7, unblock=True)
    await street.answers(7, 1)
    await street.people.photo(7, photo_of(3))
    await street.answers(7, 1, than=listed)


async def test_a_flood_that_telegram_complains_of_is_waited_out(street: Street) -> None:
    street.telegram.fail("sendMediaGroup", retry_after=1)
    await street.people.photo(7, photo_of(3))
    await street.people.photo(8, photo_of(4))
    await street.answers(7, 1, than=listed)
    await street.answers(8, 1, than=listed)
    assert [len(grouped(street.bot.messages[chat])) for chat in (7, 8)] == [2, 2]


async def test_an_update_with_a_wrong_secret_changes_nothing(street: Street) -> None:
    assert street.bot.webhook is not None
    right, street.bot.webhook["secret"] = street.bot.webhook["secret"], "wrong"
    await street.people.text(7, "/start")
    while 403 not in street.people.statuses:  # noqa: ASYNC110 - what our server said
        await asyncio.sleep(0.005)
    assert not street.bot.messages[7]
    street.bot.webhook["secret"] = right
    await street.answers(7, 1)
