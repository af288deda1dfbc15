"""What Telegram delivered, in our terms (pure)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Document, Message, MessageEntity, PhotoSize, User
from telegram import Update as TelegramUpdate

from core.messages import Button, Command, Content, Joined, Left, Other, Photo, Text, Update

NAME = "telegram"
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
"""Edits are not asked for: an edited caption would be searched twice."""
WISHED_SIDE_PX = 800
"""Telegram keeps a photo at about 90, 320, 800 and 1280 px; more than 800 costs time and finds nothing more."""
_PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")
_AWAY = ("left", "kicked")
_OTHER_KINDS = (
    "sticker",
    "voice",
    "video",
    "video_note",
    "animation",
    "audio",
    "location",
    "venue",
    "contact",
    "poll",
    "dice",
    "story",
    "document",
)


class Unreadable(ValueError):
    """A body that is no update; the text never quotes it."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself: its id stands in the token, its name only `getMe` knows (empty: not asked yet)."""

    id: str
    username: str = ""


def chat_of(chat_id: int, thread: int | None = None) -> str:
    """`telegram:‹chat›` or `telegram:‹chat›/‹thread›`."""
    return f"{NAME}:{chat_id}" + (f"/{thread}" if thread is not None else "")


def split_chat(chat: str) -> tuple[int, int | None]:
    """The chat's and the topic's id of a `telegram:` chat."""
    chat_id, _, thread = chat.partition(":")[2].partition("/")
    return int(chat_id), int(thread) if thread else None


def read_body(body: bytes, me: Me, now_ms: int) -> Update | None:
    """The update in a webhook's body; None when it asks nothing of us. Raises Unreadable."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    return read_update(raw, me, now_ms)


def read_update(raw: Any, me: Me, now_ms: int) -> Update | None:
    """One update as Telegram wrote it; None when it asks nothing of us (an edit, a service message). Raises Unreadable.

    python-telegram-bot raises whatever comes (KeyError, TypeError, AttributeError ...) on an update it does not
    understand, and such an update must be answered 200: Telegram would repeat it for a day.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        raise Unreadable("the body is no update")
    try:
        update = TelegramUpdate.de_json(raw, None)
        return _read(update, me, now_ms)
    except Exception as error:
        raise Unreadable(f"the update cannot be read ({type(error).__name__})") from None


def _read(update: TelegramUpdate, me: Me, now_ms: int) -> Update | None:
    if update.callback_query is not None:
        found = _tap(update.callback_query)
    elif update.my_chat_member is not None:
        found = _membership(update.my_chat_member)
    elif update.message is not None:
        found = _message(update.message, me)
    else:
        return None
    if found is None:
        return None
    chat, user, content = found
    split_chat(chat)  # an id that is no number cannot be answered
    return Update(
        channel=NAME,
        update_id=f"{me.id}:{update.update_id}",
        chat=chat,
        user=f"{NAME}:{user.id}" if user is not None else chat,
        content=content,
        at=now_ms,
        language=(user.language_code if user is not None else None) or "en",
    )


_Found = tuple[str, User | None, Content]


def _tap(query: CallbackQuery) -> _Found | None:
    message = query.message
    if message is None:  # a button of an inline message: never ours
        return None
    thread = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return chat_of(message.chat.id, thread), query.from_user, Button(token=query.data or "", callback=query.id)


def _membership(change: ChatMemberUpdated) -> _Found | None:
    was, is_now = change.old_chat_member.status, change.new_chat_member.status
    chat = chat_of(change.chat.id)
    if is_now in _AWAY and was not in _AWAY:
        return chat, change.from_user, Left()
    if was in _AWAY and is_now not in _AWAY:
        return chat, change.from_user, Joined()
    return None


def _message(message: Message, me: Me) -> _Found | None:
    sender = message.from_user
    if sender is not None and sender.is_bot and message.sender_chat is None:
        return None  # another bot; an anonymous admin comes with the chat as sender
    content = _content(message, me)
    if content is None:
        return None
    thread = message.message_thread_id if message.is_topic_message else None
    return chat_of(message.chat.id, thread), sender, content


def _content(message: Message, me: Me) -> Content | None:
    media = _picture(message)
    if media is not None:
        return _photo(message, media, me)
    if message.text:
        return _words(message, message.text, me)
    if _in_group(message):
        return None  # people talk to each other there
    kind = next((name for name in _OTHER_KINDS if getattr(message, name, None)), None)
    return Other(what=kind) if kind is not None else None


def _picture(message: Message) -> str | None:
    """The file id of the picture in a message."""
    if message.photo:
        return nearest_size(message.photo).file_id
    if message.document is not None and message.animation is None and _is_picture(message.document):
        return message.document.file_id
    return None


def _photo(message: Message, media: str, me: Me) -> Photo | None:
    """In a group only what is for us: of an album the mention stands under one photo, so that one is searched."""
    caption = message.caption
    if _in_group(message):
        addressed = _words_to_us(message, caption or "", me)
        if addressed is None:
            return None
        caption = addressed.text or None
    return Photo(media=media, album=message.media_group_id, caption=caption)


def _in_group(message: Message) -> bool:
    return message.chat.type in (Chat.GROUP, Chat.SUPERGROUP)


def _words(message: Message, text: str, me: Me) -> Content | None:
    entities = message.entities
    if entities and entities[0].type == MessageEntity.BOT_COMMAND and entities[0].offset == 0:
        return _command(text, entities[0].length, me)
    if _in_group(message):
        return _words_to_us(message, text, me)
    return Text(text=text)


def _command(text: str, length: int, me: Me) -> Command | None:
    name, _, addressee = text[1:length].partition("@")  # a command is ASCII: UTF-16 units are characters
    if addressee and me.username and addressee.lower() != me.username.lower():
        return None
    return Command(name=name.lower(), argument=text[length:].strip())


def _words_to_us(message: Message, text: str, me: Me) -> Text | None:
    answered = message.reply_to_message
    to_us = answered is not None and answered.from_user is not None and str(answered.from_user.id) == me.id
    mention = f"@{me.username}" if me.username else ""
    if mention and mention.lower() in text.lower():
        at = text.lower().index(mention.lower())
        return Text(text=(text[:at] + text[at + len(mention) :]).strip())
    return Text(text=text) if to_us else None


def nearest_size(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """The smallest size whose longer side has 800 px, else the largest."""
    by_side = sorted(sizes, key=lambda size: max(size.width, size.height))
    return next((size for size in by_side if max(size.width, size.height) >= WISHED_SIDE_PX), by_side[-1])


def _is_picture(document: Document) -> bool:
    mime = (document.mime_type or "").lower()
    if mime.startswith("image/"):
        return mime != "image/svg+xml"
    named_so = (document.file_name or "").lower().endswith(_PICTURE_ENDINGS)
    return named_so and mime in ("", "application/octet-stream")
