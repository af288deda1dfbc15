"""The channel against the stand-in: in, out, and what becomes of refusals."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bots.channel import Alarm, Degrade, Drop, Gone, Outcome, Part, RenderContext, Retry, Sent, Unknown
from bots.viber import api
from bots.viber.channel import ViberChannel
from core.errors import Reason, Refused, Unavailable
from core.keys import Keys
from core.messages import Button, Hit, Joined, Left, Notice, Progress, Reply
from core.picturestore import path_of, url_of
from core.settings import Settings
from tests.bots.conformance import ChannelConformance, Signed
from tests.bots.viber.conftest import CHAT, PUBLIC, USER
from tests.standins.telegram_checks import jpeg
from tests.standins.viber import Bot, ViberServer
from tests.standins.viber_people import HEADER, button_of, buttons_of, signed

FIXTURES = Path(__file__).parent / "fixtures"
CONTEXT = RenderContext()
Shows = Callable[[str, int], None]


class TestConformance(ChannelConformance):
    @pytest.fixture
    def photo_body(self) -> bytes:
        return (FIXTURES / "picture.json").read_bytes()

    @pytest.fixture
    def sign(self, bot: Bot) -> Callable[[bytes], Signed]:
        json_type = {"Content-Type": "application/json"}
        return lambda body: Signed(json_type | {HEADER: signed(bot.token, body)}, body)

    @pytest.fixture
    def forged(self, bot: Bot, photo_body: bytes) -> Signed:
        wrong = signed(bot.token + "x", photo_body)
        return Signed({"Content-Type": "application/json", HEADER: wrong}, photo_body)

    @pytest.fixture
    def chat(self) -> str:
        return CHAT

    @pytest.fixture
    def fresh_chat(self, bot: Bot, shows: Shows) -> Callable[[], str]:
        bot.rates.strict = False
        numbers = itertools.count(9_000)

        def fresh() -> str:
            user = f"{next(numbers)}+/A="
            bot.user(user)
            shows(f"viber:{user}", 10)
            return f"viber:{user}"

        return fresh

    @pytest.fixture
    def picture(self, pictures: list[str]) -> str:
        return url_of(pictures[0])

    @pytest.fixture
    def media(self, viber: ViberServer) -> tuple[str, bytes]:
        data = jpeg()
        return viber.keep(data, "a.jpg"), data

    @pytest.fixture
    def too_large(self, viber: ViberServer) -> str:
        return viber.keep(bytes((20 << 20) + 1), "a.jpg")

    @pytest.fixture
    def break_provider(self, viber: ViberServer) -> Callable[[], Awaitable[None]]:
        async def stop() -> None:
            viber.fail("*", kind="http", status=502, times=10)

        return stop


# --- in -------------------------------------------------------------------------------------------------------


def request(bot: Bot, body: bytes, **more: str) -> tuple[dict[str, str], bytes]:
    return {"Content-Type": "application/json; charset=UTF-8", HEADER: signed(bot.token, body)} | more, body


async def test_a_body_that_is_no_json_by_its_header_is_forbidden(channel: ViberChannel, bot: Bot) -> None:
    body = (FIXTURES / "picture.json").read_bytes()
    headers, _ = request(bot, body)
    assert (await channel.receive(headers | {"Content-Type": "text/plain"}, body)).status == 403
    assert (await channel.receive(headers, body)).status == 200


async def test_an_opened_conversation_is_welcomed_in_the_response_alone(
    channel: ViberChannel, bot: Bot, redis: Redis, keys: Keys
) -> None:
    received = await channel.receive(*request(bot, (FIXTURES / "conversation_started.json").read_bytes()))
    message = json.loads(received.body)
    assert (received.status, received.updates, received.content_type) == (200, (), "application/json")
    assert message["text"].startswith("Вітаємо в Shelf & Co"), "in the user's language"
    assert (message["type"], message["sender"]) == ("text", {"name": "Shelf & Co"})
    assert "receiver" not in message
    await channel.noted()
    assert await redis.get(keys.welcomed(CHAT)) is not None
    assert await redis.get(keys.client(CHAT)) == b"10"


async def test_subscribing_and_leaving_become_joined_and_left(channel: ViberChannel, bot: Bot) -> None:
    for name, content in (("subscribed", Joined()), ("unsubscribed", Left())):
        received = await channel.receive(*request(bot, (FIXTURES / f"{name}.json").read_bytes()))
        assert [update.content for update in received.updates] == [content]
        assert received.body == b""


@pytest.mark.parametrize("name", ["webhook", "client_status", "event_never_seen", "text_that_is_a_link"])
async def test_what_asks_nothing_of_us_is_answered_200(channel: ViberChannel, bot: Bot, name: str) -> None:
    received = await channel.receive(*request(bot, (FIXTURES / f"{name}.json").read_bytes()))
    assert (received.status, received.updates, received.dead) == (200, (), None)


async def test_what_an_app_can_show_is_kept_to_be_erased(
    channel: ViberChannel, bot: Bot, redis: Redis, keys: Keys
) -> None:
    erase: Any = redis.smembers(keys.erase(CHAT))
    await channel.receive(*request(bot, (FIXTURES / "text.json").read_bytes()))
    await channel.noted()
    assert await redis.get(keys.client(CHAT)) == b"10"
    assert await erase == {keys.client(CHAT).encode()}


# --- photos ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a.jpg",
        "https://viber.com.evil.example/a.jpg",
        "https://notviber.com/a.jpg",
        "http://dl-media.viber.com/a.jpg",
        "https://user:pw@dl-media.viber.com/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.jpg",
        "file:///etc/passwd",
        "gopher://dl-media.viber.com/a.jpg",
        "not an address",
    ],
)
async def test_only_viber_s_hosts_are_asked_for_photos(
    channel: ViberChannel, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refused) as refused:
        await channel.fetch(url)
    assert refused.value.reason is Reason.PHOTO_EXPIRED


async def test_a_redirect_to_a_private_address_is_not_followed(channel: ViberChannel, viber: ViberServer) -> None:
    viber.fail("media", kind="away")
    with pytest.raises(Refused):
        await channel.fetch(viber.keep(jpeg(), "a.jpg"))


async def test_a_photo_whose_hour_is_over_is_refused_with_a_sentence(channel: ViberChannel, viber: ViberServer) -> None:
    url = viber.keep(jpeg(), "a.jpg")
    viber.media_s = 0.0
    with pytest.raises(Refused) as refused:
        await channel.fetch(url)
    assert refused.value.reason is Reason.PHOTO_EXPIRED


@pytest.mark.parametrize("how", [{"kind": "http", "status": 502}, {"kind": "cut", "times": 2}])
async def test_a_photo_that_does_not_arrive_now_may_later(
    channel: ViberChannel, viber: ViberServer, how: dict[str, Any]
) -> None:
    data = jpeg()
    url = viber.keep(data, "a.jpg")
    viber.fail("media", **how)
    with pytest.raises(Unavailable):
        await channel.fetch(url)
    assert await channel.fetch(url) == data


# --- out ------------------------------------------------------------------------------------------------------


def found(pictures: list[str], count: int, *, close: bool = True) -> Reply:
    hits = tuple(
        Hit(f"p{n}", f"Shoe {n}", "12.50", "EUR", f"https://shop.example/{n}", url_of(pictures[n]), similarity=0.9)
        for n in range(count)
    )
    return Reply("job", CHAT, "hits", close=close, hits=hits, shown=tuple(hit.id for hit in hits))


@pytest.fixture
def known(bot: Bot) -> Bot:
    bot.user(USER)
    return bot


@pytest.fixture
def modern(known: Bot, shows: Shows) -> Bot:
    shows(CHAT, 10)
    return known


async def test_a_carousel_of_cards_with_the_answer_s_buttons_below(
    channel: ViberChannel, modern: Bot, pictures: list[str]
) -> None:
    (part,) = channel.render(found(pictures, 5), CONTEXT)
    outcome = await channel.send(part)
    assert isinstance(outcome, Sent)
    (message,) = modern.messages[USER]
    assert outcome.provider_ids == (f"viber:{message['token']}",)
    assert (message["type"], message["min_api_version"]) == ("rich_media", 7)
    cells = message["rich_media"]["Buttons"]
    assert [cell["Image"] for cell in cells if "Image" in cell] == [PUBLIC + url_of(p) for p in pictures[:5]]
    assert [cell["ActionBody"] for cell in cells if "Open in shop" in cell.get("Text", "")] == [
        f"https://shop.example/{n}" for n in range(5)
    ]
    assert sum("More like this" in cell.get("Text", "") for cell in cells) == 5
    assert [key["Text"] for key in message["keyboard"]["Buttons"]] == ["Next", "👎 None of these"]
    assert all(button.get("Silent") for button in buttons_of(message) if button["ActionType"] != "none")


async def in_all_forms(channel: ViberChannel, part: Part, depth: int = 0) -> list[Outcome]:
    """Follow degradations to what went out, or did not."""
    assert depth < 6
    outcome = await channel.send(part)
    if not isinstance(outcome, Degrade):
        return [outcome]
    return [last for other in outcome.to for last in await in_all_forms(channel, other, depth + 1)]


@pytest.mark.parametrize("version", [0, 1, 5, 6])
async def test_an_older_app_gets_pictures_and_a_numbered_list(
    channel: ViberChannel, known: Bot, pictures: list[str], shows: Shows, version: int
) -> None:
    known.users[USER].api_version = max(1, version)
    if version:
        shows(CHAT, version)
    (part,) = channel.render(found(pictures, 5), CONTEXT)
    assert {type(outcome) for outcome in await in_all_forms(channel, part)} == {Sent}
    *shown, words = known.messages[USER]
    assert [message["media"] for message in shown] == [PUBLIC + url_of(picture) for picture in pictures[:5]]
    assert shown[1]["text"] == "2. Shoe 1\n€12.50"
    assert words["text"].splitlines()[:2] == ["This comes closest:", "1. Shoe 0 — €12.50 · 90%"]
    labels = [key["Text"] for key in words["keyboard"]["Buttons"]]
    assert labels[:3] == ["More like 1", "Open 1", "👍 1"]
    assert labels[-2:] == ["Next", "👎 None of these"]
    assert button_of([words], "More like 2")["ActionBody"].startswith("#@" if version >= 6 else "More like 2 #@")
    assert ("Silent" in button_of([words], "More like 2")) == (version >= 6)


async def test_a_tap_of_either_form_comes_back_as_the_same_token(
    channel: ViberChannel, known: Bot, viber: ViberServer, pictures: list[str], shows: Shows
) -> None:
    (part,) = channel.render(found(pictures, 2), CONTEXT)
    tokens = []
    for version, label in ((10, "More like this"), (1, "More like 1")):
        shows(CHAT, version)
        await in_all_forms(channel, part)
        button = button_of(known.messages[USER], label)
        event = json.loads((FIXTURES / "text.json").read_bytes())
        event["message"]["text"] = button["ActionBody"]
        (update,) = (await channel.receive(*request(known, json.dumps(event).encode()))).updates
        assert isinstance(update.content, Button)
        tokens.append(update.content.token)
    assert tokens[0] == tokens[1]
    assert tokens[0] in {spec.token for spec in part.buttons}


async def test_a_missing_picture_leaves_its_card_in_words(
    channel: ViberChannel, modern: Bot, pictures: list[str], settings: Settings
) -> None:
    path_of(settings.pictures_dir, pictures[1]).unlink()
    (part,) = channel.render(found(pictures, 3), CONTEXT)
    assert isinstance(await channel.send(part), Sent)
    cells = modern.messages[USER][0]["rich_media"]["Buttons"]
    assert len([cell for cell in cells if "Image" in cell]) == 2
    assert len([cell for cell in cells if "Shoe" in cell.get("Text", "")]) == 3


async def test_an_app_older_than_it_was_said_gets_the_older_form(
    channel: ViberChannel, modern: Bot, pictures: list[str]
) -> None:
    modern.users[USER].api_version = 3
    (part,) = channel.render(found(pictures, 2), CONTEXT)
    outcomes = await in_all_forms(channel, part)
    assert {type(outcome) for outcome in outcomes} == {Sent}
    assert [message["type"] for message in modern.messages[USER]] == ["picture", "picture", "text"]


@pytest.mark.parametrize("status", [3, 4, 11, 13, 14])
async def test_a_refused_carousel_is_said_in_an_older_form(
    channel: ViberChannel, viber: ViberServer, modern: Bot, pictures: list[str], status: int
) -> None:
    viber.fail("send_message", status=status)
    (part,) = channel.render(found(pictures, 2), CONTEXT)
    assert {type(outcome) for outcome in await in_all_forms(channel, part)} == {Sent}
    assert [message["type"] for message in modern.messages[USER]] == ["picture", "picture", "text"]


async def test_what_a_phone_refuses_later_goes_out_in_an_older_form(
    channel: ViberChannel, modern: Bot, pictures: list[str]
) -> None:
    (part,) = channel.render(found(pictures, 2), CONTEXT)
    outcome = channel.late_failure(part, "bad rich media")
    assert isinstance(outcome, Degrade)
    assert [other.kind for other in outcome.to] == ["picture", "picture", "text"]
    words = outcome.to[-1]
    bare = channel.late_failure(words, "bad keyboard")
    assert isinstance(bare, Degrade)
    assert isinstance(await channel.send(bare.to[0]), Sent)
    assert "keyboard" not in modern.messages[USER][0]
    assert isinstance(channel.late_failure(bare.to[0], None), Drop)
    assert isinstance(channel.late_failure(outcome.to[0], None), Drop)


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({"status": 12}, Retry),
        ({"status": 12, "kind": "bare"}, Retry),
        ({"status": 99}, Retry),
        ({"status": -1}, Retry),
        ({"kind": "http", "status": 500}, Retry),
        ({"kind": "http", "status": 429}, Retry),
        ({"kind": "http", "status": 413}, Drop),
        ({"kind": "http", "status": 403}, Alarm),
        ({"kind": "broken"}, Unknown),
        ({"kind": "cut"}, Unknown),
        ({"status": 5}, Gone),
        ({"status": 6}, Gone),
        ({"status": 11}, Gone),
        ({"status": 2}, Alarm),
        ({"status": 7}, Alarm),
        ({"status": 10}, Alarm),
        ({"status": 3}, Drop),
        ({"status": 13}, Drop),
        ({"status": 16}, Drop),
    ],
)
async def test_what_viber_says_becomes_what_we_do(
    channel: ViberChannel, viber: ViberServer, known: Bot, how: dict[str, Any], outcome: type
) -> None:
    viber.fail("send_message", **how)
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    said = await channel.send(part)
    assert isinstance(said, outcome)
    if isinstance(said, Retry):
        assert (said.after_ms is not None) == (how.get("status") in (12, 429))


async def test_who_never_wrote_or_left_is_gone(channel: ViberChannel, bot: Bot) -> None:
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    assert await channel.send(part) == Gone("not registered with Viber")
    bot.user(USER, subscribed=False)
    assert await channel.send(part) == Gone("not subscribed")


async def test_an_answer_that_never_comes_is_unknown(
    channel: ViberChannel, viber: ViberServer, known: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ANSWER_S", 0.2)
    fault = viber.fail("send_message", kind="hang")
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    assert isinstance(await channel.send(part), Unknown)
    assert len(known.messages[USER]) == 1
    fault.release.set()


async def test_nobody_listening_means_not_sent(
    redis: Redis, keys: Keys, settings: Settings, unused_tcp_port_factory: Callable[[], int]
) -> None:
    nowhere = settings.model_copy(update={"viber_api": f"http://127.0.0.1:{unused_tcp_port_factory()}"})
    channel = ViberChannel(nowhere, redis, keys)
    await channel.start()
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    assert isinstance(await channel.send(part), Retry)
    await channel.close()


async def test_progress_is_told_once_a_minute_and_its_end_for_certain(channel: ViberChannel, known: Bot) -> None:
    for text in ("1 of 3", "2 of 3"):
        (part,) = channel.render(Progress("job", CHAT, text), CONTEXT)
        assert isinstance(await channel.send(part), Sent)
    (part,) = channel.render(Progress("job", CHAT, "3 of 3", done=True), CONTEXT)
    assert isinstance(await channel.send(part), Sent)
    assert [message["text"] for message in known.messages[USER]] == ["1 of 3", "3 of 3"]


async def test_the_token_stands_in_a_header_and_nowhere_else(
    channel: ViberChannel, viber: ViberServer, known: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    outcomes = [await channel.send(part)]
    for how in ({"status": 3}, {"kind": "http", "status": 502}, {"kind": "broken"}, {"kind": "cut"}, {"status": 12}):
        viber.fail("send_message", **how)
        outcomes.append(await channel.send(part))
    viber.bots.clear()
    outcomes.append(await channel.send(part))
    assert isinstance(outcomes[-1], Alarm)
    said = caplog.text + repr(outcomes) + repr([call.body for call in viber.calls])
    assert known.token not in said
    assert "auth_token" not in said


async def test_many_at_once_are_sent_over_few_connections(channel: ViberChannel, known: Bot) -> None:
    parts = [channel.render(Notice(f"job{n}", CHAT, "help"), CONTEXT)[0] for n in range(90)]
    outcomes = await asyncio.gather(*(channel.send(part) for part in parts))
    assert {type(outcome) for outcome in outcomes} == {Sent}
    assert len(known.messages[USER]) == 90
