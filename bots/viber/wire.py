"""A part as the JSON that Viber takes (pure), by viberbot's message classes.

The part says what is to be shown; here stands how an app of this API level shows it. Limits:
https://developers.viber.com/docs/api/rest-bot-api/#message-types and /docs/tools/keyboards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from viberbot.api.messages import PictureMessage, RichMediaMessage, TextMessage

from bots.cards import shorten
from bots.channel import Part
from bots.viber.updates import MARK, user_of
from core.picturestore import url_of

REQUEST_BYTES = 30_000
"""Of a whole request: 30 KB."""
RICH_VERSION = 7
"""API level of a phone from which on a carousel is shown as it should be."""
SILENT_VERSION = 6
"""From here on a tap need not show up in the chat as what the user said."""
COLUMNS, ROWS = 6, 7
CELL_CHARS = 250
LABEL_UNITS, WORDS_UNITS = 40, 60
NAME_CHARS = 28
_PICTURE_ROWS, _TEXT_ROWS, _BUTTON_ROWS = 3, 2, 1
_INK, _GREY, _ACCENT, _PAPER = "#323232", "#777777", "#665cac", "#ffffff"

Json = dict[str, Any]


def request_of(part: Part, sender: str, version: int, public_url: str) -> Json:
    """The body of send_message."""
    return {"receiver": user_of(part.chat)} | message_of(part, sender, version, public_url)


def message_of(part: Part, sender: str, version: int, public_url: str) -> Json:
    """The same without its receiver, as the answer to an opened conversation takes it."""
    payload = part.payload
    version = 1 if payload.get("plain") else version
    if part.kind == "carousel":
        made = _carousel(payload, public_url)
    else:
        silent = version >= SILENT_VERSION and bool(payload.get("rows"))
        keyboard = keyboard_of(payload.get("rows", ()), silent=silent)
        level = SILENT_VERSION if silent else 1
        if part.kind == "picture":
            address = f"{public_url}{url_of(payload['picture'])}"
            made = PictureMessage(text=payload["text"], media=address, keyboard=keyboard, min_api_version=level)
        else:
            made = TextMessage(text=payload["text"], keyboard=keyboard, min_api_version=level)
    message = {name: value for name, value in made.to_dict().items() if value is not None}
    return message | {"sender": {"name": sender[:NAME_CHARS]}}


def keyboard_of(rows: Sequence[Sequence[Mapping[str, str]]], *, silent: bool) -> Json | None:
    """Buttons below the chat: one to three in a row."""
    if not rows:
        return None
    buttons = [_key(key, COLUMNS // len(row), silent=silent) for row in rows for key in row]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}


def _key(key: Mapping[str, str], columns: int, *, silent: bool) -> Json:
    label = plain(shorten(key["label"], LABEL_UNITS))
    shape: Json = {"Columns": columns, "Rows": 1, "Text": label, "TextSize": "regular"}
    return shape | _action(key, silent=silent)


def _action(key: Mapping[str, str], *, silent: bool) -> Json:
    """What a tap does. Without `Silent` it is said in the chat too, so that it should read like words."""
    if "url" in key:
        action = {"ActionType": "open-url", "ActionBody": key["url"]}
    else:
        words = "" if silent else f"{shorten(' '.join(key['label'].split()), WORDS_UNITS)} "
        action = {"ActionType": "reply", "ActionBody": f"{words}{MARK}{key['token']}"}
    return action | ({"Silent": True} if silent else {})


# --- carousel -----------------------------------------------------------------------------------------------------


def _carousel(payload: Mapping[str, Any], public_url: str) -> Any:
    cells = [cell for card in payload["cards"] for cell in _card(card, public_url)]
    rich_media = {
        "Type": "rich_media",
        "ButtonsGroupColumns": COLUMNS,
        "ButtonsGroupRows": ROWS,
        "BgColor": _PAPER,
        "Buttons": cells,
    }
    return RichMediaMessage(
        rich_media=rich_media,
        alt_text=payload["alt"],
        keyboard=keyboard_of(payload["rows"], silent=True),
        min_api_version=RICH_VERSION,
    )


def _card(card: Mapping[str, Any], public_url: str) -> list[Json]:
    """6 x 7 cells: the picture above, then title and price, Open, More like this with the thumb beside it."""
    picture, opening = card["picture"], card["open"]
    below = _BUTTON_ROWS + (_BUTTON_ROWS if opening else 0)
    above = ROWS - below
    cells: list[Json] = []
    if picture:
        shown = {"Columns": COLUMNS, "Rows": above - _TEXT_ROWS, "Image": f"{public_url}{url_of(picture)}"}
        cells.append(
            shown | (_action(opening, silent=True) if opening else {"ActionType": "none", "ActionBody": "none"})
        )
        above = _TEXT_ROWS
    cells.append(_words(card, above))
    if opening:
        cells.append(_button(opening, COLUMNS, filled=True))
    cells.append(_button(card["more"], COLUMNS - 1))
    cells.append(_button(card["up"], 1))
    return cells


def _words(card: Mapping[str, Any], rows: int) -> Json:
    detail = plain(card["detail"])
    below = f'<br><font color="{_GREY}">{detail}</font>' if detail else ""
    before, after = f'<font color="{_INK}"><b>', "</b></font>"
    title = plain(shorten(card["title"], CELL_CHARS - len(before + after + below)))
    shape = {"Columns": COLUMNS, "Rows": rows, "ActionType": "none", "ActionBody": "none"}
    where = {"TextSize": "medium", "TextVAlign": "middle", "TextHAlign": "left"}
    return shape | where | {"Text": f"{before}{title}{after}{below}"}


def _button(key: Mapping[str, str], columns: int, *, filled: bool = False) -> Json:
    ink = _PAPER if filled else _ACCENT
    label = plain(shorten(key["label"], LABEL_UNITS))
    shape = {"Columns": columns, "Rows": _BUTTON_ROWS, "TextSize": "medium", "TextVAlign": "middle"}
    colour = {"BgColor": _ACCENT} if filled else {}
    return shape | colour | {"Text": f'<font color="{ink}">{label}</font>'} | _action(key, silent=True)


def plain(text: str) -> str:
    """Viber reads a few HTML tags in a cell, and nobody documents how to escape one."""
    return text.replace("<", "‹").replace(">", "›")
