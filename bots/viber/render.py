"""An answer as Viber's messages (pure): a carousel of cards with the answer's buttons as keyboard.

Two things of Viber shape this. What a phone can show only its API level tells, which is known when a part is sent: a
carousel carries with it what stands in for it on an older phone, pictures and a numbered list. And a phone shows the
keyboard that came last, so that the buttons of an answer go with its last message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bots import buttons
from bots.cards import Card, cards, numbered, shorten
from bots.channel import ButtonSpec, Part, RenderContext
from bots.leading import leading_text
from bots.texts import label, notice_text
from bots.viber.api import encoded
from bots.viber.wire import LABEL_UNITS, NAME_CHARS, REQUEST_BYTES, RICH_VERSION, keyboard_of, request_of
from core.messages import Filters, Notice, Progress, Reply

TEXT_UNITS, TEXT_BYTES = 7000, 12_000
"""7,000 characters, and together with a keyboard less than a request may hold."""
CAPTION_UNITS = 120
"""512 today; the phones that get a picture with a caption from us are old, and theirs was this."""
KEYBOARD_BYTES = 12_000
KEYBOARD_ROWS = 12
CARDS_MAX = 6
LINK_BYTES = 1_900
ALT_UNITS = 500
CARD_TITLE_UNITS = 90
"""More does not fit into two rows of a card."""
_WIDEST_SENDER = "𝕊" * NAME_CHARS


def render(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """The parts of an answer, numbered from 0."""
    match outgoing:
        case Notice():
            rows = _in_rows(buttons.of_notice(outgoing))
            return [_text(outgoing, 0, notice_text(outgoing, context.shop_name), rows)]
        case Progress():
            # a message cannot be changed here, so that only the last word is certain to be said
            payload = {"text": within(outgoing.text)}
            return [_part(outgoing, 0, "text" if outgoing.done else "progress", payload)]
        case Reply(hits=()):
            rows = _in_rows(_asking_on(outgoing, context))
            return [_text(outgoing, 0, leading_text(outgoing, context), rows)]
        case Reply():
            return _hits(outgoing, cards(outgoing, context), context)


# --- an answer with hits ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shown:
    """A card with its buttons, for a carousel and for a list."""

    card: Card
    own: buttons.CardButtons
    listed: buttons.CardButtons
    detail: str

    @property
    def specs(self) -> tuple[ButtonSpec, ...]:
        return tuple(spec for spec in (self.own.more, self.own.open, self.own.up) if spec is not None)


def _hits(reply: Reply, found: Sequence[Card], context: RenderContext) -> list[Part]:
    shown = [_shown(reply, card, context) for card in found]
    others = _asking_on(reply, context)
    leading = leading_text(reply, context)
    parts: list[Part] = []
    if not _plain(reply):
        parts.append(_text(reply, 0, leading, []))
        leading = ""
    chunks = _chunks(reply, shown, _in_rows(others), context)
    for at, chunk in enumerate(chunks):
        is_last = at == len(chunks) - 1
        rows = _in_rows(others) if is_last else []
        words = within("\n".join(line for line in (leading, *_list(chunk)) if line))
        listed = {"text": words, "rows": _listed_rows(shown, others) if is_last else []}
        payload = _carousel(chunk, rows) | {"instead": [*_pictures(chunk), {"kind": "text", "payload": listed}]}
        specs = tuple(spec for one in (shown if is_last else chunk) for spec in one.specs)
        parts.append(_part(reply, len(parts), "carousel", payload, (*specs, *(others if is_last else ()))))
        leading = ""
    return parts


def _plain(reply: Reply) -> bool:
    """Nothing needs to be said above its hits."""
    return reply.close and reply.filters == Filters() and not reply.ignored


def _shown(reply: Reply, card: Card, context: RenderContext) -> _Shown:
    own = _openable(buttons.of_card(reply, card, context, numbered=False))
    listed = _openable(buttons.of_card(reply, card, context, numbered=True))
    alike = label("alike", reply.language, percent=card.similarity) if card.similarity else ""
    return _Shown(card, own, listed, " · ".join(part for part in (card.price, alike) if part))


def _openable(of_card: buttons.CardButtons) -> buttons.CardButtons:
    """Without a link that takes more of a request than it should."""
    if of_card.open is not None and len((of_card.open.url or "").encode()) > LINK_BYTES:
        return buttons.CardButtons(of_card.more, None, of_card.up)
    return of_card


def _chunks(
    reply: Reply, shown: Sequence[_Shown], rows: list[list[ButtonSpec]], context: RenderContext
) -> list[list[_Shown]]:
    """As few carousels as hold all cards: six at most in each, and none above what a request may hold."""
    chunks: list[list[_Shown]] = []
    for one in shown:
        more = [*chunks[-1], one] if chunks else [one]
        trial = _part(reply, 0, "carousel", _carousel(more, rows))
        size = len(encoded(request_of(trial, _WIDEST_SENDER, RICH_VERSION, context.public_url)))
        if chunks and len(more) <= CARDS_MAX and size <= REQUEST_BYTES:
            chunks[-1] = more
        else:
            chunks.append([one])
    return chunks


def _carousel(chunk: Sequence[_Shown], rows: list[list[ButtonSpec]]) -> dict[str, Any]:
    cells = [
        {
            "title": shorten(one.card.title, CARD_TITLE_UNITS),
            "detail": one.detail,
            "picture": one.card.picture,
            "open": _key(one.own.open) if one.own.open is not None else None,
            "more": _key(one.own.more),
            "up": _key(one.own.up),
        }
        for one in chunk
    ]
    alt = shorten("\n".join(_list(chunk)), ALT_UNITS)
    return {"cards": cells, "rows": [[_key(spec) for spec in row] for row in rows], "alt": alt}


# --- the same for older phones ------------------------------------------------------------------------------------


def _pictures(chunk: Sequence[_Shown]) -> list[dict[str, Any]]:
    found = []
    for one in chunk:
        if one.card.picture is not None:
            lines = (f"{one.card.number}. {shorten(one.card.title, CARD_TITLE_UNITS)}", one.card.price)
            caption = shorten("\n".join(line for line in lines if line), CAPTION_UNITS)
            found.append({"kind": "picture", "payload": {"text": caption, "picture": one.card.picture}})
    return found


def _list(chunk: Sequence[_Shown]) -> list[str]:
    return numbered([one.card for one in chunk])


def _listed_rows(shown: Sequence[_Shown], others: Sequence[ButtonSpec]) -> list[list[dict[str, str]]]:
    """A row a card, then the others as far as there is room."""
    of_cards = [[spec for spec in (o.listed.more, o.listed.open, o.listed.up) if spec is not None] for o in shown]
    room = KEYBOARD_ROWS - len(of_cards)
    return _fitting([*of_cards, *_in_rows(others)[:room]])


# --- texts and buttons --------------------------------------------------------------------------------------------


def _asking_on(reply: Reply, context: RenderContext) -> list[ButtonSpec]:
    person = buttons.support(context, reply.language)
    return [*buttons.of_answer(reply), *([person] if person is not None else [])]


def _in_rows(specs: Sequence[ButtonSpec]) -> list[list[ButtonSpec]]:
    return [list(specs[at : at + 2]) for at in range(0, len(specs), 2)][:KEYBOARD_ROWS]


def _text(outgoing: Reply | Notice, number: int, text: str, rows: list[list[ButtonSpec]]) -> Part:
    specs = tuple(spec for row in rows for spec in row)
    return _part(outgoing, number, "text", {"text": within(text), "rows": _fitting(rows)}, specs)


def _part(
    outgoing: Reply | Notice | Progress,
    number: int,
    kind: str,
    payload: dict[str, Any],
    specs: tuple[ButtonSpec, ...] = (),
) -> Part:
    return Part(outgoing.chat, outgoing.job, number, kind, payload, buttons=specs)


def _key(spec: ButtonSpec) -> dict[str, str]:
    return {"label": shorten(spec.label, LABEL_UNITS)} | (
        {"url": spec.url} if spec.url else {"token": spec.token or ""}
    )


def _fitting(rows: Sequence[Sequence[ButtonSpec]]) -> list[list[dict[str, str]]]:
    """The rows without the links that a keyboard has no room for; what acts stays."""
    keys = [[_key(spec) for spec in row] for row in rows]
    left = KEYBOARD_BYTES - sum(_bytes_of(key) for row in keys for key in row if "url" not in key)
    kept: list[list[dict[str, str]]] = []
    for row in keys:
        kept.append([])
        for key in row:
            if "url" in key:
                if _bytes_of(key) > left:
                    continue
                left -= _bytes_of(key)
            kept[-1].append(key)
    return [row for row in kept if row]


def _bytes_of(key: dict[str, str]) -> int:
    return max(len(encoded(keyboard_of([[key]], silent=silent) or {})) for silent in (True, False))


def within(text: str) -> str:
    """The text as Viber takes it: neither empty nor too long in characters or bytes."""
    text = shorten(text, TEXT_UNITS)
    while (size := len(text.encode())) > TEXT_BYTES:
        text = shorten(text, max(1, len(text) * TEXT_BYTES // size - 1))
    return text or "…"
