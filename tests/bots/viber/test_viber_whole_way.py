"""What a shopper sees: Viber's stand-in, webhook, real Redis, worker with a fake model, senders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bots.viber import degrade
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams
from index.model.fake import FakeEmbedder
from tests.standins.shop import PRODUCTS, photo_of
from tests.standins.viber import Bot, ViberServer
from tests.standins.viber_checks import blocks_of
from tests.standins.viber_people import People
from tests.standins.viber_shop import serving_viber

Json = dict[str, Any]
pytestmark = pytest.mark.slow
ANNA = "aB3/x+7890A="


@dataclass
class Street:
    """The shop's bot and the people before it."""

    viber: ViberServer
    bot: Bot
    settings: Settings
    streams: Streams

    @property
    def people(self) -> People:
        return self.viber.people()

    async def answers(self, user: str, count: int, kind: str = "rich_media") -> list[Json]:
        """The first messages of this kind, once there are so many."""
        await self.viber.wait_for(lambda: len(self._of(user, kind)) >= count)
        return self._of(user, kind)

    def _of(self, user: str, kind: str) -> list[Json]:
        return [message for message in self.bot.messages[user] if message["type"] == kind]


@pytest.fixture
async def street(tmp_path: Path, redis: Redis, redis_url: str, keys: Keys) -> AsyncIterator[Street]:
    async with ViberServer() as viber:
        bot = viber.add_bot()
        async with serving_viber(viber, bot, tmp_path, redis_url, FakeEmbedder(), hits=3) as settings:
            yield Street(viber, bot, settings, Streams(redis, keys))


def titles(message: Json) -> list[str]:
    texts = [cell.get("Text", "") for cell in message["rich_media"]["Buttons"]]
    return [text.partition("<b>")[2].partition("</b>")[0] for text in texts if "<b>" in text]


async def test_a_photo_is_answered_by_a_carousel(street: Street) -> None:
    await street.people.photo(ANNA, photo_of(3))
    (message,) = await street.answers(ANNA, 1)
    assert titles(message)[0] == "Product 3 in wool"
    blocks = blocks_of(message["rich_media"]["Buttons"], 6, 7)
    assert len(blocks) == 3
    assert all(block[0]["Image"].startswith("http://127.0.0.1/pictures/") for block in blocks)
    assert len(street.bot.messages[ANNA]) == 1


async def test_a_file_that_is_a_picture_is_answered_and_another_file_with_a_sentence(street: Street) -> None:
    await street.people.file(ANNA, photo_of(3), "IMG_1.JPG")
    await street.answers(ANNA, 1)
    await street.people.file(ANNA, b"%PDF", "list.pdf")
    (words,) = await street.answers(ANNA, 1, "text")
    assert "that file" in words["text"]


async def test_more_like_this_next_and_a_thumb_are_answered(street: Street) -> None:
    await street.people.photo(ANNA, photo_of(3))
    (first,) = await street.answers(ANNA, 1)
    await street.people.tap(ANNA, "Next")
    _, following = await street.answers(ANNA, 2)
    assert not set(titles(first)) & set(titles(following))
    await street.people.tap(ANNA, "More like this")
    more = (await street.answers(ANNA, 3))[2]
    assert titles(more) != titles(following)
    await street.people.tap(ANNA, "👍")
    await street.viber.wait_for(lambda: "Thank you" in street.bot.messages[ANNA][-1].get("text", ""))
    thanks = street.bot.messages[ANNA][-1]
    assert [key["Text"] for key in thanks["keyboard"]["Buttons"]] == ["I bought it"]


async def test_opening_is_welcomed_at_once_and_a_photo_after_it_answered(street: Street) -> None:
    await street.people.open(ANNA, language="de", context="poster")
    (welcome,) = await street.answers(ANNA, 1, "text")
    assert "Willkommen" in welcome["text"]
    assert not street.people.refused_welcomes
    await street.people.subscribe(ANNA)
    await street.people.photo(ANNA, photo_of(3))
    await street.answers(ANNA, 1)
    assert [message["type"] for message in street.bot.messages[ANNA]] == ["text", "rich_media"], "welcomed once"


async def test_an_old_phone_gets_pictures_and_a_list_and_its_taps_are_answered(street: Street) -> None:
    street.bot.user(ANNA, api_version=4)
    await street.people.photo(ANNA, photo_of(3))
    (words,) = await street.answers(ANNA, 1, "text")
    assert words["text"].splitlines()[1].startswith("1. Product 3 in wool")
    assert len(await street.answers(ANNA, 3, "picture")) == 3
    await street.people.tap(ANNA, "More like 2")
    more = await street.answers(ANNA, 6, "picture")
    assert more[3]["text"] != more[0]["text"]


async def test_a_carousel_that_the_phone_refuses_follows_as_pictures_and_a_list(street: Street) -> None:
    street.bot.user(ANNA, refuses="rich_media")
    await street.people.photo(ANNA, photo_of(3))
    (words,) = await street.answers(ANNA, 1, "text")
    assert words["text"].splitlines()[1].startswith("1. Product 3 in wool")
    assert [message["type"] for message in street.bot.messages[ANNA]] == ["picture"] * 3 + ["text"]


async def test_who_left_is_not_written_to_until_they_write(street: Street, redis: Redis, keys: Keys) -> None:
    await street.people.photo(ANNA, photo_of(3))
    await street.answers(ANNA, 1)
    left = await street.people.unsubscribe(ANNA)
    await left.done.wait()
    while not await redis.get(keys.gone(f"viber:{ANNA}")):  # noqa: ASYNC110 - a key in Redis
        await asyncio.sleep(0.02)
    await street.people.photo(ANNA, photo_of(4))
    await street.answers(ANNA, 2)


async def test_tapping_open_is_no_question(street: Street) -> None:
    await street.people.text(ANNA, "https://shop.example/1")
    await street.people.text(ANNA, "/help")
    (words,) = await street.answers(ANNA, 1, "text")
    assert words["text"].startswith("Send a photo")


async def test_a_picture_is_given_to_phones_at_the_address_in_the_card(street: Street) -> None:
    await street.people.photo(ANNA, photo_of(3))
    (message,) = await street.answers(ANNA, 1)
    digest = message["rich_media"]["Buttons"][0]["Image"].rpartition("/")[2].removesuffix(".jpg")
    assert (street.settings.pictures_dir / digest[:2] / f"{digest}.jpg").is_file()


async def test_trouble_of_all_kinds_ends_in_one_answer_a_photo(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degrade, "WAIT_MS", 200)
    people, users = street.people, [f"user{n}+/=" for n in range(6)]
    people.duplicates, people.reordered, people.resend_s = 2, True, (0.05,)
    street.bot.receipts = True
    street.viber.fail("send_message", status=12, times=5, after=2)
    street.viber.fail("send_message", kind="http", status=502, times=3, after=9)
    street.viber.fail("send_message", kind="cut", times=2, after=14)
    asked: dict[str, int] = {}
    for number in range(24):
        user = users[number % len(users)]
        asked[user] = asked.get(user, 0) + 1
        await people.photo(user, photo_of(number % PRODUCTS))
    async with asyncio.timeout(40):
        await people.delivered()
        while (await street.streams.tally()).get("accepted", 0) < 24 or any(  # noqa: ASYNC110 - numbers in Redis
            depth for name, depth in (await street.streams.depths()).items() if name != "dead"
        ):
            await asyncio.sleep(0.05)
    tally = await street.streams.tally()
    assert tally["accepted"] == 24
    assert tally["answered"] + tally.get("unknown", 0) == 24
    assert tally.get("unknown", 0) == 2, "cut after delivery: not repeated"
    assert {user: len(street._of(user, "rich_media")) for user in users} == asked, "each photo once"
    assert street.bot.rates.refused == 0
    assert set(people.statuses) == {200}


async def test_answers_keep_the_order_of_their_photos_through_a_storm_of_refusals(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(degrade, "WAIT_MS", 100)
    street.viber.fail("send_message", status=12, times=6)
    for number in range(8):
        sent = await street.people.photo(ANNA, photo_of(number))
        await sent.done.wait()
    messages = await street.answers(ANNA, 8)
    assert [titles(message)[0] for message in messages] == [f"Product {n} in wool" for n in range(8)]


async def test_a_burst_of_photos_gets_one_hit_each_after_the_third(street: Street) -> None:
    for number in range(6):
        await street.people.photo(ANNA, photo_of(number))
    messages = await street.answers(ANNA, 6)
    assert sorted(len(titles(message)) for message in messages) == [1, 1, 1, 3, 3, 3]
