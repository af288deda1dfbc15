"""An answer as lines of text (pure)."""

from __future__ import annotations

from bots.actions import Action, More, next_of, token_of
from bots.cards import Card, cards, clean
from bots.channel import ButtonSpec, Part, RenderContext
from bots.texts import label, notice_text, reply_text
from core.messages import Notice, Progress, Reply


def render_message(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """One part: the text, and the buttons below it."""
    match outgoing:
        case Reply():
            return [_answer(outgoing, context)]
        case Notice():
            return [_part(outgoing, notice_text(outgoing, context.shop_name), (), kind="text")]
        case Progress():
            return [_part(outgoing, outgoing.text, (), kind="text" if outgoing.done else "progress")]


def _answer(reply: Reply, context: RenderContext) -> Part:
    entries = cards(reply, context)
    lines = [reply_text(reply), *(line for card in entries for line in _card(card))]
    buttons = [
        _button(reply, label("more_number", reply.language, number=str(card.number)), More(card.product))
        for card in entries
    ]
    onward = next_of(reply)
    if onward is not None:
        buttons.append(_button(reply, label("next", reply.language), onward))
    return _part(reply, "\n".join(lines), tuple(buttons), kind="answer")


def _card(card: Card) -> list[str]:
    """Its title, what is known of it, and where to find it."""
    lines = [f"{card.number:>3}. {card.title}"]
    lines += [f"     {line}" for line in (card.detail, clean(card.why), card.link or "") if line]
    return lines


def _button(reply: Reply, text: str, action: Action) -> ButtonSpec:
    return ButtonSpec(text, action, token_of(reply.job, action))


def _part(outgoing: Reply | Notice | Progress, text: str, buttons: tuple[ButtonSpec, ...], *, kind: str) -> Part:
    payload = {
        "job": outgoing.job,
        "text": text,
        "buttons": [{"label": button.label, "token": button.token} for button in buttons],
        "last": kind != "progress",
    }
    return Part(outgoing.chat, outgoing.job, 0, kind, payload, buttons=buttons)
