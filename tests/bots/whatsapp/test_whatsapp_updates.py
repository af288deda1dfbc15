"""What Twilio sends becomes what we mean, or nothing, and never an error."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from bots.whatsapp.numbers import WORDS, token_of, word_in
from bots.whatsapp.spoken import language_of
from bots.whatsapp.updates import Unreadable, read
from core.messages import Button, Command, Joined, Left, Other, Photo, Status, Text

FIXTURES = Path(__file__).parent / "fixtures"
ANN, HIDDEN = "whatsapp:+4915112345678", "whatsapp:UA.13491208655302741918"
MEDIA = (
    "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000"
    "/Messages/MM00000000000000000000000000000001/Media/ME0000000000000000000000000000000"
)
SENT = "whatsapp:MM00000000000000000000000000000007"


def fixture(name: str) -> MultiDict[str]:
    return MultiDict(json.loads((FIXTURES / f"{name}.json").read_text()))


def number(word: str) -> Button:
    return Button(token_of(ANN, word))


CASES: dict[str, list[Any]] = {
    "photo": [Photo(f"{MEDIA}1")],
    "photo_with_caption": [Photo(f"{MEDIA}1", caption="in blue, under 50")],
    "photo_of_somebody_who_hides_their_number": [Photo(f"{MEDIA}1")],
    "photo_in_a_reply_to_ours": [Photo(f"{MEDIA}1")],
    "photo_with_fields_never_seen": [Photo(f"{MEDIA}1")],
    "several_pictures_in_one_message": [
        Photo(f"{MEDIA}1", "MM00000000000000000000000000000001", "these"),
        Photo(f"{MEDIA}2", "MM00000000000000000000000000000001"),
        Photo(f"{MEDIA}3", "MM00000000000000000000000000000001"),
    ],
    "a_picture_and_a_sound": [Photo(f"{MEDIA}2")],
    "picture_sent_as_a_file": [Photo(f"{MEDIA}1")],
    "picture_of_unknown_type_sent_as_a_file": [Photo(f"{MEDIA}1")],
    "file_of_unknown_type": [Other("document")],
    "drawing_with_scripts": [Other("document")],
    "sticker": [Other("sticker")],
    "voice_message": [Other("voice")],
    "video": [Other("video")],
    "document": [Other("document")],
    "contact_card": [Other("contact")],
    "text": [Text("red shoes")],
    "text_with_odd_signs": [Text("schöne grüne Schuhe 👟 & mehr=gut?\nbitte")],
    "row_of_a_list": [Button("abcdefghij012345")],
    "button": [Button("zbcdefghij012345")],
    "location": [Other("location")],
    "command": [Command("language", "de")],
    "command_in_another_script": [Command("start")],
    "greeting": [Command("start")],
    "help_in_a_word": [Command("help")],
    "stop": [Left()],
    "stop_with_twilios_handling": [Left()],
    "start_with_twilios_handling": [Joined()],
    "number": [number("2")],
    "number_as_a_keycap": [number("2")],
    "number_too_large_for_a_list": [Text("42")],
    "thumb": [number("up2")],
    "thumb_down": [number("down")],
    "reaction": [],
    "kind_never_seen": [Other("hologram")],
    "nothing_but_spaces": [Other("text")],
    "sms_on_the_same_account": [],
    "state_sent": [Status(SENT, "sent")],
    "state_delivered": [Status(SENT, "delivered")],
    "state_read": [Status(SENT, "read")],
    "state_undelivered": [Status(SENT, "undelivered", "63016")],
    "state_failed_of_somebody_who_hides_their_number": [Status(SENT, "failed", "63019")],
}


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_read_as_what_it_means(name: str) -> None:
    updates = read(fixture(name), 7)
    assert [update.content for update in updates] == CASES[name]
    for update in updates:
        assert update.chat == update.user == (HIDDEN if "hides" in name else ANN)
        assert update.at == 7


def test_every_fixture_has_its_case() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(CASES)


def test_an_update_is_named_by_the_message_and_a_state_by_both() -> None:
    (photo,) = read(fixture("photo"), 7)
    assert photo.update_id == "MM00000000000000000000000000000001"
    (state,) = read(fixture("state_undelivered"), 7)
    assert state.update_id == "MM00000000000000000000000000000007:undelivered"
    several = read(fixture("several_pictures_in_one_message"), 7)
    assert len({update.job for update in several}) == 3
    assert several[0].update_id == "MM00000000000000000000000000000001"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Body": "hello", "From": ANN},
        {"MessageSid": "../../etc", "From": ANN},
        {"MessageSid": "SM00000000000000000000000000000001", "From": "whatsapp:"},
        {"MessageSid": "SM00000000000000000000000000000001", "From": "whatsapp:" + "1" * 200},
        {"MessageSid": "MM00000000000000000000000000000007", "MessageStatus": "sent", "To": "whatsapp:"},
    ],
)
def test_what_is_no_message_is_unreadable_and_not_quoted(fields: dict[str, str]) -> None:
    with pytest.raises(Unreadable) as refused:
        read(MultiDict(fields), 7)
    assert ANN not in str(refused.value)


@given(st.dictionaries(st.sampled_from(sorted(fixture("photo").keys() | {"MessageStatus", "ListId"})), st.text()))
def test_no_signed_form_raises_anything_but_unreadable(fields: dict[str, str]) -> None:
    with contextlib.suppress(Unreadable):
        read(MultiDict({**fixture("photo"), **fields}), 7)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1", "1"),
        ("10", "10"),
        (" 2. ", "2"),
        ("#3", "3"),
        ("4)", "4"),
        ("٣", "3"),
        ("3️⃣", "3"),
        ("0", None),
        ("11", None),
        ("2 blue", None),
        ("1.5", None),
        ("👍", "up"),
        ("👍🏿3", "up3"),
        ("👍 11", None),
        ("👎🏻", "down"),
        ("", None),
    ],
)
def test_a_number_or_a_thumb_is_read_however_it_is_typed(text: str, word: str | None) -> None:
    assert word_in(text) == word
    assert word is None or word in WORDS


def test_a_word_means_something_else_in_every_chat() -> None:
    tokens = {token_of(chat, word) for chat in (ANN, HIDDEN) for word in WORDS}
    assert len(tokens) == 2 * len(WORDS)


@pytest.mark.parametrize(
    ("address", "language"),
    [
        ("whatsapp:+4915112345678", "de"),
        ("whatsapp:+436641234567", "de"),
        ("whatsapp:+34600123456", "es"),
        ("whatsapp:+5491123456789", "es"),
        ("whatsapp:+50212345678", "es"),
        ("whatsapp:+380501234567", "uk"),
        ("whatsapp:+385911234567", "hr"),
        ("whatsapp:+381601234567", "sr"),
        ("whatsapp:+14155238886", "en"),
        ("whatsapp:+33612345678", "en"),
        ("whatsapp:UA.13491208655302741918", "uk"),
        ("whatsapp:US.13491208655302741918", "en"),
        ("whatsapp:UA", "en"),
        ("whatsapp:", "en"),
    ],
)
def test_the_first_answer_is_in_the_language_of_the_number(address: str, language: str) -> None:
    assert language_of(address) == language
