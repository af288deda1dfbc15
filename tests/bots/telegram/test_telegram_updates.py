"""Each recorded-like update of `fixtures/`, and what it asks of us."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from telegram import PhotoSize

from bots.telegram.updates import Me, Unreadable, nearest_size, read_body, read_update, split_chat
from core.messages import Button, Command, Content, Joined, Left, Other, Photo, Text

FIXTURES = Path(__file__).parent / "fixtures"
ME = Me("4242", "shelf_bot")
PRIVATE, GROUP = "telegram:7001", "telegram:-1001234567890"
NEAR_800 = "AgACAgIAAxkBAAIBx"
TAP = Button("a1b2c3d4e5f6g7h8", "4382bfdwdsb323b2d9")

EXPECTED: dict[str, tuple[str, Content] | None] = {
    "photo": (PRIVATE, Photo(NEAR_800)),
    "photo_with_caption": (PRIVATE, Photo(NEAR_800, caption="this one?")),
    "photo_of_an_album": (PRIVATE, Photo(NEAR_800, album="13579", caption="these two")),
    "photo_smaller_than_800": (PRIVATE, Photo("AgACAgIAAxkBAAIBm")),
    "photo_in_a_topic": (f"{GROUP}/42", Photo(NEAR_800, caption="like this")),
    "photo_in_the_general_topic": (GROUP, Photo(NEAR_800, caption="like this")),
    "photo_as_a_reply_in_a_group": None,
    "photo_as_a_reply_to_us": (GROUP, Photo(NEAR_800)),
    "photo_by_an_anonymous_admin": (GROUP, Photo(NEAR_800, caption="like this")),
    "photo_between_people_in_a_group": None,
    "photo_with_fields_never_seen": (PRIVATE, Photo(NEAR_800)),
    "photo_of_a_user_without_language": (PRIVATE, Photo(NEAR_800)),
    "picture_sent_as_a_file": (PRIVATE, Photo("BQACAgIAAxkBAAICheic")),
    "picture_without_a_mime_type": (PRIVATE, Photo("BQACAgIAAxkBAAICwebp")),
    "document": (PRIVATE, Other("document")),
    "text": (PRIVATE, Text("red shoes")),
    "command_start_with_payload": (PRIVATE, Command("start", "spring24")),
    "command_to_us_in_a_group": (GROUP, Command("help")),
    "command_to_another_bot": None,
    "text_between_people_in_a_group": None,
    "text_that_mentions_us": (GROUP, Text("in blue please")),
    "text_that_answers_us": (GROUP, Text("cheaper")),
    "sticker": (PRIVATE, Other("sticker")),
    "voice": (PRIVATE, Other("voice")),
    "video": (PRIVATE, Other("video")),
    "animation_with_its_document_twin": (PRIVATE, Other("animation")),
    "location": (PRIVATE, Other("location")),
    "contact": (PRIVATE, Other("contact")),
    "sticker_in_a_group": None,
    "edited_caption": None,
    "tap": (PRIVATE, TAP),
    "tap_on_an_inaccessible_message": (PRIVATE, TAP),
    "tap_in_a_topic": (f"{GROUP}/42", Button("a1b2c3d4e5f6g7h8", "77")),
    "tap_on_an_inline_message": None,
    "blocked": (PRIVATE, Left()),
    "unblocked": (PRIVATE, Joined()),
    "added_to_a_group": (GROUP, Joined()),
    "removed_from_a_group": (GROUP, Left()),
    "new_title_of_a_group": None,
    "group_became_a_supergroup": None,
    "message_of_another_bot": None,
    "update_of_a_kind_never_seen": None,
    "channel_post": None,
}


def test_every_fixture_has_an_expectation() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_update_asks_for_what_it_says(name: str) -> None:
    update = read_body((FIXTURES / f"{name}.json").read_bytes(), ME, now_ms=5)
    assert (update and (update.chat, update.content)) == EXPECTED[name]


def test_an_update_is_told_by_bot_and_number_and_its_user_as_in_the_settings() -> None:
    update = read_body((FIXTURES / "photo.json").read_bytes(), ME, now_ms=5)
    assert update is not None
    assert (update.update_id, update.user, update.language, update.at) == ("4242:880001", "telegram:7001", "uk", 5)


def test_without_a_language_it_is_english() -> None:
    update = read_body((FIXTURES / "photo_of_a_user_without_language.json").read_bytes(), ME, now_ms=5)
    assert update is not None
    assert update.language == "en"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff\xfe",
        b'{"message": {}}',
        b'{"update_id": "7"}',
        b'{"update_id": 7, "message": {}}',
        b'{"update_id": 7, "message": "hello"}',
        b'{"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {}}}',
        b'{"update_id": 7, "message": {"message_id": 1, "date": "x", "chat": {"id": 1, "type": "private"}}}',
        b'{"update_id": 7, "callback_query": {"id": "1"}}',
        b'{"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "x"}, "photo": [1]}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_update_is_unreadable_and_nothing_worse(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_body(body, ME, now_ms=5)


def test_without_our_name_a_command_to_anybody_is_ours() -> None:
    raw = json.loads((FIXTURES / "command_to_us_in_a_group.json").read_text())
    update = read_update(raw, Me("4242"), now_ms=5)
    assert update is not None
    assert update.content == Command("help")


@pytest.mark.parametrize(
    ("sides", "taken"),
    [
        ([(90, 67), (320, 240), (800, 600), (1280, 960)], (800, 600)),
        ([(1280, 960), (800, 600), (90, 67)], (800, 600)),
        ([(67, 90), (600, 800), (960, 1280)], (600, 800)),
        ([(90, 67), (1280, 960)], (1280, 960)),
        ([(90, 67), (320, 240)], (320, 240)),
        ([(90, 67)], (90, 67)),
    ],
)
def test_the_size_nearest_to_800_px_is_taken(sides: list[tuple[int, int]], taken: tuple[int, int]) -> None:
    sizes = [PhotoSize(f"{width}", f"{width}", width, height) for width, height in sides]
    nearest = nearest_size(sizes)
    assert (nearest.width, nearest.height) == taken


@pytest.mark.parametrize(
    ("chat", "parts"), [("telegram:7", (7, None)), ("telegram:-1009/42", (-1009, 42)), ("telegram:-5", (-5, None))]
)
def test_a_chat_names_its_topic(chat: str, parts: tuple[int, int | None]) -> None:
    assert split_chat(chat) == parts
