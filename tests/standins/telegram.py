"""A stand-in for Telegram's Bot API on loopback: enforces what is documented, refuses what the real one refuses.

    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        settings = Settings(telegram_token=bot.token, telegram_api=telegram.url, ...)
        await telegram.pusher().photo(7, jpeg())      # a shopper sends a photo
        telegram.fail("sendPhoto", retry_after=2)     # and Telegram does this
        ... bot.messages[7]                               # what the shopper sees

Limits are strict: what the real server lets pass now and then (its limits are "about") is refused here. Texts of
errors are those of https://github.com/tdlib/telegram-bot-api. Faults stand in `telegram_faults.py`,
the checks of what a bot sends in `telegram_checks.py`, the limits in `telegram_rates.py`, the pushing of updates in
`telegram_updates.py`.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.gone import nobody_listens
from tests.standins.telegram_checks import (
    Json,
    caption_of,
    entities_of,
    is_true,
    markup_of,
    params_of,
    parsed,
    size_of,
    sized,
    sized_or_refused,
    units,
)
from tests.standins.telegram_faults import ApiError, Fault, faulty
from tests.standins.telegram_rates import Rates
from tests.standins.telegram_updates import Pusher

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
FILE_BYTES = 20 << 20
CALLBACK_S = 15.0


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    params: Mapping[str, Any]
    files: Mapping[str, bytes]
    at: float


@dataclass
class Bot:
    """One bot and everything that its users see."""

    token: str
    username: str = "shelf_bot"
    messages: dict[int, list[Json]] = field(default_factory=lambda: defaultdict(list))
    """By chat, as sent; an edit changes them."""
    answered: list[str] = field(default_factory=list)
    """Callback queries that were answered."""
    actions: list[tuple[int, str]] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    threads: set[tuple[int, int]] = field(default_factory=set)
    migrated: dict[int, int] = field(default_factory=dict)
    webhook: Json | None = None
    commands: dict[str, list[str]] = field(default_factory=dict)
    """By language, empty for all others."""
    callbacks: dict[str, float] = field(default_factory=dict)
    """Callback queries by when they were tapped."""
    rates: Rates = field(default_factory=Rates)

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])


class TelegramServer:
    """The server; `fail` and the shopper's side (`photo`, `text`, `tap`, ...) are for tests."""

    def __init__(self, *, local: bool = True) -> None:
        self.local = local
        """As a Bot API server started with --local: a webhook may be http and anywhere."""
        self.bots: dict[str, Bot] = {}
        self.calls: list[Call] = []
        self.called = asyncio.Condition()
        self.faults: list[Fault] = []
        self.files: dict[str, bytes] = {}
        """By file id; a path is `photos/‹file id›.jpg`."""
        self.expired_paths: set[str] = set()
        self.url = ""
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.pushers: dict[str, Pusher] = {}
        self._methods: dict[str, Method] = {
            name.removeprefix("_do_").lower(): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }

    async def __aenter__(self) -> TelegramServer:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for fault in self.faults:
            fault.release.set()
        for pusher in self.pushers.values():
            await pusher.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @asynccontextmanager
    async def gone(self) -> AsyncIterator[None]:
        """Nobody listens and idle connections are closed; what is being answered goes on."""
        assert self._runner is not None
        async with nobody_listens(self._runner):
            yield

    def add_bot(self, username: str = "shelf_bot") -> Bot:
        """A bot with a token of the real shape."""
        bot = Bot(f"{10_000_000 + next(self._ids)}:{secrets.token_urlsafe(26)[:35]}", username)
        self.bots[bot.token] = bot
        self.pushers[bot.token] = Pusher(self, bot)
        return bot

    def pusher(self, bot: Bot | None = None) -> Pusher:
        """The shopper's side of a bot (of the only one, unless named)."""
        return self.pushers[(bot or next(iter(self.bots.values()))).token]

    def fail(self, method: str, **how: Any) -> Fault:
        """The next matching call fails so: see Fault."""
        fault = Fault(method.lower(), **how)
        self.faults.append(fault)
        return fault

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method.lower()]

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        """Returns when this is true after some call came or was answered."""
        async with self.called:
            await self.called.wait_for(happened)

    # --- http -------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        try:
            bot = self._bot(request.match_info["token"])
            answer_with = self._method(method)
            params, files = await params_of(request)
        except ApiError as error:
            return error.response()
        self.calls.append(Call(method, params, files, time.monotonic()))
        await self._tell()
        fault = next((f for f in self.faults if f.takes(method, params)), None)
        answer = await faulty(fault, request, lambda: _answer(answer_with, bot, params, files))
        await self._tell()
        return answer

    async def _tell(self) -> None:
        async with self.called:
            self.called.notify_all()

    def _method(self, name: str) -> Method:
        if name not in self._methods:
            raise ApiError(404, "Not Found")
        return self._methods[name]

    def _bot(self, token: str) -> Bot:
        if not _TOKEN.fullmatch(token):
            raise ApiError(404, "Not Found")
        if token not in self.bots:
            raise ApiError(401, "Unauthorized")
        return self.bots[token]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        try:
            self._bot(request.match_info["token"])
        except ApiError as error:
            return error.response()
        path = request.match_info["path"]
        self.calls.append(Call("file", {"path": path}, {}, time.monotonic()))
        fault = next((f for f in self.faults if f.takes("file", {})), None)

        async def answer() -> web.Response:
            data = self.files.get(path.removeprefix("photos/").removesuffix(".jpg"))
            if data is None or path in self.expired_paths:
                return ApiError(404, "Not Found").response()
            return web.Response(body=data, content_type="application/octet-stream")

        return await faulty(fault, request, answer)

    # --- the bot itself, updates ------------------------------------------------------------------------------

    async def _do_getme(self, bot: Bot, _: Json, __: dict[str, bytes]) -> Json:
        return {
            "id": bot.id,
            "is_bot": True,
            "first_name": "Shelf",
            "username": bot.username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _do_setmycommands(self, bot: Bot, params: Json, _: dict[str, bytes]) -> bool:
        commands = parsed(params.get("commands"), [])
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command["command"])):
                raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(str(command["description"])) <= 256:
                raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        bot.commands[str(params.get("language_code", ""))] = [str(command["command"]) for command in commands]
        return True

    async def _do_setwebhook(self, bot: Bot, params: Json, _: dict[str, bytes]) -> bool:
        url = str(params.get("url", ""))
        if not url:
            return await self._do_deletewebhook(bot, params, _)
        if not self.local and not re.fullmatch(r"https://[^/:]+(:(443|80|88|8443))?(/.*)?", url):
            raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        secret = str(params.get("secret_token", ""))
        if secret and not _SECRET.fullmatch(secret):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        allowed = parsed(params.get("allowed_updates"), [])
        bot.webhook = {"url": url, "secret": secret, "allowed": allowed, "max": int(params.get("max_connections", 40))}
        self.pushers[bot.token].webhook_changed(drop=is_true(params.get("drop_pending_updates")))
        return True

    async def _do_deletewebhook(self, bot: Bot, params: Json, _: dict[str, bytes]) -> bool:
        bot.webhook = None
        self.pushers[bot.token].webhook_changed(drop=is_true(params.get("drop_pending_updates")))
        return True

    async def _do_getwebhookinfo(self, bot: Bot, _: Json, __: dict[str, bytes]) -> Json:
        hook = bot.webhook or {"url": ""}
        waiting = self.pushers[bot.token].pending()
        info = {"url": hook["url"], "has_custom_certificate": False, "pending_update_count": waiting}
        return info | ({"max_connections": hook["max"], "allowed_updates": hook["allowed"]} if bot.webhook else {})

    async def _do_getupdates(self, bot: Bot, params: Json, _: dict[str, bytes]) -> list[Json]:
        if bot.webhook is not None:
            text = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
            raise ApiError(409, text)
        offset = int(params["offset"]) if params.get("offset") is not None else None
        limit, timeout = int(params.get("limit", 100)), min(50.0, float(params.get("timeout", 0)))
        return await self.pushers[bot.token].poll(offset, limit, timeout)

    # --- messages ---------------------------------------------------------------------------------------------

    async def _do_sendmessage(self, bot: Bot, params: Json, _: dict[str, bytes]) -> Json:
        chat = self._chat(bot, params)
        text = str(params.get("text", ""))
        if not text.strip():
            raise ApiError(400, "Bad Request: message text is empty")
        if units(text) > 4096:
            raise ApiError(400, "Bad Request: message is too long")
        return self._store(bot, chat, params, {"text": text} | entities_of(params, "entities", text), weight=1)

    async def _do_sendphoto(self, bot: Bot, params: Json, files: dict[str, bytes]) -> Json:
        chat = self._chat(bot, params)
        photo = self._photo(str(params.get("photo", "")), files, "photo")
        return self._store(bot, chat, params, {"photo": photo} | caption_of(params), weight=1)

    async def _do_sendmediagroup(self, bot: Bot, params: Json, files: dict[str, bytes]) -> list[Json]:
        chat = self._chat(bot, params)
        if params.get("reply_markup"):
            raise ApiError(400, "Bad Request: reply_markup can't be used in an album")
        media = parsed(params.get("media"), None)
        if not isinstance(media, list) or not 2 <= len(media) <= 10:
            raise ApiError(400, "Bad Request: wrong number of items in the album, it must hold 2 to 10")
        contents, album = [], next(self._ids)
        for number, item in enumerate(media, start=1):
            if item.get("type") != "photo":
                raise ApiError(400, f"Bad Request: can't parse InputMedia: type of item {number}")
            try:
                photo = self._photo(str(item.get("media", "")), files, "")
            except ApiError as error:
                inner = error.description.removeprefix("Bad Request: ")
                text = f'Bad Request: Failed to send message #{number} with the error message "{inner}"'
                raise ApiError(400, text) from None
            contents.append({"photo": photo, "media_group_id": str(album)} | caption_of(item))
        bot.rates.take(chat, len(contents))
        return [self._store(bot, chat, params, content, weight=0) for content in contents]

    async def _do_editmessagetext(self, bot: Bot, params: Json, _: dict[str, bytes]) -> Json:
        chat = self._chat(bot, params)
        wanted = int(params.get("message_id", 0))
        message = next((m for m in bot.messages[chat] if m["message_id"] == wanted), None)
        if message is None:
            raise ApiError(400, "Bad Request: message to edit not found")
        if message.get("text") == params.get("text"):
            text = "Bad Request: message is not modified: specified new message content and reply markup are exactly "
            raise ApiError(400, text + "the same as a current content and reply markup of the message")
        if units(str(params.get("text"))) > 4096:
            raise ApiError(400, "Bad Request: message is too long")
        bot.rates.take(chat, 1)
        message["text"] = params["text"]
        return message

    async def _do_sendchataction(self, bot: Bot, params: Json, _: dict[str, bytes]) -> bool:
        bot.actions.append((self._chat(bot, params), str(params.get("action"))))
        return True

    async def _do_answercallbackquery(self, bot: Bot, params: Json, _: dict[str, bytes]) -> bool:
        query = str(params.get("callback_query_id"))
        tapped = bot.callbacks.get(query)
        if tapped is None or time.monotonic() - tapped > CALLBACK_S:
            text = "Bad Request: query is too old and response timeout expired or query ID is invalid"
            raise ApiError(400, text)
        if len(str(params.get("text", ""))) > 200:
            raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        bot.answered.append(query)
        return True

    async def _do_getfile(self, _: Bot, params: Json, __: dict[str, bytes]) -> Json:
        file_id = str(params.get("file_id"))
        data = self.files.get(file_id)
        if data is None:
            raise ApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(data) > FILE_BYTES:
            raise ApiError(400, "Bad Request: file is too big")
        path = f"photos/{file_id}.jpg"
        return {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(data), "file_path": path}

    # --- what they have in common -----------------------------------------------------------------------------

    def _chat(self, bot: Bot, params: Json) -> int:
        """The chat that may be written to; checks what can be wrong with it."""
        try:
            chat = int(params["chat_id"])
        except (KeyError, ValueError):
            raise ApiError(400, "Bad Request: chat_id is empty") from None
        if chat in bot.migrated:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, text, {"migrate_to_chat_id": bot.migrated[chat]})
        if chat not in bot.known:
            raise ApiError(400, "Bad Request: chat not found")
        if chat in bot.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        thread = params.get("message_thread_id")
        if thread is not None and (chat, int(thread)) not in bot.threads:
            raise ApiError(400, "Bad Request: message thread not found")
        return chat

    def _photo(self, given: str, files: dict[str, bytes], name: str) -> list[Json]:
        if given.startswith("attach://") or (not given and name in files) or given in files:
            data = files.get(given.removeprefix("attach://")) or files.get(name) or b""
            width, height = sized_or_refused(data)
            return self.keep(data, width, height)
        if given not in self.files:
            raise ApiError(400, "Bad Request: wrong remote file identifier specified: Wrong string length")
        return [size_of(given, *sized(self.files[given]))]

    def keep(self, data: bytes, width: int, height: int) -> list[Json]:
        """A picture that was uploaded, under a new file id."""
        file_id = f"AgACAgIAAxkB{secrets.token_urlsafe(24)}"
        self.files[file_id] = data
        return [size_of(file_id, width, height)]

    def _store(self, bot: Bot, chat: int, params: Json, content: Json, *, weight: int) -> Json:
        content |= markup_of(params)
        if weight:
            bot.rates.take(chat, weight)
        message: Json = {
            "message_id": next(self._ids),
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": {"id": bot.id, "is_bot": True, "first_name": "Shelf"},
        } | content
        if params.get("message_thread_id"):
            message |= {"message_thread_id": int(params["message_thread_id"]), "is_topic_message": True}
        bot.messages[chat].append(message)
        return message


Method = Callable[[Bot, Json, dict[str, bytes]], Awaitable[Any]]


async def _answer(method: Method, bot: Bot, params: Json, files: dict[str, bytes]) -> web.Response:
    try:
        result = await method(bot, params, files)
    except ApiError as error:
        return error.response()
    return web.json_response({"ok": True, "result": result})
