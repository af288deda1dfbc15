"""The stand-in refuses what the real Bot API refuses; a channel that passes here means something."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_checks import jpeg

Json = dict[str, Any]
CHAT = 7


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


class Caller:
    """Calls as any client would, without the library."""

    def __init__(self, telegram: TelegramServer, bot: Bot, session: aiohttp.ClientSession) -> None:
        self.telegram, self.bot, self.session = telegram, bot, session

    async def __call__(self, method: str, *, token: str | None = None, **params: Any) -> tuple[int, Json]:
        url = f"{self.telegram.url}/bot{token or self.bot.token}/{method}"
        async with self.session.post(url, json=params) as answer:
            return answer.status, await answer.json()

    async def upload(self, method: str, files: dict[str, bytes], **params: Any) -> tuple[int, Json]:
        form = aiohttp.FormData({name: str(value) for name, value in params.items()})
        for name, data in files.items():
            form.add_field(name, io.BytesIO(data), filename="x.jpg", content_type="image/jpeg")
        async with self.session.post(f"{self.telegram.url}/bot{self.bot.token}/{method}", data=form) as answer:
            return answer.status, await answer.json()


@pytest.fixture
def call(telegram: TelegramServer, bot: Bot, session: aiohttp.ClientSession) -> Caller:
    bot.known.add(CHAT)
    bot.rates.strict = False
    return Caller(telegram, bot, session)


def keyboard(**button: Any) -> Json:
    return {"inline_keyboard": [[{"text": "x"} | button]]}


REFUSED: list[tuple[str, Json, int, str]] = [
    ("sendMessage", {"chat_id": CHAT, "text": ""}, 400, "text is empty"),
    ("sendMessage", {"chat_id": CHAT, "text": "x" * 4097}, 400, "message is too long"),
    ("sendMessage", {"chat_id": CHAT, "text": "👟" * 2049}, 400, "message is too long"),
    ("sendMessage", {"chat_id": 99, "text": "x"}, 400, "chat not found"),
    ("sendMessage", {"text": "x"}, 400, "chat_id is empty"),
    ("sendMessage", {"chat_id": CHAT, "text": "x", "message_thread_id": 5}, 400, "message thread not found"),
    (
        "sendMessage",
        {"chat_id": CHAT, "text": "x", "reply_markup": keyboard(callback_data="x" * 65)},
        400,
        "BUTTON_DATA",
    ),
    (
        "sendMessage",
        {"chat_id": CHAT, "text": "x", "reply_markup": keyboard(callback_data="é" * 33)},
        400,
        "BUTTON_DATA",
    ),
    ("sendMessage", {"chat_id": CHAT, "text": "x", "reply_markup": keyboard()}, 400, "inline keyboard button"),
    ("sendMessage", {"chat_id": CHAT, "text": "x", "reply_markup": keyboard(url="http://localhost/")}, 400, "URL"),
    ("sendMessage", {"chat_id": CHAT, "text": "x", "reply_markup": "{"}, 400, "can't parse"),
    (
        "sendMessage",
        {"chat_id": CHAT, "text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
        400,
        "ENTITY_BOUNDS",
    ),
    ("sendPhoto", {"chat_id": CHAT, "photo": "AgACunknown"}, 400, "wrong remote file identifier"),
    ("sendMediaGroup", {"chat_id": CHAT, "media": []}, 400, "2 to 10"),
    ("sendMediaGroup", {"chat_id": CHAT, "media": [{"type": "photo", "media": "x"}] * 11}, 400, "2 to 10"),
    ("sendMediaGroup", {"chat_id": CHAT, "media": [{"type": "photo", "media": "x"}] * 2}, 400, "send message #1"),
    (
        "sendMediaGroup",
        {"chat_id": CHAT, "media": [], "reply_markup": keyboard(callback_data="x")},
        400,
        "reply_markup",
    ),
    ("editMessageText", {"chat_id": CHAT, "message_id": 1, "text": "x"}, 400, "message to edit not found"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, 400, "query is too old"),
    ("getFile", {"file_id": "x"}, 400, "wrong file_id"),
    ("setWebhook", {"url": "http://x", "secret_token": "not allowed!"}, 400, "unallowed"),
    ("fly", {}, 404, "Not Found"),
]


@pytest.mark.parametrize(("method", "params", "status", "text"), REFUSED)
async def test_it_refuses(call: Caller, method: str, params: Json, status: int, text: str) -> None:
    answered, body = await call(method, **params)
    assert (answered, body["ok"], body["error_code"]) == (status, False, status)
    assert text in body["description"]


@pytest.mark.parametrize(("token", "status"), [("1:short", 404), ("nonsense", 404), ("123456:" + "a" * 35, 401)])
async def test_a_token_is_malformed_or_unknown(call: Caller, token: str, status: int) -> None:
    assert (await call("getMe", token=token))[0] == status


async def test_methods_are_read_in_any_case_and_from_a_query_too(
    call: Caller, telegram: TelegramServer, session: aiohttp.ClientSession
) -> None:
    assert (await call("GETME"))[0] == 200
    url = f"{telegram.url}/bot{call.bot.token}/sendmessage?chat_id={CHAT}&text=hello"
    async with session.get(url) as answer:
        assert (await answer.json())["result"]["text"] == "hello"


@pytest.mark.parametrize(
    ("data", "status", "text"),
    [
        (jpeg(64, 64), 200, ""),
        (b"GIF89a no photo", 400, "IMAGE_PROCESS_FAILED"),
        (b"", 400, "non-empty"),
        (jpeg(9000, 1001), 400, "PHOTO_INVALID_DIMENSIONS"),
        (jpeg(2100, 100), 400, "PHOTO_INVALID_DIMENSIONS"),
        (jpeg(64, 64) + bytes(10 * 1024 * 1024), 413, "Too Large"),
    ],
    ids=["a photo", "no photo", "empty", "too many pixels", "too long", "too large"],
)
async def test_a_photo_must_be_one(call: Caller, data: bytes, status: int, text: str) -> None:
    answered, body = await call.upload("sendPhoto", {"photo": data}, chat_id=CHAT)
    assert answered == status
    assert text in body.get("description", "")


async def test_one_bad_item_fails_the_whole_album(call: Caller) -> None:
    media = json.dumps([{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b"}])
    files = {"a": jpeg(64, 64), "b": b"no photo"}
    status, body = await call.upload("sendMediaGroup", files, chat_id=CHAT, media=media)
    assert status == 400
    assert "Failed to send message #2" in body["description"]
    assert not call.bot.messages[CHAT]


async def test_polling_is_refused_while_a_webhook_is_set(call: Caller) -> None:
    await call("setWebhook", url="http://127.0.0.1:1/x")
    assert (await call("getUpdates"))[0] == 409
    await call("deleteWebhook")
    assert (await call("getUpdates"))[0] == 200


async def test_rates_are_strict_and_say_when_to_come_again(call: Caller) -> None:
    call.bot.rates.strict = True
    statuses = [(await call("sendMessage", chat_id=CHAT, text="x"))[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    _, body = await call("sendMessage", chat_id=CHAT, text="x")
    assert body["parameters"] == {"retry_after": 1}


async def test_over_all_chats_thirty_pass_in_a_second(call: Caller) -> None:
    call.bot.rates.strict = True
    call.bot.known |= set(range(100, 140))
    statuses = [(await call("sendMessage", chat_id=chat, text="x"))[0] for chat in range(100, 140)]
    assert statuses[:30] == [200] * 30
    assert 429 in statuses


async def test_a_second_poller_ends_the_first(call: Caller, telegram: TelegramServer) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=30))
    await telegram.wait_for(lambda: len(telegram.calls_of("getUpdates")) == 1)
    second = asyncio.create_task(call("getUpdates", timeout=30))
    assert (await first)[0] == 409
    await telegram.pusher().text(CHAT, "hello")
    assert (await second)[1]["result"][0]["message"]["text"] == "hello"
