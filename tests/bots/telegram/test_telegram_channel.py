"""The channel against the stand-in: in, out, and what becomes of refusals."""

from __future__ import annotations

import dataclasses
import itertools
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bots.channel import Alarm, Degrade, Drop, Gone, Part, Rekey, RenderContext, Retry, Sent, Unknown
from bots.telegram import api
from bots.telegram.channel import SECRET_HEADER, TelegramChannel
from core.errors import Reason, Refused, Unavailable
from core.keys import Keys
from core.messages import Button, Hit, Notice, Progress, Reply
from core.picturestore import path_of, url_of
from core.settings import Settings
from tests.bots.conformance import ChannelConformance, Signed
from tests.bots.telegram.conftest import SECRET
from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_checks import jpeg

FIXTURES = Path(__file__).parent / "fixtures"
CHAT = "telegram:7001"
CONTEXT = RenderContext()


class TestConformance(ChannelConformance):
    @pytest.fixture
    def photo_body(self) -> bytes:
        return (FIXTURES / "photo.json").read_bytes()

    @pytest.fixture
    def sign(self) -> Callable[[bytes], Signed]:
        headers = {"Content-Type": "application/json", SECRET_HEADER: SECRET}
        return lambda body: Signed(headers, body)

    @pytest.fixture
    def forged(self) -> Signed:
        return Signed({"Content-Type": "application/json", SECRET_HEADER: SECRET + "x"}, b"")

    @pytest.fixture
    def chat(self, bot: Bot) -> str:
        bot.known.add(7001)
        return CHAT

    @pytest.fixture
    def fresh_chat(self, bot: Bot) -> Callable[[], str]:
        bot.rates.strict = False
        numbers = itertools.count(9_000)

        def fresh() -> str:
            bot.known.add(number := next(numbers))
            return f"telegram:{number}"

        return fresh

    @pytest.fixture
    def picture(self, pictures: list[str]) -> str:
        return url_of(pictures[0])

    @pytest.fixture
    def media(self, telegram: TelegramServer) -> tuple[str, bytes]:
        data = jpeg()
        return telegram.keep(data, 640, 480)[0]["file_id"], data

    @pytest.fixture
    def too_large(self, telegram: TelegramServer) -> str:
        return str(telegram.keep(bytes((20 << 20) + 1), 1, 1)[0]["file_id"])

    @pytest.fixture
    def break_provider(self, telegram: TelegramServer) -> Callable[[], Awaitable[None]]:
        async def stop() -> None:
            telegram.fail("*", kind="html", status=502, times=10)

        return stop


# --- in -------------------------------------------------------------------------------------------------------


async def test_without_a_secret_of_our_own_no_webhook_is_accepted(
    telegram: TelegramServer, bot: Bot, redis: Redis, keys: Keys, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, telegram_token=bot.token, telegram_api=telegram.url, _env_file=None)
    channel = TelegramChannel(settings, redis, keys)
    headers = {"Content-Type": "application/json", SECRET_HEADER: ""}
    assert (await channel.receive(headers, (FIXTURES / "photo.json").read_bytes())).status == 403


async def test_another_content_type_is_forbidden(channel: TelegramChannel) -> None:
    body = (FIXTURES / "photo.json").read_bytes()
    received = await channel.receive({"Content-Type": "text/plain", SECRET_HEADER: SECRET}, body)
    assert received.status == 403


async def test_an_edit_is_answered_200_and_asks_for_nothing(channel: TelegramChannel) -> None:
    body = (FIXTURES / "edited_caption.json").read_bytes()
    received = await channel.receive({"Content-Type": "application/json", SECRET_HEADER: SECRET}, body)
    assert (received.status, received.updates, received.dead) == (200, (), None)


async def test_an_expired_path_is_asked_for_once_more(channel: TelegramChannel, telegram: TelegramServer) -> None:
    file_id = telegram.keep(jpeg(), 640, 480)[0]["file_id"]
    telegram.fail("file", status=404)
    assert await channel.fetch(file_id) == telegram.files[file_id]
    assert len(telegram.calls_of("getfile")) == 2


async def test_a_photo_that_is_never_there_is_refused(channel: TelegramChannel, telegram: TelegramServer) -> None:
    file_id = telegram.keep(jpeg(), 640, 480)[0]["file_id"]
    telegram.expired_paths.add(f"photos/{file_id}.jpg")
    with pytest.raises(Refused) as refused:
        await channel.fetch(file_id)
    assert refused.value.reason is Reason.PHOTO_EXPIRED


async def test_more_bytes_than_announced_do_not_get_past_the_limit(
    channel: TelegramChannel, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "FILE_BYTES", 1000)
    file_id = telegram.keep(jpeg(), 640, 480)[0]["file_id"]
    with pytest.raises(Refused) as refused:
        await channel.fetch(file_id)
    assert refused.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("method", "how"),
    [
        ("getFile", {"status": 500}),
        ("getFile", {"status": 429, "retry_after": 1}),
        ("getFile", {"kind": "html", "status": 502}),
        ("getFile", {"kind": "broken"}),
        ("getFile", {"kind": "cut"}),
        ("getFile", {"status": 401, "description": "Unauthorized"}),
        ("file", {"status": 500}),
        ("file", {"kind": "truncated"}),
        ("file", {"kind": "cut", "times": 2}),  # a GET is repeated once by the client itself
    ],
)
async def test_a_photo_that_does_not_arrive_now_may_later_and_the_token_stays_secret(
    channel: TelegramChannel, telegram: TelegramServer, bot: Bot, method: str, how: dict[str, object]
) -> None:
    file_id = telegram.keep(jpeg(), 640, 480)[0]["file_id"]
    telegram.fail(method, **how)
    with pytest.raises(Unavailable) as away:
        await channel.fetch(file_id)
    assert bot.token not in str(away.value)
    assert away.value.__cause__ is None
    assert away.value.__suppress_context__ or away.value.__context__ is None
    assert await channel.fetch(file_id) == telegram.files[file_id]


# --- out ------------------------------------------------------------------------------------------------------


def found(pictures: list[str], count: int, *, close: bool = True) -> Reply:
    hits = tuple(
        Hit(f"p{n}", f"Shoe {n}", "12.50", "EUR", f"https://shop.example/{n}", url_of(pictures[n]), similarity=0.9)
        for n in range(count)
    )
    return Reply("job", CHAT, "hits", close=close, hits=hits, shown=tuple(hit.id for hit in hits))


@pytest.fixture
def known(bot: Bot) -> Bot:
    bot.known.add(7001)
    return bot


async def test_a_picture_is_uploaded_once_for_all_chats(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, pictures: list[str]
) -> None:
    known.known.add(7002)
    album = channel.render(found(pictures, 5), CONTEXT)[0]
    assert isinstance(await channel.send(album), Sent)
    assert isinstance(await channel.send(dataclasses.replace(album, chat="telegram:7002")), Sent)
    first, second = telegram.calls_of("sendMediaGroup")
    assert len(first.files) == 5
    assert not second.files
    assert len(known.messages[7002]) == 5


async def test_an_album_shares_pictures_with_a_single_photo(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, pictures: list[str]
) -> None:
    assert isinstance(await channel.send(channel.render(found(pictures, 1), CONTEXT)[0]), Sent)
    assert isinstance(await channel.send(channel.render(found(pictures, 3), CONTEXT)[0]), Sent)
    assert len(telegram.calls_of("sendMediaGroup")[0].files) == 2


async def test_an_album_that_is_out_counts_as_sent_though_redis_went_away(
    channel: TelegramChannel, known: Bot, pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise RedisConnectionError("gone")

    monkeypatch.setattr(channel._redis, "pipeline", away)
    assert isinstance(await channel.send(channel.render(found(pictures, 3), CONTEXT)[0]), Sent)
    assert len(known.messages[7001]) == 3


async def test_one_hit_is_one_photo_with_its_buttons(channel: TelegramChannel, known: Bot, pictures: list[str]) -> None:
    (part,) = channel.render(found(pictures, 1), CONTEXT)
    await channel.send(part)
    (message,) = known.messages[7001]
    labels = [[button["text"] for button in row] for row in message["reply_markup"]["inline_keyboard"]]
    assert labels == [["More like this", "Open in shop", "👍"], ["Next", "👎 None of these"]]
    assert message["photo"]
    assert message["caption"].startswith("1. Shoe 0\n€12.50")


async def test_a_missing_picture_leaves_its_card_in_the_list(
    channel: TelegramChannel, known: Bot, pictures: list[str], settings: Settings
) -> None:
    path_of(settings.pictures_dir, pictures[1]).unlink()
    album, _ = channel.render(found(pictures, 3), CONTEXT)
    outcome = await channel.send(album)
    assert isinstance(outcome, Degrade)
    (smaller,) = outcome.to
    assert isinstance(await channel.send(smaller), Sent)
    assert len(known.messages[7001]) == 2


async def test_a_single_card_without_its_picture_is_words_with_the_same_buttons(
    channel: TelegramChannel, known: Bot, pictures: list[str], settings: Settings
) -> None:
    path_of(settings.pictures_dir, pictures[0]).unlink()
    (part,) = channel.render(found(pictures, 1), CONTEXT)
    outcome = await channel.send(part)
    assert isinstance(outcome, Degrade)
    assert isinstance(await channel.send(outcome.to[0]), Sent)
    (message,) = known.messages[7001]
    assert message["text"].startswith("1. Shoe 0")
    assert len(message["reply_markup"]["inline_keyboard"]) == 2


async def sent_in_the_end(channel: TelegramChannel, part: Part, depth: int = 0) -> int:
    """Follow degradations; the number of messages that went out."""
    assert depth < 6
    outcome = await channel.send(part)
    if isinstance(outcome, Degrade):
        return sum([await sent_in_the_end(channel, other, depth + 1) for other in outcome.to])
    assert isinstance(outcome, Sent | Drop), outcome
    return int(isinstance(outcome, Sent))


async def test_a_file_id_that_went_bad_is_uploaded_anew(
    channel: TelegramChannel, known: Bot, pictures: list[str], redis: Redis, keys: Keys
) -> None:
    await redis.set(keys.file_id(channel.me.id, pictures[1]), "AgACAgIAAxkBAAIgone")
    assert await sent_in_the_end(channel, channel.render(found(pictures, 3), CONTEXT)[0]) == 1
    assert len(known.messages[7001]) == 3
    assert await redis.get(keys.file_id(channel.me.id, pictures[1])) != b"AgACAgIAAxkBAAIgone"


async def test_a_picture_that_telegram_refuses_does_not_take_the_others_with_it(
    channel: TelegramChannel, known: Bot, pictures: list[str], settings: Settings
) -> None:
    path_of(settings.pictures_dir, pictures[1]).write_bytes(b"\xff\xd8\xff no picture")
    assert await sent_in_the_end(channel, channel.render(found(pictures, 4), CONTEXT)[0]) == 1
    assert len(known.messages[7001]) == 3


async def test_an_album_refused_without_a_word_goes_out_one_by_one(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, pictures: list[str]
) -> None:
    telegram.fail("sendMediaGroup", status=400, description="Bad Request: group send failed", times=9)
    assert await sent_in_the_end(channel, channel.render(found(pictures, 3), CONTEXT)[0]) == 3


async def test_where_pictures_are_not_allowed_words_are_sent(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, pictures: list[str]
) -> None:
    text = "Bad Request: not enough rights to send photos to the chat"
    telegram.fail("sendPhoto", status=400, description=text, times=9)
    assert await sent_in_the_end(channel, channel.render(found(pictures, 1), CONTEXT)[0]) == 1
    assert known.messages[7001][0]["text"]


async def test_a_topic_that_is_gone_is_left_out(channel: TelegramChannel, known: Bot) -> None:
    known.known.add(-100)
    (part,) = channel.render(Notice("job", "telegram:-100/42", "help"), CONTEXT)
    assert await sent_in_the_end(channel, part) == 1
    assert "message_thread_id" not in known.messages[-100][0]


async def test_an_answer_goes_into_the_topic_that_asked(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot
) -> None:
    await telegram.pusher().text(-100, "hello", thread=42)
    (part,) = channel.render(Notice("job", "telegram:-100/42", "help"), CONTEXT)
    assert isinstance(await channel.send(part), Sent)
    assert known.messages[-100][0]["message_thread_id"] == 42


async def test_a_link_that_telegram_does_not_like_costs_its_button_only(
    channel: TelegramChannel, known: Bot, pictures: list[str]
) -> None:
    reply = found(pictures, 1)
    reply = dataclasses.replace(reply, hits=(dataclasses.replace(reply.hits[0], link="http://localhost/1"),))
    assert await sent_in_the_end(channel, channel.render(reply, CONTEXT)[0]) == 1
    assert [row[0]["text"] for row in known.messages[7001][0]["reply_markup"]["inline_keyboard"]] == [
        "More like this",
        "Next",
    ]


async def test_progress_is_one_message_that_changes(channel: TelegramChannel, known: Bot) -> None:
    for text in ("1 of 3", "2 of 3", "2 of 3", "3 of 3"):
        (part,) = channel.render(Progress("job", CHAT, text), CONTEXT)
        assert isinstance(await channel.send(part), Sent)
    assert [message["text"] for message in known.messages[7001]] == ["3 of 3"]


async def test_progress_whose_message_was_deleted_is_said_anew(channel: TelegramChannel, known: Bot) -> None:
    await channel.send(channel.render(Progress("job", CHAT, "1 of 3"), CONTEXT)[0])
    known.messages[7001].clear()
    assert await sent_in_the_end(channel, channel.render(Progress("job", CHAT, "2 of 3"), CONTEXT)[0]) == 1
    assert [message["text"] for message in known.messages[7001]] == ["2 of 3"]


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({"status": 429, "retry_after": 7}, Retry("too many requests", 7000)),
        ({"status": 500}, Retry("NetworkError")),
        ({"kind": "html", "status": 502}, Retry("NetworkError")),
        ({"kind": "broken"}, Unknown("invalid server response")),
        ({"kind": "cut"}, Unknown("broken off")),
        ({"status": 403}, Gone("Forbidden")),
        ({"status": 400, "description": "Bad Request: chat not found"}, Gone("chat not found")),
        ({"status": 400, "description": "Bad Request: something quite new"}, Drop("BadRequest")),
    ],
)
async def test_what_telegram_says_becomes_what_we_do(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, how: dict[str, object], outcome: object
) -> None:
    telegram.fail("sendMessage", **how)
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    assert await channel.send(part) == outcome


async def test_a_revoked_token_is_an_alarm(channel: TelegramChannel, telegram: TelegramServer, known: Bot) -> None:
    telegram.bots.clear()
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    outcome = await channel.send(part)
    assert isinstance(outcome, Alarm)
    assert known.token not in outcome.reason


async def test_a_group_that_became_a_supergroup_is_followed(channel: TelegramChannel, known: Bot) -> None:
    known.migrated[-5] = -1005
    (part,) = channel.render(Notice("job", "telegram:-5", "help"), CONTEXT)
    assert await channel.send(part) == Rekey("telegram:-1005")


async def test_an_answer_that_never_comes_is_unknown(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "READ_S", 0.2)
    hurried = TelegramChannel(channel._settings, channel._redis, channel._keys)
    await hurried.start()
    fault = telegram.fail("sendMessage", kind="hang")
    (part,) = hurried.render(Notice("job", CHAT, "help"), CONTEXT)
    assert isinstance(await hurried.send(part), Unknown)
    assert len(known.messages[7001]) == 1
    fault.release.set()
    await hurried.close()


async def test_nobody_listening_means_not_sent(
    redis: Redis, keys: Keys, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    nowhere = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    settings = Settings(data_dir=tmp_path, telegram_token="1:" + "a" * 35, telegram_api=nowhere, _env_file=None)
    channel = TelegramChannel(settings, redis, keys)
    await channel.start()
    (part,) = channel.render(Notice("job", CHAT, "help"), CONTEXT)
    assert isinstance(await channel.send(part), Retry)
    await channel.close()


async def test_a_tap_is_acknowledged(channel: TelegramChannel, telegram: TelegramServer, known: Bot) -> None:
    known.callbacks["77"] = float("inf")
    await channel.acknowledge(Button("token", "77"))
    assert known.answered == ["77"]


async def test_our_name_is_learnt_and_our_commands_told_at_the_start(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot
) -> None:
    await telegram.wait_for(lambda: bool(telegram.calls_of("getMe")))
    assert channel._introducing is not None
    await channel._introducing
    assert channel.me.username == "shelf_bot"
    assert set(known.commands) == {"", "de", "es", "uk", "hr", "sr"}
    assert known.commands[""] == ["help", "language", "forget", "privacy"]


async def test_the_token_is_in_no_log_line(
    channel: TelegramChannel, telegram: TelegramServer, known: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for how in ({"status": 500}, {"kind": "html", "status": 502}, {"kind": "broken"}, {"kind": "cut"}):
        telegram.fail("sendMessage", **how)
        await channel.send(channel.render(Notice("job", CHAT, "help"), CONTEXT)[0])
    telegram.bots.clear()
    await channel.send(channel.render(Notice("job", CHAT, "help"), CONTEXT)[0])
    assert known.token not in caplog.text
