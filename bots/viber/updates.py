"""What Viber delivered, in our terms (pure). https://developers.viber.com/docs/api/rest-bot-api/#callbacks"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from bots.cards import clean, shorten
from core.messages import Button, Command, Content, Joined, Left, Other, Photo, Status, Text, Update

NAME = "viber"
SIGNATURE_HEADER = "X-Viber-Content-Signature"
OPENED = "conversation_started"
MARK = "#@"
"""What a tap on our button begins its token with: it arrives as a text like any other, and nobody types this."""

_TAP = re.compile(rf"(?:[^\n]{{1,120}} )?{MARK}([a-z0-9]{{16}})")
_COMMAND = re.compile(r"/(\w{1,32})(?:\s+(.*))?", re.DOTALL)
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")
_PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")
_STATES = ("delivered", "seen", "failed")
_KINDS = {"file": "document"}
_USER_CHARS, _TOKEN_CHARS, _TYPE_CHARS, _REASON_UNITS = 128, 32, 32, 200


class Unreadable(ValueError):
    """A body that is no callback; the text never quotes it."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One request of Viber's. `update` is None where it asks nothing of us."""

    event: str
    update: Update | None = None
    chat: str = ""
    api_version: int | None = None
    """What the user's app can show, where Viber told."""
    opened: Update | None = None
    """The conversation was opened: a welcome may go back in the response, and nothing may be sent otherwise."""


def is_signed(token: str, body: bytes, signature: str) -> bool:
    """Whether Viber, which knows the token, wrote this body (lower-case hex HMAC-SHA256); in constant time."""
    expected = hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), expected.encode())


def read(body: bytes, now_ms: int) -> Callback:
    """The callback in a signed body; events that we do not know ask nothing of us. Raises Unreadable."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    event = raw.get("event") if isinstance(raw, dict) else None
    if not isinstance(event, str):
        raise Unreadable("the body is no callback")
    user = _object(raw, "sender" if event == "message" else "user")
    match event:
        case "message":
            content = _message(_object(raw, "message"), silent=raw.get("silent") is True)
        case "subscribed" | "conversation_started":
            content = Joined()
        case "unsubscribed":
            content = Left()
        case "delivered" | "seen" | "failed":
            content = _status(raw, event)
        case _:  # webhook, client_status and what is not invented yet
            return Callback(event)
    return _callback(raw, event, user, content, now_ms)


def provider_id(token: str) -> str:
    """What a message that we sent is found by when Viber comes back to it."""
    return f"{NAME}:{token}"


def user_of(chat: str) -> str:
    """Viber's id of the user of a `viber:` chat."""
    return chat.partition(":")[2]


def token_in(raw: Any) -> str | None:
    """A message token as it stands: a 64-bit integer that no double holds."""
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        raw = str(raw)
    return raw if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) <= _TOKEN_CHARS else None


def _callback(raw: dict[str, Any], event: str, user: dict[str, Any], content: Content | None, now_ms: int) -> Callback:
    user_id = user.get("id") or raw.get("user_id")
    token = token_in(raw.get("message_token"))
    if not isinstance(user_id, str) or not 0 < len(user_id) <= _USER_CHARS or not user_id.isprintable():
        raise Unreadable("nobody is named")
    if token is None:
        raise Unreadable("there is no message_token")
    chat, version = f"{NAME}:{user_id}", user.get("api_version")
    update = None
    if content is not None:
        update = Update(
            channel=NAME,
            update_id=f"{event}:{token}:{user_id}",
            chat=chat,
            user=chat,
            content=content,
            at=now_ms,
            language=_language(user.get("language")),
        )
    version = version if isinstance(version, int) and not isinstance(version, bool) else None
    if event == OPENED:
        return Callback(event, None, chat, version, opened=update)
    return Callback(event, update, chat, version)


def _object(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _language(tag: Any) -> str:
    return tag.replace("_", "-") if isinstance(tag, str) and _LANGUAGE.fullmatch(tag) else "en"


def _status(raw: dict[str, Any], state: str) -> Status:
    """`failed` says why in words only, and nothing else ever does: they are kept short and without the user's id."""
    token = token_in(raw.get("message_token")) or ""
    why = raw.get("desc")
    if state != "failed" or not isinstance(why, str):
        return Status(provider_id(token), state)
    user_id = raw.get("user_id")
    if isinstance(user_id, str) and user_id:
        why = why.replace(user_id, "…")
    return Status(provider_id(token), state, shorten(clean(why), _REASON_UNITS) or None)


# --- what people send ---------------------------------------------------------------------------------------------


def _message(message: dict[str, Any], *, silent: bool) -> Content | None:
    kind = message.get("type")
    if not isinstance(kind, str) or not kind:
        raise Unreadable("the message has no type")
    media, text = message.get("media"), message.get("text")
    if isinstance(media, str) and _is_picture(kind, message):
        return Photo(media, caption=text.strip() or None if isinstance(text, str) else None)
    if kind == "text" and isinstance(text, str) and text.strip():
        return _words(text.strip(), silent=silent)
    return Other(_KINDS.get(kind, kind[:_TYPE_CHARS]))


def _is_picture(kind: str, message: dict[str, Any]) -> bool:
    name = message.get("file_name")
    return kind == "picture" or (kind == "file" and isinstance(name, str) and name.lower().endswith(_PICTURE_ENDINGS))


def _words(text: str, *, silent: bool) -> Content | None:
    if found := _TAP.fullmatch(text):
        return Button(token=found[1])
    if silent or _LINK.fullmatch(text):
        return None  # a tap on Open: Viber brings its address as if the user had written it
    if found := _COMMAND.fullmatch(text):
        return Command(found[1].lower(), (found[2] or "").strip())
    return Text(text)
