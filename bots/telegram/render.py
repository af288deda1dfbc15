"""An answer as Telegram's messages (pure): an album of pictures, then one message with the list and its buttons.

Two things of Telegram shape this: an album has no buttons, and its captions show only on a picture that was opened,
so the list is said again in words below it. One hit is one photo with its buttons. Texts go out with entities, not
with a markup language: nothing that a shop calls its products can break a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bots import buttons
from bots.cards import Card, cards, shorten, utf16_units
from bots.channel import ButtonSpec, Part, RenderContext
from bots.leading import leading_text
from bots.texts import label, notice_text
from core.messages import Filters, Notice, Progress, Reply

TEXT_UNITS = 4096
"""UTF-16 units, https://core.telegram.org/bots/api#sendmessage"""
CAPTION_UNITS = 1024
ALBUM_MAX = 10
LABEL_UNITS = 40
"""A phone cuts longer ones."""
ROW_BUTTONS = 3


def render(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """The parts of an answer, numbered from 0."""
    match outgoing:
        case Notice():
            keyboard = _keyboard([[spec] for spec in buttons.of_notice(outgoing)])
            return [_words(outgoing, notice_text(outgoing, context.shop_name), keyboard)]
        case Progress():
            return [_part(outgoing, 0, "progress", {"text": shorten(outgoing.text, TEXT_UNITS), "entities": []})]
        case Reply(hits=()):
            rows = [*_in_rows(buttons.of_answer(outgoing)), _support(context, outgoing.language)]
            return [_words(outgoing, leading_text(outgoing, context), _keyboard(rows))]
        case Reply():
            return _hits(outgoing, cards(outgoing, context), context)


@dataclass(slots=True)
class _Formatted:
    """A text that grows, with the places (in UTF-16 units) that are bold."""

    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)

    def add(self, more: str, *, bold: bool = False) -> _Formatted:
        if bold and more:
            place = {"type": "bold", "offset": utf16_units(self.text), "length": utf16_units(more)}
            self.entities.append(place)
        self.text += more
        return self

    def within(self, units: int) -> dict[str, Any]:
        """Text and entities, cut to this length."""
        text = shorten(self.text, units)
        end = utf16_units(text)
        inside = [place for place in self.entities if place["offset"] + place["length"] <= end]
        return {"text": text, "entities": inside}


def _hits(reply: Reply, found: list[Card], context: RenderContext) -> list[Part]:
    rows = [_card_row(reply, card, context, alone=len(found) == 1) for card in found]
    rows += [*_in_rows(buttons.of_answer(reply)), _support(context, reply.language)]
    keyboard = _keyboard(rows)
    leading = leading_text(reply, context)
    if len(found) == 1 and found[0].picture is not None:
        caption = caption_of(found[0], reply.language, leading="" if _plain(reply) else leading)
        return [_photo(reply, 0, _item(found[0], caption), keyboard)]
    parts: list[Part] = []
    if not reply.close:
        parts.append(_words(reply, leading))
    pictured = [card for card in found if card.picture is not None][:ALBUM_MAX]
    if pictured:
        items = [_item(card, caption_of(card, reply.language)) for card in pictured]
        parts.append(_album(reply, len(parts), items))
    listed = _list(found, reply, leading=leading if reply.close else "")
    parts.append(_part(reply, len(parts), "text", listed.within(TEXT_UNITS), keyboard))
    return parts


def _plain(reply: Reply) -> bool:
    """Nothing needs to be said above its hits."""
    return reply.close and reply.filters == Filters() and not reply.ignored


def caption_of(card: Card, language: str, *, leading: str = "") -> _Formatted:
    """Number and title, price and similarity, why: a line each."""
    caption = _Formatted().add(f"{leading}\n\n" if leading else "")
    caption.add(f"{card.number}. ").add(card.title, bold=True)
    for line in (detail_of(card, language), card.why):
        if line:
            caption.add(f"\n{line}")
    return caption


def detail_of(card: Card, language: str) -> str:
    """Price and, for a search by picture, how alike it is."""
    alike = label("alike", language, percent=card.similarity) if card.similarity else ""
    return " · ".join(part for part in (card.price, alike) if part)


def _list(found: Sequence[Card], reply: Reply, *, leading: str) -> _Formatted:
    text = _Formatted().add(leading)
    for card in found:
        text.add("\n" if text.text else "").add(f"{card.number}. ").add(card.title, bold=True)
        detail = detail_of(card, reply.language)
        text.add(f" — {detail}" if detail else "")
    return text


# --- parts ----------------------------------------------------------------------------------------------------

_Keyboard = tuple[list[list[dict[str, str]]], tuple[ButtonSpec, ...]]
_NO_KEYBOARD: _Keyboard = ([], ())


def _part(
    outgoing: Reply | Notice | Progress,
    number: int,
    kind: str,
    payload: dict[str, Any],
    keyboard: _Keyboard = _NO_KEYBOARD,
    *,
    weight: int = 1,
) -> Part:
    rows, specs = keyboard
    payload = payload | ({"keyboard": rows} if rows else {})
    return Part(outgoing.chat, outgoing.job, number, kind, payload, weight, specs)


def _words(outgoing: Reply | Notice, text: str, keyboard: _Keyboard = _NO_KEYBOARD) -> Part:
    return _part(outgoing, 0, "text", {"text": shorten(text, TEXT_UNITS), "entities": []}, keyboard)


def _item(card: Card, caption: _Formatted) -> dict[str, Any]:
    return {"picture": card.picture} | caption.within(CAPTION_UNITS)


def _photo(outgoing: Reply, number: int, item: dict[str, Any], keyboard: _Keyboard = _NO_KEYBOARD) -> Part:
    return _part(outgoing, number, "photo", {"items": [item]}, keyboard)


def _album(reply: Reply, number: int, items: list[dict[str, Any]]) -> Part:
    if len(items) == 1:
        return _photo(reply, number, items[0])
    return _part(reply, number, "album", {"items": items}, weight=len(items))


# --- buttons --------------------------------------------------------------------------------------------------


def _card_row(reply: Reply, card: Card, context: RenderContext, *, alone: bool) -> list[ButtonSpec]:
    of_card = buttons.of_card(reply, card, context, numbered=not alone)
    return [spec for spec in (of_card.more, of_card.open, of_card.up) if spec is not None]


def _in_rows(specs: Sequence[ButtonSpec]) -> list[list[ButtonSpec]]:
    return [list(specs[at : at + ROW_BUTTONS]) for at in range(0, len(specs), ROW_BUTTONS)]


def _support(context: RenderContext, language: str) -> list[ButtonSpec]:
    person = buttons.support(context, language)
    return [person] if person is not None else []


def _keyboard(rows: Sequence[Sequence[ButtonSpec]]) -> _Keyboard:
    """Telegram's rows, and the buttons in them whose meaning is to be stored."""
    shown = [[_button(spec) for spec in row] for row in rows if row]
    return shown, tuple(spec for row in rows for spec in row)


def _button(spec: ButtonSpec) -> dict[str, str]:
    text = shorten(spec.label, LABEL_UNITS)
    return {"text": text, "url": spec.url} if spec.url else {"text": text, "callback_data": spec.token or ""}
