"""What the stand-in for Viber refuses in a message: sizes, required fields, keyboards, carousels, API levels.

https://developers.viber.com/docs/api/rest-bot-api/#send-message, /docs/tools/keyboards. What Viber leaves to the phone
(the fit of cells, the length of a cell's text) is refused here too: nobody would see it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.standins.viber_faults import Refusal

Json = dict[str, Any]
REQUEST_BYTES = 30_000
TEXT_CHARS, CAPTION_CHARS, CELL_CHARS, NAME_CHARS, TRACKING_CHARS = 7000, 512, 250, 28, 4000
KEYBOARD_ROWS, BLOCKS = 12, 6
_PICTURE = re.compile(r"https?://[^\s]+\.(jpe?g|png|gif)", re.IGNORECASE)
_IMAGE = re.compile(r"https?://[^\s]+\.(jpe?g|png)", re.IGNORECASE)
_URL = re.compile(r"https?://[^/\s]+[^\s]*", re.IGNORECASE)
_ACTIONS = ("reply", "open-url", "none", "location-picker", "share-phone")
_SIZES = ("small", "medium", "regular", "large")
_TAGS = re.compile(r'</?(?:b|i|u|br)/?>|<font color="?#[0-9a-fA-F]{6}"?>|</font>')


def check_message(message: Mapping[str, Any], api_version: int) -> None:
    """Whether Viber would take this from a bot for an app of this level. Raises Refusal."""
    sender = message.get("sender")
    if not isinstance(sender, dict) or not sender.get("name"):
        raise Refusal(4, "sender.name is missing")
    if len(str(sender["name"])) > NAME_CHARS:
        raise Refusal(3, "sender.name is too long")
    if len(str(message.get("tracking_data", ""))) > TRACKING_CHARS:
        raise Refusal(3, "tracking_data is too long")
    if (level := _level(message)) > api_version:
        raise Refusal(13)
    kind = message.get("type")
    if kind is None and message.get("keyboard") is None:
        raise Refusal(4, "type is missing")
    match kind:
        case "text":
            _text(message)
        case "picture":
            _picture(message)
        case "rich_media":
            _rich_media(message, level)
        case None:
            pass
        case _:
            raise Refusal(3, "a type that this bot has no business with")
    if "keyboard" in message:
        _keyboard(message["keyboard"], level)


def _level(message: Mapping[str, Any]) -> int:
    level = message.get("min_api_version", 1)
    if not isinstance(level, int) or isinstance(level, bool) or level < 1:
        raise Refusal(3, "min_api_version")
    return level


def _text(message: Mapping[str, Any]) -> None:
    text = message.get("text")
    if not isinstance(text, str) or not text:
        raise Refusal(4, "text is missing")
    if len(text) > TEXT_CHARS:
        raise Refusal(3, "text is too long")


def _picture(message: Mapping[str, Any]) -> None:
    text, media = message.get("text"), message.get("media")
    if not isinstance(text, str) or not isinstance(media, str):
        raise Refusal(4, "text or media is missing")
    if len(text) > CAPTION_CHARS or not _PICTURE.fullmatch(media):
        raise Refusal(3, "text or media")


def _keyboard(keyboard: Any, level: int) -> None:
    if not isinstance(keyboard, dict) or keyboard.get("Type") != "keyboard":
        raise Refusal(3, "keyboard.Type")
    cells = _cells(keyboard, level, columns=6, rows=2)
    if sum(rows for rows, _ in packed(cells, 6)) > KEYBOARD_ROWS:
        raise Refusal(3, "the keyboard has too many rows")


def _rich_media(message: Mapping[str, Any], level: int) -> None:
    rich = message.get("rich_media")
    if not isinstance(rich, dict) or rich.get("Type") != "rich_media":
        raise Refusal(4, "rich_media is missing")
    if level < 2 or (message.get("alt_text") is not None and level < 6):
        raise Refusal(14)
    columns, rows = rich.get("ButtonsGroupColumns", 6), rich.get("ButtonsGroupRows", 7)
    if not (isinstance(columns, int) and isinstance(rows, int) and 1 <= columns <= 6 and 1 <= rows <= 7):
        raise Refusal(3, "ButtonsGroupColumns or ButtonsGroupRows")
    blocks = blocks_of(_cells(rich, level, columns=columns, rows=rows), columns, rows)
    if len(blocks) > BLOCKS:
        raise Refusal(3, "too many cards")


def _cells(container: Mapping[str, Any], level: int, *, columns: int, rows: int) -> list[Json]:
    cells = container.get("Buttons")
    if not isinstance(cells, list) or not cells:
        raise Refusal(4, "Buttons are missing")
    for cell in cells:
        _cell(cell, level, columns, rows)
    return cells


def _cell(cell: Any, level: int, columns: int, rows: int) -> None:
    if not isinstance(cell, dict):
        raise Refusal(3, "a button is no object")
    width, height = cell.get("Columns", 6), cell.get("Rows", 1)
    if not (isinstance(width, int) and isinstance(height, int) and 1 <= width <= columns and 1 <= height <= rows):
        raise Refusal(3, "Columns or Rows of a button")
    action, body, text = cell.get("ActionType", "reply"), cell.get("ActionBody"), cell.get("Text", "")
    if action not in _ACTIONS or cell.get("TextSize", "regular") not in _SIZES:
        raise Refusal(3, "ActionType or TextSize")
    if action in ("reply", "open-url") and not body:
        raise Refusal(4, "ActionBody is missing")
    if action == "open-url" and not _URL.fullmatch(str(body)):
        raise Refusal(3, "ActionBody is no address")
    if not any(cell.get(name) for name in ("Text", "Image", "BgMedia", "BgColor")):
        raise Refusal(3, "a button shows nothing")
    if len(text) > CELL_CHARS or re.search("[<>]", _TAGS.sub("", text)):
        raise Refusal(3, "Text of a button")
    if "Image" in cell and not _IMAGE.fullmatch(str(cell["Image"])):
        raise Refusal(3, "Image of a button")
    if "Silent" in cell and level < 6:
        raise Refusal(14)


def packed(cells: Sequence[Mapping[str, Any]], columns: int) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """Rows as they are laid out from left to right: how high, and what stands in them. Raises Refusal for a gap."""
    rows: list[tuple[int, list[Mapping[str, Any]]]] = []
    line: list[Mapping[str, Any]] = []
    for cell in cells:
        line.append(cell)
        width = sum(int(one.get("Columns", 6)) for one in line)
        if width > columns or len({one.get("Rows", 1) for one in line}) > 1:
            raise Refusal(3, "buttons do not fill their row")
        if width == columns:
            rows.append((int(line[0].get("Rows", 1)), line))
            line = []
    if line:
        raise Refusal(3, "the last row has a gap")
    return rows


def blocks_of(cells: Sequence[Mapping[str, Any]], columns: int, rows: int) -> list[list[Mapping[str, Any]]]:
    """The cards of a carousel: each is filled to its last row. Raises Refusal."""
    blocks: list[list[Mapping[str, Any]]] = []
    used = rows
    for height, line in packed(cells, columns):
        if used == rows:
            blocks.append([])
            used = 0
        used += height
        if used > rows:
            raise Refusal(3, "a card is too high")
        blocks[-1] += line
    if used != rows:
        raise Refusal(3, "the last card is not filled")
    return blocks
