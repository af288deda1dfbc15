"""What each error means: every row of the table is met by a text as Telegram words it."""

from __future__ import annotations

import datetime

import pytest
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

from bots.telegram.errors import TABLE, Kind, Row, Verdict, classify, seconds_of

CASES: list[tuple[TelegramError, Kind]] = [
    (InvalidToken("The token `1:secret` was rejected by the server."), Kind.REVOKED),
    (EndPointNotFound("Endpoint 'fly' not found in Bot API"), Kind.BUG),
    (Conflict("Conflict: terminated by other getUpdates request"), Kind.CONFLICT),
    (Forbidden("Forbidden: bot was blocked by the user"), Kind.GONE),
    (Forbidden("Forbidden: user is deactivated"), Kind.GONE),
    (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Kind.GONE),
    (Forbidden("Forbidden: bot is not a member of the channel chat"), Kind.GONE),
    (Forbidden("Forbidden: not enough rights to send text messages to the chat"), Kind.RIGHTS),
    (BadRequest("Bad Request: chat not found"), Kind.GONE),
    (BadRequest("Bad Request: user not found"), Kind.GONE),
    (BadRequest("Bad Request: PEER_ID_INVALID"), Kind.GONE),
    (BadRequest("Bad Request: USER_IS_BLOCKED"), Kind.GONE),
    (BadRequest("Bad Request: INPUT_USER_DEACTIVATED"), Kind.GONE),
    (BadRequest("Bad Request: CHAT_WRITE_FORBIDDEN"), Kind.GONE),
    (BadRequest("Bad Request: group chat was deactivated"), Kind.GONE),
    (BadRequest("Bad Request: message thread not found"), Kind.THREAD),
    (BadRequest("Bad Request: TOPIC_DELETED"), Kind.THREAD),
    (BadRequest("Bad Request: TOPIC_CLOSED"), Kind.RIGHTS),
    (BadRequest("Bad Request: message is not modified: specified new message content ..."), Kind.DONE),
    (BadRequest("Bad Request: query is too old and response timeout expired or query ID is invalid"), Kind.LATE),
    (BadRequest("Bad Request: query ID is invalid"), Kind.LATE),
    (BadRequest("Bad Request: not enough rights to send photos to the chat"), Kind.NO_PICTURES),
    (BadRequest("Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN"), Kind.NO_PICTURES),
    (BadRequest("Bad Request: CHAT_SEND_MEDIA_FORBIDDEN"), Kind.NO_PICTURES),
    (BadRequest("Bad Request: not enough rights to send text messages to the chat"), Kind.RIGHTS),
    (BadRequest("Bad Request: have no rights to send a message"), Kind.RIGHTS),
    (BadRequest("Bad Request: CHAT_RESTRICTED"), Kind.RIGHTS),
    (BadRequest("Bad Request: CHAT_SEND_PLAIN_FORBIDDEN"), Kind.RIGHTS),
    (BadRequest("Bad Request: file is too big"), Kind.TOO_BIG),
    (BadRequest('Bad Request: Failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"'), Kind.ITEM),
    (BadRequest("Bad Request: wrong file_id or the file is temporarily unavailable"), Kind.FILE),
    (BadRequest("Bad Request: wrong remote file id specified: can't unserialize it"), Kind.FILE),
    (BadRequest("Bad Request: wrong remote file identifier specified: Wrong string length"), Kind.FILE),
    (BadRequest("Bad Request: wrong file identifier/HTTP URL specified"), Kind.FILE),
    (BadRequest("Bad Request: FILE_REFERENCE_EXPIRED"), Kind.FILE),
    (BadRequest("Bad Request: group send failed"), Kind.PICTURES),
    (BadRequest("Bad Request: PHOTO_INVALID_DIMENSIONS"), Kind.PICTURES),
    (BadRequest("Bad Request: IMAGE_PROCESS_FAILED"), Kind.PICTURES),
    (BadRequest("Bad Request: failed to get HTTP URL content"), Kind.PICTURES),
    (BadRequest("Bad Request: wrong type of the web page content"), Kind.PICTURES),
    (BadRequest("Bad Request: inline keyboard button URL 'x' is invalid: Wrong HTTP URL specified"), Kind.LINKS),
    (BadRequest("Bad Request: wrong HTTP URL specified"), Kind.PICTURES),
    (BadRequest("Bad Request: can't upload file by URL"), Kind.PICTURES),
    (BadRequest("Bad Request: WEBPAGE_MEDIA_EMPTY"), Kind.PICTURES),
    (BadRequest("Bad Request: file must be non-empty"), Kind.PICTURES),
    (BadRequest("Bad Request: message to edit not found"), Kind.TARGET),
    (BadRequest("Bad Request: message can't be edited"), Kind.TARGET),
    (BadRequest("Bad Request: message to be replied not found"), Kind.TARGET),
    (BadRequest("Bad Request: can't parse entities: unsupported start tag"), Kind.MARKUP),
    (BadRequest("Bad Request: ENTITY_BOUNDS_INVALID"), Kind.MARKUP),
    (BadRequest("Bad Request: BUTTON_URL_INVALID"), Kind.LINKS),
    (BadRequest("Bad Request: BUTTON_DATA_INVALID"), Kind.BUG),
    (BadRequest("Bad Request: reply markup is too long"), Kind.BUG),
    (BadRequest("Bad Request: message is too long"), Kind.BUG),
    (BadRequest("Bad Request: MEDIA_CAPTION_TOO_LONG"), Kind.BUG),
    (BadRequest("Bad Request: something that nobody knew"), Kind.BUG),
    (TimedOut(), Kind.UNKNOWN),
    (NetworkError("not sent: ClientConnectorError"), Kind.LATER),
    (NetworkError("broken off: ServerDisconnectedError"), Kind.UNKNOWN),
    (NetworkError("Unknown error in HTTP implementation: RuntimeError('...')"), Kind.UNKNOWN),
    (NetworkError("Bad Gateway (502). Parsing the server response b'<html>' failed"), Kind.LATER),
    (NetworkError("Internal Server Error"), Kind.LATER),
    (TelegramError("Invalid server response"), Kind.UNKNOWN),
    (TelegramError("never heard of"), Kind.UNKNOWN),
]


@pytest.mark.parametrize(("error", "kind"), CASES, ids=lambda value: str(value)[:60])
def test_an_error_means(error: TelegramError, kind: Kind) -> None:
    assert classify(error).kind is kind


def test_every_row_is_met_by_a_case() -> None:
    met: set[Row] = set()
    for error, _ in CASES:
        text = error.message.lower()
        met.add(next(row for row in TABLE if isinstance(error, row.error) and row.fragment in text))
    assert met == set(TABLE)


def test_a_reason_never_quotes_the_provider() -> None:
    safe = {row.fragment or row.error.__name__ for row in TABLE}
    for error, _ in CASES:
        assert classify(error).reason in safe


@pytest.mark.parametrize("after", [7, 7.0, datetime.timedelta(seconds=7)])
def test_seconds_come_as_number_or_timedelta(after: float | datetime.timedelta) -> None:
    assert seconds_of(after) == 7


@pytest.mark.parametrize("opted_in", ["1", "true"])
def test_a_flood_says_when_to_come_again(monkeypatch: pytest.MonkeyPatch, opted_in: str) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", opted_in)
    assert classify(RetryAfter(7)) == Verdict(Kind.WAIT, "too many requests", after_ms=7000)


@pytest.mark.filterwarnings("ignore")
def test_a_flood_says_it_in_seconds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "0")
    assert classify(RetryAfter(7)).after_ms == 7000


def test_a_migrated_chat_says_where_it_is() -> None:
    assert classify(ChatMigrated(-1005)).chat_id == -1005


def test_the_refused_item_of_an_album_is_counted_from_0() -> None:
    assert classify(BadRequest("Bad Request: Failed to send message #3 with the error message")).item == 2
