"""The way to the Bot API: what was sent and answered, and of what went wrong whether it may have arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from telegram import Bot, InputMediaPhoto
from telegram.error import NetworkError, TelegramError, TimedOut

from bots.telegram.errors import Kind, classify
from bots.telegram.request import AiohttpRequest, session
from snapshelf.processes import free_port
from tests.standins.shop import jpeg, picture
from tests.standins.telegram import TelegramServer

TOKEN = "123456:" + "a" * 35


@asynccontextmanager
async def bot_at(url: str, *, connections: int = 4, token: str = TOKEN, **seconds: float) -> AsyncIterator[Bot]:
    wanted = {"connect_s": 5.0, "read_s": 5.0, "write_s": 5.0, "upload_s": 5.0} | seconds
    request, other = (AiohttpRequest(connections=connections, **wanted) for _ in range(2))
    bot = Bot(token, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot", request=request, get_updates_request=other)
    await request.initialize()
    try:
        yield bot
    finally:
        await request.shutdown()


@asynccontextmanager
async def answering(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def test_words_and_pictures_arrive_as_they_were_given() -> None:
    photos = [jpeg(picture(number)) for number in range(2)]
    async with TelegramServer() as telegram:
        known = telegram.add_bot()
        known.known.add(7)
        async with bot_at(telegram.url, token=known.token) as bot:
            said = await bot.send_message(7, "Ærø & Ö=1 + 2 %41 🙂")
            album = await bot.send_media_group(7, [InputMediaPhoto(photo, "one") for photo in photos])
    assert said.text == "Ærø & Ö=1 + 2 %41 🙂"
    assert [telegram.files[message.photo[-1].file_id] for message in album] == photos
    assert [message.caption for message in album] == ["one", "one"]


async def test_a_connection_that_was_never_made_sent_nothing() -> None:
    async with bot_at(f"http://127.0.0.1:{free_port('127.0.0.1', 0)}") as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(7, "hello")
    assert classify(caught.value).kind is Kind.LATER
    assert TOKEN not in str(caught.value)


async def test_waiting_in_vain_for_a_free_connection_sent_nothing() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        entered.set()
        await release.wait()
        return web.json_response({"ok": True, "result": True})

    async with answering(slow) as url, bot_at(url, connections=1, connect_s=0.2) as bot:
        first = asyncio.create_task(bot.send_chat_action(7, "typing"))
        await entered.wait()
        with pytest.raises(TelegramError) as caught:
            await bot.send_chat_action(8, "typing")
        release.set()
        assert await first
    assert classify(caught.value).kind is Kind.LATER


async def test_an_answer_that_does_not_come_leaves_it_unknown() -> None:
    release = asyncio.Event()

    async def hanging(request: web.Request) -> web.Response:
        await request.read()
        await release.wait()
        return web.Response()

    async with answering(hanging) as url, bot_at(url, read_s=0.1, write_s=0.1) as bot:
        with pytest.raises(TimedOut) as caught:
            await bot.send_message(7, "hello")
        release.set()
    assert classify(caught.value).kind is Kind.UNKNOWN


async def test_a_connection_that_breaks_leaves_it_unknown() -> None:
    async def cutting(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with answering(cutting) as url, bot_at(url) as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(7, "hello")
    assert classify(caught.value).kind is Kind.UNKNOWN
    assert TOKEN not in str(caught.value)


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/elsewhere")

    async with answering(elsewhere) as url, bot_at(url) as bot:
        with pytest.raises(NetworkError):
            await bot.send_message(7, "hello")


@pytest.mark.parametrize(("name", "asked"), [("HTTPS_PROXY", True), ("SOMETHING_ELSE", False)])
async def test_proxies_of_the_environment_are_asked_for_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch, name: str, asked: bool
) -> None:
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.upper(), raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:3128")
    client = session(1)
    assert client.trust_env is asked
    await client.close()
