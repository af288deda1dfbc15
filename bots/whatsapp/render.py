"""An answer as WhatsApp's messages (pure): up to three pictures with captions, then a list to choose from.

Three things shape this. A message has one picture or one list, never both with a link on a button: cards and carousels
need a template that Meta approved, even inside the 24-hour window. A list is a content template whose every text is a
variable, and a variable holds no line break and no more than 1,024 characters in all. And WhatsApp shows messages in
the order in which they are ready, so that each can be read by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots import buttons
from bots.cards import Card, cards, clean, shorten, utf16_units
from bots.channel import ButtonSpec, Part, RenderContext
from bots.leading import leading_text
from bots.texts import label, notice_text, sentence
from bots.whatsapp.numbers import ROWS_MAX
from core.messages import Notice, Progress, Reply

TEXT_UNITS = 1600
"""https://www.twilio.com/docs/api/errors/21617"""
CAPTION_UNITS = 1024
PICTURES_MAX = 3
# https://www.twilio.com/docs/content/twiliolist-picker and twilio-quick-reply
BODY_UNITS = 500
"""Of a list's text; 1,024 are allowed, but all variables together have no more."""
ITEM_UNITS, DESCRIPTION_UNITS, OPENER_UNITS = 24, 72, 20
VARIABLES_UNITS = 1024
"""https://www.twilio.com/docs/api/errors/63021"""
CHOICES_MAX, CHOICE_UNITS = 3, 20
"""More buttons, or longer ones, need approval."""
NO_DESCRIPTION = "·"
"""A row must have one, and a variable may not be empty."""


def render(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """The parts of an answer, numbered from 0."""
    match outgoing:
        case Notice():
            text = notice_text(outgoing, context.shop_name)
            return [_asking(outgoing, 0, text, buttons.of_notice(outgoing))]
        case Progress():
            # a message cannot be changed here, so that only the last word is certain to be said
            return [_part(outgoing, 0, "text" if outgoing.done else "progress", {"body": _body(outgoing.text)})]
        case Reply(hits=()):
            text = leading_text(outgoing, context) + _support(outgoing, context)
            return [_asking(outgoing, 0, text, buttons.of_answer(outgoing))]
        case Reply():
            return _hits(outgoing, cards(outgoing, context), context)


def numbered_text(payload: Mapping[str, Any]) -> str:
    """A list, or its few buttons, in words: a number is as good as a tap."""
    lines = [f"{number}. {row['words']}" for number, row in enumerate(payload["rows"], start=1)]
    return shorten("\n".join([payload["text"], "", payload["call"], *lines]), TEXT_UNITS)


# --- an answer with hits ---------------------------------------------------------------------------------------


def _hits(reply: Reply, found: list[Card], context: RenderContext) -> list[Part]:
    of_cards = [buttons.of_card(reply, card, context, numbered=len(found) > 1) for card in found]
    pictured = [at for at, card in enumerate(found) if card.picture is not None][:PICTURES_MAX]
    parts: list[Part] = []
    above = leading_text(reply, context) + "\n\n"
    for at in pictured:
        caption = shorten(above + _card_text(found[at], of_cards[at].open, reply.language), CAPTION_UNITS)
        payload = {"body": caption, "picture": found[at].picture}
        parts.append(_part(reply, len(parts), "picture", payload, _opening(of_cards[at])))
        above = ""
    rest = [at for at in range(len(found)) if at not in pictured]
    if rest:
        parts.append(_in_words(reply, len(parts), [(found[at], of_cards[at]) for at in rest], above))
    text = label("go_on", reply.language) + _support(reply, context)
    parts.append(_choosing(reply, len(parts), found, of_cards, text))
    return parts


def _card_text(card: Card, opening: ButtonSpec | None, language: str) -> str:
    alike = label("alike", language, percent=card.similarity) if card.similarity else ""
    detail = " · ".join(part for part in (card.price, alike) if part)
    link = opening.url if opening is not None else None
    return "\n".join(line for line in (f"{card.number}. {card.title}", detail, link) if line)


def _in_words(reply: Reply, number: int, rest: Sequence[tuple[Card, buttons.CardButtons]], above: str) -> Part:
    """Cards without a picture message of their own; those that do not fit are in the list below all the same."""
    text = above
    opened: list[ButtonSpec] = []
    for card, of_card in rest:
        more = ("\n\n" if text != above else "") + _card_text(card, of_card.open, reply.language)
        if utf16_units(text + more) > TEXT_UNITS:
            break
        text += more
        opened += _opening(of_card)
    return _part(reply, number, "text", {"body": _body(text)}, opened)


def _choosing(
    reply: Reply, number: int, found: Sequence[Card], of_cards: Sequence[buttons.CardButtons], text: str
) -> Part:
    """The list: each card's “More like”, then Next and the like; verdicts on cards where all of them find room."""
    rows = [_row(of_card.more, _said_of(card)) for card, of_card in zip(found, of_cards, strict=True)]
    specs = [of_card.more for of_card in of_cards]
    ups = [of_card.up for of_card in of_cards]
    others = buttons.of_answer(reply)[: ROWS_MAX - len(rows)]
    rows += [_row(spec) for spec in others]
    if len(rows) + len(ups) <= ROWS_MAX:
        rows += [_row(up, _said_of(card)) for card, up in zip(found, ups, strict=True)]
    words = {"up": ups[0].token or ""} | {f"up{at}": up.token or "" for at, up in enumerate(ups, start=1)}
    down = buttons.of_answer(reply)[-1:]  # “None of these” stands last, in the list or not
    if down:
        words["down"] = down[0].token or ""
    meant = [*specs, *others, *ups, *(spec for spec in down if spec not in others)]
    return _listed(reply, number, _Choice(text, rows, words, tuple(meant)))


def _said_of(card: Card) -> str:
    return " · ".join(part for part in (card.title, card.price) if part)


# --- messages with something to choose ---------------------------------------------------------------------------


def _asking(outgoing: Reply | Notice, number: int, text: str, specs: Sequence[ButtonSpec]) -> Part:
    """A sentence with no, a few or many buttons."""
    if not specs:
        return _part(outgoing, number, "text", {"body": _body(text)})
    rows = [_row(spec) for spec in specs[:ROWS_MAX]]
    few = len(specs) <= CHOICES_MAX and all(utf16_units(clean(spec.label)) <= CHOICE_UNITS for spec in specs)
    return _listed(outgoing, number, _Choice(text, rows, {}, tuple(specs)), kind="choice" if few else "list")


def _row(spec: ButtonSpec, description: str = "") -> dict[str, str]:
    words = clean(spec.label)
    item = shorten(words, ITEM_UNITS)
    described = clean(description) or (words if item != words else "")
    said = f"{words}: {clean(description)}" if description else words
    return {"item": item, "id": spec.token or "", "description": described or NO_DESCRIPTION, "words": said}


@dataclass(frozen=True, slots=True)
class _Choice:
    """What there is to choose from."""

    text: str
    rows: Sequence[dict[str, str]]
    words: Mapping[str, str]
    """Tokens that words other than the rows' numbers stand for."""
    specs: tuple[ButtonSpec, ...]


def _listed(outgoing: Reply | Notice, number: int, choice: _Choice, *, kind: str = "list") -> Part:
    body = shorten(clean(choice.text), BODY_UNITS)
    opener = shorten(label("choose", outgoing.language), OPENER_UNITS)
    payload = {
        "body": body,
        "opener": opener,
        "rows": _fitting(choice.rows, utf16_units(body) + utf16_units(opener)),
        "numbers": {str(at): row["id"] for at, row in enumerate(choice.rows, start=1)} | dict(choice.words),
        "text": choice.text,
        "call": label("answer_number", outgoing.language),
    }
    return _part(outgoing, number, kind, payload, choice.specs)


def _fitting(rows: Sequence[dict[str, str]], used: int) -> list[dict[str, str]]:
    """The rows with descriptions as long as all variables together may be."""
    used += sum(utf16_units(row["item"]) + utf16_units(row["id"]) for row in rows)
    room = max(1, min(DESCRIPTION_UNITS, (VARIABLES_UNITS - used) // len(rows)))
    return [row | {"description": shorten(row["description"], room)} for row in rows]


# --- parts -------------------------------------------------------------------------------------------------------


def _part(
    outgoing: Reply | Notice | Progress,
    number: int,
    kind: str,
    payload: dict[str, Any],
    specs: Sequence[ButtonSpec] = (),
) -> Part:
    return Part(outgoing.chat, outgoing.job, number, kind, payload, buttons=tuple(specs))


def _opening(of_card: buttons.CardButtons) -> list[ButtonSpec]:
    """The counted link, whose meaning is to be stored; a plain one needs none."""
    return [of_card.open] if of_card.open is not None and of_card.open.action is not None else []


def _support(reply: Reply, context: RenderContext) -> str:
    return "\n" + sentence("support", reply.language, link=context.support_link) if context.support_link else ""


def _body(text: str) -> str:
    return shorten(text, TEXT_UNITS) or "…"
