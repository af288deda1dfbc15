"""What an error of the Bot API means to us: a table, first matching row wins.

Only `migrate_to_chat_id` and `retry_after` are machine-readable, all else is matched case-insensitively on fragments
of Telegram's texts (server's source: https://github.com/tdlib/telegram-bot-api). Texts of exceptions may hold the
token: nothing but the row's own `reason` leaves this module.
"""

from __future__ import annotations

import datetime
import enum
import re
from dataclasses import dataclass

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)


class Kind(enum.Enum):
    """What we do about it."""

    REVOKED = "revoked"
    """Alarm: the token does not work; nothing can be sent until a person acts."""
    CONFLICT = "conflict"
    """Alarm: another program polls with this token, or a webhook is set."""
    GONE = "gone"
    """The chat cannot be written to any more."""
    MIGRATED = "migrated"
    """The group became a supergroup: send it there."""
    DONE = "done"
    """Telegram says that it already is as we want it."""
    LATE = "late"
    """The tap is too old to be answered; nothing is lost."""
    FILE = "file"
    """A file id that does not work: upload the picture once, else leave it out."""
    ITEM = "item"
    """One picture of an album was refused (`item` says which): send the album without it."""
    PICTURES = "pictures"
    """A picture, or an album for reasons that it does not tell, was refused: one by one, at last in words."""
    NO_PICTURES = "no_pictures"
    """Pictures are not allowed in this chat: say it in words."""
    LINKS = "links"
    """A button's link is not to Telegram's taste: leave such buttons out."""
    THREAD = "thread"
    """The topic is not there: send without it."""
    TARGET = "target"
    """The message to be edited or replied to is not there: send a new one."""
    MARKUP = "markup"
    """Our own mistake in formatting: send plain text."""
    RIGHTS = "rights"
    """Not allowed to write here; the part is dropped."""
    BUG = "bug"
    """Our own mistake that repeating does not mend: drop it and count it."""
    TOO_BIG = "too_big"
    """The shopper's file is larger than a bot may fetch."""
    WAIT = "wait"
    """Too many requests: leave this chat alone for `after_ms`."""
    LATER = "later"
    """Telegram or the way to it has a problem and the message was not taken: try again."""
    UNKNOWN = "unknown"
    """Nobody knows whether it was sent."""


@dataclass(frozen=True, slots=True)
class Row:
    """An error of this class whose text has this fragment means that."""

    error: type[TelegramError]
    fragment: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of it; `reason` is safe to log and to count by."""

    kind: Kind
    reason: str
    after_ms: int | None = None
    chat_id: int | None = None
    item: int | None = None
    """Position in the album, from 0: usually, not surely, the picture that was refused."""


TABLE: tuple[Row, ...] = (
    Row(InvalidToken, "", Kind.REVOKED),
    Row(EndPointNotFound, "", Kind.BUG),
    Row(Conflict, "", Kind.CONFLICT),
    Row(Forbidden, "not enough rights", Kind.RIGHTS),
    Row(Forbidden, "", Kind.GONE),
    # 400, the chat
    Row(BadRequest, "chat not found", Kind.GONE),
    Row(BadRequest, "user not found", Kind.GONE),
    Row(BadRequest, "peer_id_invalid", Kind.GONE),
    Row(BadRequest, "user_is_blocked", Kind.GONE),
    Row(BadRequest, "input_user_deactivated", Kind.GONE),
    Row(BadRequest, "chat_write_forbidden", Kind.GONE),
    Row(BadRequest, "group chat was deactivated", Kind.GONE),
    Row(BadRequest, "message thread not found", Kind.THREAD),
    Row(BadRequest, "topic_deleted", Kind.THREAD),
    Row(BadRequest, "topic_closed", Kind.RIGHTS),
    # 400, harmless
    Row(BadRequest, "message is not modified", Kind.DONE),
    Row(BadRequest, "query is too old", Kind.LATE),
    Row(BadRequest, "query id is invalid", Kind.LATE),
    # 400, pictures
    Row(BadRequest, "not enough rights to send photos", Kind.NO_PICTURES),
    Row(BadRequest, "chat_send_photos_forbidden", Kind.NO_PICTURES),
    Row(BadRequest, "chat_send_media_forbidden", Kind.NO_PICTURES),
    Row(BadRequest, "not enough rights", Kind.RIGHTS),
    Row(BadRequest, "have no rights", Kind.RIGHTS),
    Row(BadRequest, "chat_restricted", Kind.RIGHTS),
    Row(BadRequest, "chat_send_plain_forbidden", Kind.RIGHTS),
    Row(BadRequest, "file is too big", Kind.TOO_BIG),
    Row(BadRequest, "failed to send message #", Kind.ITEM),
    Row(BadRequest, "wrong file_id", Kind.FILE),
    Row(BadRequest, "wrong remote file id", Kind.FILE),
    Row(BadRequest, "wrong file identifier", Kind.FILE),
    Row(BadRequest, "file_reference_", Kind.FILE),
    Row(BadRequest, "group send failed", Kind.PICTURES),
    Row(BadRequest, "photo_", Kind.PICTURES),
    Row(BadRequest, "image_process_failed", Kind.PICTURES),
    Row(BadRequest, "failed to get http url content", Kind.PICTURES),
    Row(BadRequest, "wrong type of the web page content", Kind.PICTURES),
    Row(BadRequest, "inline keyboard button url", Kind.LINKS),
    Row(BadRequest, "wrong http url specified", Kind.PICTURES),
    Row(BadRequest, "can't upload file by url", Kind.PICTURES),
    Row(BadRequest, "webpage_", Kind.PICTURES),
    Row(BadRequest, "file must be non-empty", Kind.PICTURES),
    # 400, messages
    Row(BadRequest, "message to edit not found", Kind.TARGET),
    Row(BadRequest, "message can't be edited", Kind.TARGET),
    Row(BadRequest, "message to be replied not found", Kind.TARGET),
    Row(BadRequest, "can't parse entities", Kind.MARKUP),
    Row(BadRequest, "entity_", Kind.MARKUP),
    Row(BadRequest, "button_url_invalid", Kind.LINKS),
    Row(BadRequest, "button_", Kind.BUG),
    Row(BadRequest, "reply markup is too long", Kind.BUG),
    Row(BadRequest, "message is too long", Kind.BUG),
    Row(BadRequest, "media_caption_too_long", Kind.BUG),
    Row(BadRequest, "", Kind.BUG),
    # the way there; BadRequest and TimedOut are NetworkErrors too and stand before it
    Row(TimedOut, "", Kind.UNKNOWN),
    Row(NetworkError, "not sent", Kind.LATER),  # as bots.telegram.request says it
    Row(NetworkError, "broken off", Kind.UNKNOWN),  # after the request had begun
    Row(NetworkError, "unknown error in http", Kind.UNKNOWN),
    Row(NetworkError, "", Kind.LATER),  # 5xx, also a proxy's HTML page
    Row(TelegramError, "invalid server response", Kind.UNKNOWN),  # 200, but not JSON: most likely sent
    Row(TelegramError, "", Kind.UNKNOWN),
)

_ITEM = re.compile(r"failed to send message #(\d+)", re.IGNORECASE)


def seconds_of(retry_after: float | datetime.timedelta) -> float:
    """`RetryAfter.retry_after` is an int or a timedelta, as the environment has it."""
    return retry_after.total_seconds() if isinstance(retry_after, datetime.timedelta) else float(retry_after)


def classify(error: TelegramError) -> Verdict:
    """The verdict on what python-telegram-bot raised."""
    if isinstance(error, RetryAfter):
        return Verdict(Kind.WAIT, "too many requests", after_ms=int(seconds_of(error.retry_after) * 1000))
    if isinstance(error, ChatMigrated):
        return Verdict(Kind.MIGRATED, "group became a supergroup", chat_id=error.new_chat_id)
    text = error.message.lower()
    for row in TABLE:
        if isinstance(error, row.error) and row.fragment in text:
            return Verdict(row.kind, row.fragment or row.error.__name__, item=_item_of(text))
    raise AssertionError("the last row matches everything")


def _item_of(text: str) -> int | None:
    found = _ITEM.search(text)
    return int(found[1]) - 1 if found else None
