"""Telegram as a channel."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Message, MessageEntity
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bots.catalogues import LANGUAGES
from bots.channel import (
    FORBIDDEN,
    Alarm,
    Gone,
    Outcome,
    Part,
    Received,
    Rekey,
    RenderContext,
    Retry,
    Sent,
    Unknown,
)
from bots.telegram import render
from bots.telegram.api import BotApi
from bots.telegram.degrade import instead_of
from bots.telegram.errors import Kind, Verdict, classify
from bots.telegram.updates import NAME, Me, Unreadable, chat_of, read_body, split_chat
from bots.texts import label
from core import picturestore
from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import PART_S, Keys
from core.limits import Bucket, Limit, Window
from core.marks import keep
from core.messages import Button, Notice, Progress, Reply
from core.settings import Settings
from core.telemetry import get_logger

log = get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
FILE_ID_S = 90 * 24 * 3600
"""A file id works for ever, but a picture that nobody was shown for so long may as well be uploaded again."""
QUICK_S = 5.0
"""For what only decorates: typing, acknowledging."""
INTRODUCE_AGAIN_S = 30.0
COMMANDS = ("help", "language", "forget", "privacy")

# https://core.telegram.org/bots/faq#broadcasting-to-users: about 30 messages a second over all, 1 a second in a chat
# (short bursts pass), 20 a minute in a group.
OVERALL, OVERALL_S = 30, 1.0
CHAT_BURST, CHAT_PER_S = 3, 1.0
GROUP, GROUP_S = 20, 60.0


class TelegramChannel:
    """See bots.channel.Channel. `settings.telegram_token` must be set."""

    name = NAME
    shows_typing = True
    groups_photos = True

    def __init__(self, settings: Settings, redis: Redis, keys: Keys) -> None:
        self._settings, self._keys = settings, keys
        # redis-py's types describe decoded and raw answers at once; ours are always bytes
        self._redis: Any = redis
        self._secret = settings.telegram_secret.get_secret_value().encode()
        self.api = BotApi(settings)
        self.me = Me(self.api.bot_id)
        self._introducing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open connections, and learn the bot's name beside that."""
        await self.api.open()
        self._introducing = asyncio.create_task(self._introduce())

    async def close(self) -> None:
        if self._introducing is not None:
            self._introducing.cancel()
            await asyncio.gather(self._introducing, return_exceptions=True)
        await self.api.close()

    async def _introduce(self) -> None:
        """Learn our name and tell our commands; the name is needed in groups only, so the start does not wait."""
        while True:
            try:
                user = await self.api.bot.get_me()
                self.me = Me(self.api.bot_id, user.username or "")
                await self._tell_commands()
            except TelegramError as error:
                verdict = classify(error)
                if verdict.kind is Kind.REVOKED:
                    log.error("Telegram refuses the token: ask @BotFather for a new one and set TELEGRAM_TOKEN.")
                else:
                    log.info("Telegram does not answer yet", reason=verdict.reason)
                await asyncio.sleep(INTRODUCE_AGAIN_S)
            else:
                return

    async def _tell_commands(self) -> None:
        """What the app offers behind `/`, in each language; English is for all others."""
        for language in LANGUAGES:
            told = [BotCommand(name, label(f"command_{name}", language)) for name in COMMANDS]
            await self.api.bot.set_my_commands(told, language_code=None if language == "en" else language)

    # --- in ---------------------------------------------------------------------------------------------------

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        """A webhook's request. Without a secret of our own none is accepted."""
        given = {name.lower(): value for name, value in headers.items()}
        sent = given.get(SECRET_HEADER.lower(), "").encode("utf-8", "surrogateescape")
        if not self._secret or not hmac.compare_digest(sent, self._secret):
            return FORBIDDEN
        if given.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return FORBIDDEN
        try:
            update = read_body(body, self.me, _now_ms())
        except Unreadable as error:
            log.warning("an update cannot be read and is kept for a day", reason=str(error))
            return Received(dead=body)
        return Received() if update is None else Received((update,))

    async def fetch(self, media: str) -> bytes:
        """`media` is a file id."""
        return await self.api.download(media)

    # --- out --------------------------------------------------------------------------------------------------

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        return render.render(outgoing, context)

    def limits(self, part: Part) -> list[Limit]:
        """An album counts once in its chat, and with each picture over all."""
        chat_id, _ = split_chat(part.chat)
        bot = f"{NAME}:{self.api.bot_id}"
        limits: list[Limit] = [
            Window(f"{bot}:all", OVERALL, OVERALL_S, part.weight),
            Bucket(f"{bot}:chat:{chat_id}", CHAT_BURST, CHAT_PER_S),
        ]
        if chat_id < 0:  # groups, supergroups and channels
            limits.append(Window(f"{bot}:group:{chat_id}", GROUP, GROUP_S))
        return limits

    async def send(self, part: Part) -> Outcome:
        try:
            return await self._send(part)
        except TelegramError as error:
            verdict = classify(error)
        except (KeyError, TypeError, AttributeError) as error:
            # Telegram said 200 with something in it that the library does not understand
            verdict = Verdict(Kind.UNKNOWN, f"an answer that cannot be read ({type(error).__name__})")
        return await self._outcome(part, verdict)

    async def _send(self, part: Part) -> Outcome:
        match part.kind:
            case "photo" | "album":
                return await self._send_pictures(part)
            case "progress":
                return await self._send_progress(part)
            case _:
                return _sent([await self._send_text(part)])

    async def _send_text(self, part: Part) -> Message:
        payload = part.payload
        return await self.api.bot.send_message(
            **_address(part),
            text=payload["text"],
            entities=_entities(payload),
            reply_markup=_markup(payload),
            disable_web_page_preview=True,
        )

    async def _send_pictures(self, part: Part) -> Outcome:
        items: Sequence[Mapping[str, Any]] = part.payload["items"]
        known = {} if part.payload.get("fresh") else await self._file_ids([item["picture"] for item in items])
        pictures = {item["picture"]: known.get(item["picture"]) or await self._read(item["picture"]) for item in items}
        there = [item for item in items if pictures[item["picture"]] is not None]
        if len(there) < len(items):
            log.warning("product pictures are missing from the picture store", missing=len(items) - len(there))
            return instead_of(part, Verdict(Kind.PICTURES, "picture missing"), keep=there)
        if len(there) == 1:
            messages = [await self._send_photo(part, there[0], pictures[there[0]["picture"]])]
        else:
            media = [
                InputMediaPhoto(pictures[item["picture"]] or b"", item["text"], caption_entities=_entities(item))
                for item in there
            ]
            messages = list(await self.api.bot.send_media_group(**_address(part), media=media))
        await self._remember([item["picture"] for item in there], messages, known)
        return _sent(messages)

    async def _send_photo(self, part: Part, item: Mapping[str, Any], picture: str | bytes | None) -> Message:
        return await self.api.bot.send_photo(
            **_address(part),
            photo=picture or b"",
            caption=item["text"],
            caption_entities=_entities(item),
            reply_markup=_markup(part.payload),
        )

    async def _send_progress(self, part: Part) -> Outcome:
        """One message per job, edited while it runs."""
        key = self._keys.sent(f"{NAME}-progress:{part.job}")
        with redis_errors():
            shown = await self._redis.get(key)
        if shown is not None and not part.payload.get("anew"):
            chat_id, _ = split_chat(part.chat)
            await self.api.bot.edit_message_text(part.payload["text"], chat_id=chat_id, message_id=int(shown))
            return Sent()
        message = await self._send_text(part)
        await keep(self._redis, (key, str(message.message_id), PART_S))
        return Sent()

    # --- product pictures -------------------------------------------------------------------------------------

    async def _file_ids(self, pictures: Sequence[str]) -> dict[str, str]:
        keys = [self._keys.file_id(self.api.bot_id, picture) for picture in pictures]
        with redis_errors():
            found = await self._redis.mget(keys)
        return {picture: value.decode() for picture, value in zip(pictures, found, strict=True) if value is not None}

    async def _read(self, picture: str) -> bytes | None:
        try:
            path = picturestore.path_of(self._settings.pictures_dir, picture)
            return await asyncio.to_thread(path.read_bytes)
        except (OSError, ValueError):
            return None

    async def _remember(self, pictures: Sequence[str], messages: Sequence[Message], known: Mapping[str, str]) -> None:
        """So that each picture is uploaded once. The message is out: failing to is no reason to send it again."""
        fresh = [
            (self._keys.file_id(self.api.bot_id, picture), message.photo[-1].file_id)
            for picture, message in zip(pictures, messages, strict=False)
            if message.photo and picture not in known
        ]
        if not fresh:
            return
        try:
            with redis_errors():
                async with self._redis.pipeline(transaction=False) as pipe:
                    for key, file_id in fresh:
                        pipe.set(key, file_id, ex=FILE_ID_S)
                    await pipe.execute()
        except Unavailable as error:
            log.info("file ids were not kept", reason=str(error))

    async def _forget(self, pictures: Sequence[str]) -> None:
        with redis_errors():
            await self._redis.delete(*(self._keys.file_id(self.api.bot_id, picture) for picture in pictures))

    # --- what an error means ----------------------------------------------------------------------------------

    async def _outcome(self, part: Part, verdict: Verdict) -> Outcome:  # noqa: PLR0911 - a table, one line a kind
        if verdict.kind in (Kind.FILE, Kind.ITEM) and not part.payload.get("fresh"):
            await self._forget([item["picture"] for item in part.payload.get("items", ())])
        match verdict:
            case Verdict(kind=Kind.WAIT, after_ms=after_ms):
                return Retry(verdict.reason, after_ms or 1000)
            case Verdict(kind=Kind.MIGRATED, chat_id=int() as chat_id):
                return Rekey(chat_of(chat_id))
            case Verdict(kind=Kind.LATER):
                return Retry(verdict.reason)
            case Verdict(kind=Kind.UNKNOWN):
                return Unknown(verdict.reason)
            case Verdict(kind=Kind.GONE):
                return Gone(verdict.reason)
            case Verdict(kind=Kind.DONE | Kind.LATE):
                return Sent()
            case Verdict(kind=Kind.REVOKED):
                return Alarm("Telegram refuses the token: ask @BotFather for a new one and set TELEGRAM_TOKEN.")
            case Verdict(kind=Kind.CONFLICT):
                return Alarm("Telegram says that another program uses this token: stop it.")
            case _:
                return instead_of(part, verdict)

    # --- decoration -------------------------------------------------------------------------------------------

    async def typing(self, chat: str) -> None:
        """Shown for 5 s."""
        chat_id, thread = split_chat(chat)
        try:
            await self.api.bot.send_chat_action(
                chat_id, ChatAction.TYPING, message_thread_id=thread, read_timeout=QUICK_S, connect_timeout=QUICK_S
            )
        except TelegramError as error:
            log.info("no typing signal", reason=classify(error).reason)

    async def acknowledge(self, button: Button) -> None:
        """Ends the spinning of the button."""
        if button.callback is None:
            return
        try:
            await self.api.bot.answer_callback_query(button.callback, read_timeout=QUICK_S, connect_timeout=QUICK_S)
        except TelegramError as error:
            log.info("a tap was not acknowledged", reason=classify(error).reason)


def _sent(messages: Sequence[Message]) -> Sent:
    """Telegram never comes back to a message, so one id is enough to find the part by."""
    return Sent((f"{NAME}:{messages[0].chat_id}:{messages[0].message_id}",) if messages else ())


def _address(part: Part) -> dict[str, Any]:
    chat_id, thread = split_chat(part.chat)
    return {"chat_id": chat_id, "message_thread_id": None if part.payload.get("no_thread") else thread}


def _entities(payload: Mapping[str, Any]) -> list[MessageEntity] | None:
    if payload.get("plain"):
        return None
    return [MessageEntity(place["type"], place["offset"], place["length"]) for place in payload.get("entities", ())]


def _markup(payload: Mapping[str, Any]) -> InlineKeyboardMarkup | None:
    rows = payload.get("keyboard")
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b["text"], callback_data=b.get("callback_data"), url=b.get("url")) for b in row]
            for row in rows
        ]
    )


def _now_ms() -> int:
    return int(time.time() * 1000)
