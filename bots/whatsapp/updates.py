"""What Twilio delivered, in our terms (pure). Fields: https://www.twilio.com/docs/messaging/guides/webhook-request"""

from __future__ import annotations

import re

from bots.whatsapp import numbers
from bots.whatsapp.signature import Fields
from bots.whatsapp.spoken import language_of
from core.messages import Button, Command, Content, Joined, Left, Other, Photo, Status, Text, Update

NAME = "whatsapp"
ADDRESS_CHARS = 200
"""An id of somebody who hides their number has up to 131 characters."""
FAILED = ("failed", "undelivered", "canceled")
"""States after which nothing more comes of a message."""

_SID = re.compile(r"[A-Za-z]{2}[A-Za-z0-9]{8,62}")
_COMMAND = re.compile(r"/(\w{1,32})(?:\s+(.*))?", re.DOTALL)
_PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")
_ENGLISH, _GERMAN, _SPANISH = ("start", "hi", "hello", "hey"), ("hallo", "moin", "guten tag"), ("hola", "buenas")
_SLAVIC = ("привіт", "вітаю", "добрий день", "bok", "dobar dan", "zdravo", "здраво", "добар дан")
_GREETINGS = frozenset((*_ENGLISH, *_GERMAN, *_SPANISH, *_SLAVIC))
"""WhatsApp has no Start button: this is what people write first."""
_HELP = frozenset(("help", "hilfe", "ayuda", "допомога", "pomoć", "помоћ", "?"))
_STOP = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"))
"""After these Twilio sends nothing more (21610): https://help.twilio.com/articles/223134027"""
_OTHER_TYPES = {"audio": "voice", "video": "video", "text/vcard": "contact", "text/x-vcard": "contact"}
_SILENT_TYPES = frozenset(("reaction", "system", "ephemeral"))
"""Kinds of messages that ask for nothing."""


class Unreadable(ValueError):
    """A form that is no message and no status; the text never quotes it."""


def read(fields: Fields, now_ms: int) -> tuple[Update, ...]:
    """The updates in a signed request: none for what asks for nothing, several for several pictures.

    Raises Unreadable.
    """
    sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
    if not _SID.fullmatch(sid):
        raise Unreadable("there is no MessageSid")
    state = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    inbound = state in ("", "received", "receiving")
    address = (fields.get("From" if inbound else "To") or "").strip()
    if not address.startswith(f"{NAME}:"):
        return ()  # an SMS, or Messenger, on the same account
    if not len(NAME) + 1 < len(address) <= ADDRESS_CHARS:
        raise Unreadable("nobody sent it")
    found = _message(fields, sid, address) if inbound else (_status(fields, sid, state),)
    one = f"{sid}" if inbound else f"{sid}:{state}"
    return tuple(
        Update(
            channel=NAME,
            update_id=one if number == 0 else f"{one}/{number}",
            chat=address,
            user=address,
            content=content,
            at=now_ms,
            language=language_of(address),
        )
        for number, content in enumerate(found)
    )


def provider_id(sid: str) -> str:
    """What a message that we sent is found by when Twilio comes back to it."""
    return f"{NAME}:{sid}"


def _status(fields: Fields, sid: str, state: str) -> Status:
    code = (fields.get("ErrorCode") or "").strip()
    return Status(provider_id(sid), state, code if code not in ("", "0") else None)


def _message(fields: Fields, sid: str, address: str) -> tuple[Content, ...]:
    body = (fields.get("Body") or "").strip()
    photos = _photos(fields, body, sid)
    if photos:
        return photos
    found = _opted(fields) or _tap(fields) or _unsearchable(fields) or (_words(address, body) if body else None)
    if found is not None:
        return (found,)
    kind = (fields.get("MessageType") or "").lower()
    return () if kind in _SILENT_TYPES else (Other({"contacts": "contact"}.get(kind, kind or "unsupported")),)


def _tap(fields: Fields) -> Button | None:
    """A row of a list, or a button, that was tapped: its id is our token; `Body` only repeats its label."""
    token = fields.get("ListId") or fields.get("ButtonPayload")
    return Button(token=token.strip()) if token else None


def _opted(fields: Fields) -> Content | None:
    """What Twilio made of STOP, START and HELP where its own handling of them is on."""
    match (fields.get("OptOutType") or "").upper():
        case "STOP":
            return Left()
        case "START":
            return Joined()
        case "HELP":
            return Command("help")
        case _:
            return None


def _words(address: str, body: str) -> Content:
    if word := numbers.word_in(body):
        return Button(token=numbers.token_of(address, word))
    if found := _COMMAND.fullmatch(body):
        return Command(found[1].lower(), (found[2] or "").strip())
    plain = body.casefold().rstrip("!. ")
    if plain in _STOP:
        return Left()
    if plain in _HELP or body == "?":
        return Command("help")
    return Command("start") if plain in _GREETINGS else Text(body)


# --- media ----------------------------------------------------------------------------------------------------


def _media(fields: Fields) -> list[tuple[str, str]]:
    """URL and content type of each; the type is a hint only."""
    number = fields.get("NumMedia") or "0"
    count = min(int(number[:9]), 10) if number.isascii() and number.isdigit() else 0
    kind = [(fields.get(f"MediaUrl{n}") or "", fields.get(f"MediaContentType{n}") or "") for n in range(count)]
    return [(url, mime.partition(";")[0].strip().lower()) for url, mime in kind if url]


def _photos(fields: Fields, body: str, sid: str) -> tuple[Photo, ...]:
    if (fields.get("MessageType") or "").lower() == "sticker":
        return ()
    named_so = body.lower().endswith(_PICTURE_ENDINGS)
    urls = [url for url, mime in _media(fields) if _is_picture(mime, named_so=named_so)]
    caption = None if not body or named_so else body  # a file brings its name as text
    album = sid if len(urls) > 1 else None
    return tuple(Photo(url, album=album, caption=caption if number == 0 else None) for number, url in enumerate(urls))


def _is_picture(mime: str, *, named_so: bool) -> bool:
    if mime.startswith("image/"):
        return mime != "image/svg+xml"
    return named_so and mime in ("", "application/octet-stream", "binary/octet-stream")


def _unsearchable(fields: Fields) -> Other | None:
    if fields.get("Latitude") and fields.get("Longitude"):
        return Other("location")
    for _, mime in _media(fields):
        if mime.startswith("image/") and mime != "image/svg+xml":
            return Other("sticker")
        return Other(_OTHER_TYPES.get(mime) or _OTHER_TYPES.get(mime.partition("/")[0], "document"))
    return None
