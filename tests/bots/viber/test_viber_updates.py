"""What each event becomes: every fixture has its line in the table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bots.viber.updates import Unreadable, read, token_in
from core.messages import Button, Command, Content, Joined, Left, Other, Photo, Status, Text, decode_update, encode

FIXTURES = Path(__file__).parent / "fixtures"
USER, TOKEN = "viber:01234567890A=", "4912661846655238145"
MEDIA = "https://dl-media.viber.com"

MEANING: dict[str, Content | None] = {
    "picture": Photo(f"{MEDIA}/10/media/2/short/any/sig/image/0x0/a.jpg"),
    "picture_with_caption": Photo(f"{MEDIA}/a.jpg", caption="in blue"),
    "picture_of_a_user_without_name_or_language": Photo(f"{MEDIA}/a.jpg"),
    "picture_with_fields_never_seen": Photo(f"{MEDIA}/a.jpg"),
    "file_that_is_an_image": Photo(f"{MEDIA}/b"),
    "file": Other("document"),
    "text": Text("red shoes"),
    "text_with_a_link_in_it": Text("like https://shop.example/1 but blue"),
    "text_that_is_a_link": None,
    "command": Command("language", "deutsch"),
    "tap": Button("abcdefgh12345678"),
    "tap_on_an_old_phone": Button("abcdefgh12345678"),
    "tap_that_is_not_ours": None,
    "text_that_looks_like_a_tap": Text("see @abcdefgh12345678"),
    "empty_text": Other("text"),
    "location": Other("location"),
    "contact": Other("contact"),
    "sticker": Other("sticker"),
    "video": Other("video"),
    "url": Other("url"),
    "message_of_a_type_never_seen": Other("hologram"),
    "subscribed": Joined(),
    "unsubscribed": Left(),
    "conversation_started": None,
    "delivered": Status(f"viber:{TOKEN}", "delivered"),
    "seen": Status(f"viber:{TOKEN}", "seen"),
    "failed": Status(f"viber:{TOKEN}", "failed", "failure description for … line"),
    "failed_without_description": Status(f"viber:{TOKEN}", "failed"),
    "webhook": None,
    "client_status": None,
    "event_never_seen": None,
}


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def test_every_fixture_has_a_meaning() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(MEANING)


@pytest.mark.parametrize("name", MEANING)
def test_an_event_becomes_what_it_means(name: str) -> None:
    callback = read(fixture(name), 1)
    content = callback.update.content if callback.update is not None else None
    assert content == MEANING[name]
    if callback.update is not None:
        assert (callback.update.chat, callback.update.user) == (USER, USER)
        assert callback.update.update_id == f"{callback.event}:{TOKEN}:01234567890A="
        assert decode_update(encode(callback.update)) == callback.update


def test_an_opened_conversation_is_no_message_but_may_be_welcomed() -> None:
    callback = read(fixture("conversation_started"), 1)
    assert callback.opened is not None
    assert callback.opened.language == "uk"
    assert (callback.chat, callback.api_version) == (USER, 10)


def test_what_an_app_can_show_comes_with_what_its_user_sends() -> None:
    assert read(fixture("picture"), 1).api_version == 10
    assert read(fixture("picture_of_a_user_without_name_or_language"), 1).api_version is None
    assert read(fixture("delivered"), 1).api_version is None


@pytest.mark.parametrize(
    ("told", "language"),
    [("uk", "uk"), ("pt_BR", "pt-BR"), ("sr-Latn", "sr-Latn"), (None, "en"), (7, "en"), ("", "en"), ("<b>", "en")],
)
def test_the_language_is_the_sender_s(told: object, language: str) -> None:
    event = json.loads(fixture("text"))
    event["sender"]["language"] = told
    callback = read(json.dumps(event).encode(), 1)
    assert callback.update is not None
    assert callback.update.language == language


@pytest.mark.parametrize(
    ("raw", "token"),
    [
        (4912661846655238145, "4912661846655238145"),
        (9223372036854775807, "9223372036854775807"),
        ("4912661846655238145", "4912661846655238145"),
        (0, "0"),
        (4.912661846655238e18, None),
        (True, None),
        (-1, None),
        (None, None),
        ("٣", None),
        ("1" * 40, None),
        (10**40, None),
    ],
)
def test_a_token_is_never_a_double(raw: Any, token: str | None) -> None:
    assert token_in(raw) == token


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"event": 5}',
        b'{"event": "message", "message_token": ' + b"9" * 5000 + b"}",
        b'{"event": "message", "message_token": 1, "sender": {"id": "a"}, "message": {}}',
        b'{"event": "message", "message_token": 1, "sender": {"id": "a"}, "message": []}',
        b'{"event": "message", "message_token": 1, "sender": {}, "message": {"type": "text", "text": "a"}}',
        b'{"event": "message", "message_token": 1, "sender": "a", "message": {"type": "text", "text": "a"}}',
        b'{"event": "message", "message_token": 1.5, "sender": {"id": "a"}, "message": {"type": "text", "text": "a"}}',
        b'{"event": "message", "sender": {"id": "a"}, "message": {"type": "text", "text": "a"}}',
        b'{"event": "message", "message_token": 1, "sender": {"id": "a\\nb"}, "message": {"type": "text"}}',
        b'{"event": "unsubscribed", "message_token": 1}',
        b'{"event": "failed", "message_token": 1, "user_id": 7}',
    ],
)
def test_what_is_no_event_is_unreadable_and_never_quoted(body: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read(body, 1)
    assert len(str(error.value)) < 60


@pytest.mark.parametrize("kind", [None, 3, "picture", "text", "file", "contact"])
@pytest.mark.parametrize("value", [None, 3, [], {}, "", "x" * 10_000, True])
def test_no_value_of_a_field_breaks_the_reading(kind: object, value: object) -> None:
    message = {"type": kind} | dict.fromkeys(("media", "text", "file_name", "contact", "size"), value)
    event = {"event": "message", "message_token": 1, "sender": {"id": "a", "api_version": value}, "message": message}
    body = json.dumps(event | {"silent": value}).encode()
    if isinstance(kind, str):
        callback = read(body, 1)
        assert callback.update is None or decode_update(encode(callback.update)) == callback.update
    else:
        with pytest.raises(Unreadable):
            read(body, 1)
