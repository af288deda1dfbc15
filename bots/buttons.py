"""The buttons under an answer, the same for every channel (pure): each `render.py` takes what its messages hold.

A token follows from job and action, so that an answer rendered again has the same buttons.
"""

from __future__ import annotations

from dataclasses import dataclass

from bots import actions
from bots.actions import Action
from bots.cards import Card, clean, shorten
from bots.channel import ButtonSpec, RenderContext
from bots.texts import label
from core.messages import Filters, Notice, Offer, Reply, channel_of

VALUE_UNITS = 20
"""A colour or category on a button, at most."""


@dataclass(frozen=True, slots=True)
class CardButtons:
    """What can be done with one product."""

    more: ButtonSpec
    open: ButtonSpec | None
    """None where the product has no page."""
    up: ButtonSpec


def of_card(reply: Reply, card: Card, context: RenderContext, *, numbered: bool) -> CardButtons:
    """`numbered` where the buttons of all cards stand together below the list."""
    language, number = reply.language, str(card.number)

    def words(name: str) -> str:
        return label(f"{name}_number", language, number=number) if numbered else label(name, language)

    return CardButtons(
        more=_button(reply.job, words("more"), actions.More(card.product)),
        open=_open(reply, words("open"), card, context),
        up=_button(reply.job, words("up"), actions.judge_of(reply, "up", card.product)),
    )


def of_answer(reply: Reply) -> list[ButtonSpec]:
    """Next, the worker's offers, and “None of these”, in the order in which to drop them from the end."""
    buttons = []
    onward = actions.next_of(reply)
    if onward is not None:
        buttons.append(_button(reply.job, label("next", reply.language), onward))
    buttons += [_offer(reply, offer) for offer in reply.offers]
    if reply.hits:
        buttons.append(_button(reply.job, label("down", reply.language), actions.judge_of(reply, "down")))
    return buttons


def of_notice(notice: Notice) -> list[ButtonSpec]:
    """What a sentence of the conversation offers; `args` carries what its buttons need."""
    match notice.name, dict(notice.args):
        case "liked", {"of": job, "product": product, "results": results, "generation": generation}:
            bought = actions.Judge(job, "bought", product, tuple(results.split("\n")), generation)
            return [_button(notice.job, label("bought", notice.language), bought)]
        case "language", {"choices": choices}:
            return [
                _button(notice.job, label(f"language_{code}", code), actions.Speak(code)) for code in choices.split()
            ]
        case _:
            return []


def support(context: RenderContext, language: str) -> ButtonSpec | None:
    """The way to a person, where the shop named one."""
    if not context.support_link:
        return None
    return ButtonSpec(label("ask_a_person", language), url=context.support_link)


def _offer(reply: Reply, offer: Offer) -> ButtonSpec:
    value = shorten(clean(offer.value.rpartition(">")[2]), VALUE_UNITS)
    filters = offer.filters if offer.name != "all" else Filters()
    return _button(
        reply.job, label(f"offer_{offer.name}", reply.language, value=value), actions.Narrow(reply.job, filters)
    )


def _open(reply: Reply, words: str, card: Card, context: RenderContext) -> ButtonSpec | None:
    if not card.link:
        return None
    if not (context.count_taps and context.public_url):
        return ButtonSpec(words, url=card.link)
    action = actions.Open(card.product, card.link, channel_of(reply.chat))
    token = actions.token_of(reply.job, action)
    return ButtonSpec(words, action, token, f"{context.public_url}/go/{token}")


def _button(job: str, words: str, action: Action) -> ButtonSpec:
    return ButtonSpec(words, action, actions.token_of(job, action))
