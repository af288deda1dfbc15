"""An answer as lines of text (pure)."""

from __future__ import annotations

from bots import buttons
from bots.cards import Card, cards, clean
from bots.channel import ButtonSpec, Part, RenderContext
from bots.leading import leading_text
from bots.texts import notice_text
from core.messages import Notice, Progress, Reply


def render_message(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """One part: the text, and the buttons below it."""
    match outgoing:
        case Reply():
            return [_answer(outgoing, context)]
        case Notice():
            return [
                _part(
                    outgoing, notice_text(outgoing, context.shop_name), tuple(buttons.of_notice(outgoing)), kind="text"
                )
            ]
        case Progress():
            return [_part(outgoing, outgoing.text, (), kind="text" if outgoing.done else "progress")]


def _answer(reply: Reply, context: RenderContext) -> Part:
    entries = cards(reply, context)
    lines = [leading_text(reply, context), *(line for card in entries for line in _card(card))]
    of_cards = [buttons.of_card(reply, card, context, numbered=True) for card in entries]
    specs = [spec for of_card in of_cards for spec in (of_card.more, of_card.up)] + buttons.of_answer(reply)
    return _part(reply, "\n".join(lines), tuple(specs), kind="answer")


def _card(card: Card) -> list[str]:
    """Its title, what is known of it, and where to find it."""
    lines = [f"{card.number:>3}. {card.title}"]
    lines += [f"     {line}" for line in (card.detail, clean(card.why), card.link or "") if line]
    return lines


def _part(outgoing: Reply | Notice | Progress, text: str, specs: tuple[ButtonSpec, ...], *, kind: str) -> Part:
    payload = {
        "job": outgoing.job,
        "text": text,
        "buttons": [{"label": button.label, "token": button.token} for button in specs],
        "last": kind != "progress",
    }
    return Part(outgoing.chat, outgoing.job, 0, kind, payload, buttons=specs)
