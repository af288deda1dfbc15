"""What a shopper sees: Twilio's stand-in, webhooks, real Redis, worker with a fake model, senders."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bots.whatsapp import api
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams
from index.model.fake import FakeEmbedder
from tests.redis_server import RedisServer, oldest_binary, valkey_binary
from tests.standins.shop import photo_of
from tests.standins.twilio import TwilioServer
from tests.standins.twilio_people import Person
from tests.standins.twilio_service import serving_whatsapp

Json = dict[str, Any]
pytestmark = pytest.mark.slow


@dataclass
class Street:
    """The shop's number and the people before it."""

    twilio: TwilioServer
    settings: Settings

    def person(self, number: int = 1) -> Person:
        return self.twilio.person(f"+1415555{number:04}")

    async def seen(self, person: Person, count: int, *, than: Callable[[Json], bool] = lambda _: True) -> list[Json]:
        """What arrived on a phone, once there is so much of it."""

        def found() -> list[Json]:
            return [message for message in self.twilio.seen_by(person.address) if than(message)]

        await self.twilio.wait_for(lambda: len(found()) >= count)
        return found()


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioServer]:
    async with TwilioServer() as server:
        yield server


@pytest.fixture
async def street(twilio: TwilioServer, tmp_path: Path, redis: Redis, redis_url: str) -> AsyncIterator[Street]:
    async with serving_whatsapp(twilio, tmp_path, redis_url, FakeEmbedder(), hits=3) as settings:
        yield Street(twilio, settings)


def listed(message: Json) -> bool:
    return str(message["type"]) == "twilio/list-picker"


def items(message: Json) -> list[str]:
    return [item["item"] for item in message["shape"]["items"]]


def titles(messages: list[Json]) -> list[str]:
    """The products that are shown with their pictures."""
    lines = [line for message in messages if message["media"] for line in message["body"].splitlines()]
    return [line.partition(". ")[2] for line in lines if re.match(r"\d+\. ", line)]


async def test_a_photo_is_answered_by_three_pictures_and_a_list(street: Street) -> None:
    ann = street.person()
    assert await ann.photo(photo_of(3)) == 200
    *cards, choice = await street.seen(ann, 4)
    assert [bool(re.search(rf"^{n}\. Product", card["body"], re.M)) for n, card in enumerate(cards, 1)] == [True] * 3
    assert all(card["picture"].startswith(b"\xff\xd8") for card in cards)
    assert items(choice)[:4] == ["More like 1", "More like 2", "More like 3", "Next"]
    assert not street.twilio.courier.debugger


async def test_a_row_a_number_and_next_lead_on(street: Street) -> None:
    ann = street.person()
    await ann.photo(photo_of(3))
    (choice,) = await street.seen(ann, 1, than=listed)
    first = titles(street.twilio.seen_by(ann.address))
    await ann.tap(choice, "Next")
    await street.seen(ann, 2, than=listed)
    following = titles(street.twilio.seen_by(ann.address))[3:]
    assert not set(first) & set(following)
    await ann.tap(choice, "More like 2")
    await street.seen(ann, 3, than=listed)
    by_tap = titles(street.twilio.seen_by(ann.address))[6:]
    await ann.photo(photo_of(3))
    await street.seen(ann, 4, than=listed)
    await ann.text("2")  # of the last answer, which shows what the first one did
    await street.seen(ann, 5, than=listed)
    assert titles(street.twilio.seen_by(ann.address))[12:] == by_tap


async def test_where_no_list_is_taken_numbers_are_offered_and_understood(street: Street) -> None:
    ann = street.person()
    street.twilio.fail("content", code=20404, times=9)
    await ann.photo(photo_of(3))
    words = (await street.seen(ann, 4))[-1]
    assert "2. More like 2: Product" in words["body"]
    await ann.text("2")
    assert len(titles(await street.seen(ann, 8))) == 6


async def test_several_pictures_in_one_message_are_answered_once(street: Street) -> None:
    ann = street.person()
    await ann.photo(photo_of(1), photo_of(2))
    await street.seen(ann, 1, than=listed)
    assert len(street.twilio.messages) == 4


async def test_more_than_three_photos_in_ten_seconds_get_one_hit_each(street: Street) -> None:
    ann = street.person()
    for number in range(5):
        await ann.photo(photo_of(number))
    await street.seen(ann, 5, than=listed)
    messages = street.twilio.seen_by(ann.address)
    assert [items(message)[0] for message in messages if listed(message)][3:] == ["More like this"] * 2
    assert len(titles(messages)) == 3 * 3 + 2


async def test_greetings_help_and_what_cannot_be_searched_are_answered_in_a_sentence(street: Street) -> None:
    people = [street.twilio.person(f"+49151{number:08}") for number in range(4)]
    await people[0].text("Hi!")
    await people[1].text("Hilfe")
    media = street.twilio.keep_media("MM1", b"OggS", "audio/ogg")
    await people[2].write(NumMedia="1", MediaUrl0=media, MediaContentType0="audio/ogg", MessageType="audio")
    await people[3].write(Latitude="50.4", Longitude="30.5", MessageType="location")
    bodies = [(await street.seen(person, 1))[0]["body"] for person in people]
    assert bodies[0].startswith("Willkommen")  # +49
    assert "/language" in bodies[1]
    assert "Sprachnachricht" in bodies[2]
    assert bodies[3]


async def test_a_language_is_chosen_from_a_list_or_by_its_number(street: Street) -> None:
    ann = street.person()
    await ann.text("/language")
    (choice,) = await street.seen(ann, 1)
    assert len(items(choice)) == 6
    await ann.text("3")
    assert "español" in (await street.seen(ann, 2))[1]["body"]


async def test_somebody_who_hides_their_number_is_answered(street: Street) -> None:
    hidden = street.twilio.person("UA.13491208655302741918", scoped_id="UA.13491208655302741918")
    await hidden.photo(photo_of(3))
    *_, choice = await street.seen(hidden, 4)
    assert choice["to"] == "whatsapp:UA.13491208655302741918"
    assert items(choice)[0] == "Схожі на 1"


async def test_who_says_stop_is_left_alone_until_they_write_again(street: Street) -> None:
    ann = street.person()
    await ann.text("STOP")
    street.twilio.opted_out.add(ann.address)
    await ann.text("hello")  # Twilio refuses our answer
    await street.twilio.wait_for(lambda: bool(street.twilio.calls_of("messages")))
    street.twilio.opted_out.clear()
    await ann.photo(photo_of(3))
    await street.seen(ann, 1, than=listed)


async def test_media_that_come_late_and_through_the_cdn_are_searched(street: Street) -> None:
    ann = street.person()
    media = street.twilio.keep_media("MM1", photo_of(3))
    street.twilio.not_there_yet[media.rpartition("/")[2]] = 1
    await ann.write(NumMedia="1", MediaUrl0=media, MediaContentType0="image/jpeg", MessageType="image")
    await street.seen(ann, 1, than=listed)
    assert not [call for call in street.twilio.calls_of("cdn") if call.authorised]


async def test_a_photo_that_leads_inside_is_refused_in_a_sentence(street: Street) -> None:
    ann = street.person()
    street.twilio.redirect_to = "http://169.254.169.254/latest/meta-data"
    await ann.photo(photo_of(3))
    (words,) = await street.seen(ann, 1)
    assert words["body"]
    assert not words["media"]


# --- trouble --------------------------------------------------------------------------------------------------


async def test_everything_delivered_twice_and_out_of_order_is_answered_once(street: Street, redis: Redis) -> None:
    street.twilio.courier.duplicates, street.twilio.statuses.reordered = 2, True
    ann = street.person()
    await asyncio.gather(*(ann.photo(photo_of(number)) for number in range(3)))
    await street.seen(ann, 3, than=listed)
    await _quiet(street, redis)
    assert len(street.twilio.messages) == 12
    assert (await Streams(redis, Keys()).tally()) == {"accepted": 3, "answered": 3}


async def test_a_storm_of_refusals_is_waited_out_and_the_order_kept(street: Street, redis: Redis) -> None:
    street.twilio.fail("messages", code=20429, times=4, after=1)
    street.twilio.fail("messages", kind="html", status=503, after=3)
    ann = street.person()
    await ann.photo(photo_of(3))
    *cards, choice = await street.seen(ann, 4)
    assert len(titles(cards)) == 3
    assert "1. Product" in cards[0]["body"]
    assert listed(choice)
    assert len(street.twilio.messages) == 4


async def test_a_send_without_an_answer_is_not_repeated_and_the_rest_follows(
    street: Street, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.twilio.fail("messages", kind="cut", after=1)
    ann = street.person()
    await ann.photo(photo_of(3))
    await street.seen(ann, 4)
    await _quiet(street, redis)
    assert len(street.twilio.messages) == 4
    assert (await Streams(redis, Keys()).tally())["unknown"] == 1


async def test_a_picture_that_fails_later_is_tried_once_more_then_said_in_words(street: Street) -> None:
    ann = street.person()
    street.twilio.fail_later(63019, only="media")
    await ann.photo(photo_of(3))
    messages = await street.seen(ann, 4)
    mended = [message for message in messages if "1. Product" in message["body"] and message["media"]]
    assert len(mended) == 1
    street.twilio.fail_later(63034, only="media")
    await ann.photo(photo_of(4))
    await street.seen(ann, 8)
    in_words = [m for m in street.twilio.seen_by(ann.address)[4:] if "1. Product" in m["body"] and not m["media"]]
    assert len(in_words) == 1


async def test_a_picture_that_fails_twice_is_said_in_words(street: Street) -> None:
    ann = street.person()
    street.twilio.fail_later(63019, only="media", holding="1. Product", times=2)
    await ann.photo(photo_of(3))
    words = [m for m in await street.seen(ann, 4) if not m["media"] and not listed(m)]
    assert len(words) == 1
    assert "1. Product" in words[0]["body"]


async def test_no_line_of_any_log_names_a_person_or_a_secret(
    street: Street, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ann = street.person()
    street.twilio.fail("messages", kind="html", status=503)
    street.twilio.fail("messages", code=21211, to=street.person(2).address)
    street.twilio.fail_later(63021, only="content")
    street.twilio.redirect_to = "http://10.0.0.1/x"
    await ann.photo(photo_of(3))
    await street.seen(ann, 1)
    street.twilio.redirect_to = None
    await ann.photo(photo_of(4), caption="for my aunt Agathe")
    await street.person(2).text("hello")
    await street.seen(ann, 5)
    out, err = capfd.readouterr()
    said = out + err + caplog.text
    assert "search answered" in said
    for secret in (street.twilio.token, ann.address.removeprefix("whatsapp:+"), "Agathe", "JFIF"):
        assert secret not in said


async def test_a_list_that_fails_later_is_said_in_words(street: Street) -> None:
    ann = street.person()
    street.twilio.fail_later(63021, only="content")
    await ann.photo(photo_of(3))
    words = (await street.seen(ann, 4))[-1]
    assert "1. More like 1: Product" in words["body"]
    await ann.text("1")
    await street.seen(ann, 8)


async def _quiet(street: Street, redis: Redis) -> None:
    """Returns when nothing is under way any more."""
    streams = Streams(redis, Keys())
    async with asyncio.timeout(20):
        # numbers in Redis: there is nothing to wait for
        while any((await streams.depths()).values()) or street.twilio.statuses.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


# --- Redis away -----------------------------------------------------------------------------------------------


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    binary = valkey_binary() or oldest_binary()
    assert binary is not None
    server = RedisServer(binary)
    yield server
    server.close()


@pytest.mark.parametrize("trouble", ["away", "silent"])
async def test_with_redis_away_a_webhook_is_answered_in_time_and_the_photo_later(
    twilio: TwilioServer, own_redis: RedisServer, tmp_path: Path, trouble: str
) -> None:
    async with serving_whatsapp(twilio, tmp_path, own_redis.url, FakeEmbedder(), hits=3) as settings:
        street = Street(twilio, settings)
        ann, ben = street.person(1), street.person(2)
        await ann.photo(photo_of(1))
        await street.seen(ann, 1, than=listed)
        own_redis.kill() if trouble == "away" else own_redis.freeze()
        answers = await asyncio.gather(ann.photo(photo_of(2)), ben.photo(photo_of(3)), ben.text("hello"))
        assert set(answers) == {200}
        spooled = list((tmp_path / "data" / "spool").rglob("*.log"))
        assert sum(path.stat().st_size for path in spooled) > 0
        own_redis.start() if trouble == "away" else own_redis.thaw()
        await street.seen(ann, 2, than=listed)
        await street.seen(ben, 1, than=listed)
    slowest = max(brought.seconds for brought in twilio.courier.brought)
    assert slowest < api.ANSWER_S
    assert slowest < 15
    assert twilio.courier.debugger == []


# --- many -----------------------------------------------------------------------------------------------------


@pytest.mark.timeout(180)
async def test_60_photos_of_20_people_in_storms_are_each_answered_once_in_order_and_within_the_limits(
    twilio: TwilioServer, tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    twilio.courier.duplicates, twilio.statuses.reordered = 1, True
    async with serving_whatsapp(twilio, tmp_path, redis_url, FakeEmbedder(), hits=2) as settings:
        street = Street(twilio, settings)
        twilio.fail("messages", code=20429, times=30, after=10)
        twilio.fail("messages", kind="html", status=503, times=5, after=60)
        people = [street.person(number) for number in range(20)]
        for number in range(3):
            await asyncio.gather(*(person.photo(photo_of((at + number) % 12)) for at, person in enumerate(people)))
        for person in people:
            await street.seen(person, 3, than=listed)
        await _quiet(street, redis)
    assert (await Streams(redis, Keys()).tally()) == {"accepted": 60, "answered": 60}
    for at, person in enumerate(people):
        messages = twilio.seen_by(person.address)
        assert ["list" if listed(message) else "picture" for message in messages] == ["picture", "picture", "list"] * 3
        assert titles(messages)[::2] == [f"Product {(at + number) % 12} in wool" for number in range(3)]
    assert twilio.rates.exceeded == 0
    assert twilio.rates.most_in_a_second <= 80
    assert len(twilio.messages) == 180
