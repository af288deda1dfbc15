"""An answer as the one event that the page shows (pure). The page puts every text in by textContent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bots import buttons
from bots.cards import Card, cards, price_text
from bots.channel import ButtonSpec, Part, RenderContext
from bots.leading import leading_text
from bots.texts import notice_text, why_text
from core.messages import Hit, Notice, Progress, Reply


def render_message(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """One part: words, or cards with their buttons."""
    if isinstance(outgoing, Reply):
        return [_reply(outgoing, context)]
    if isinstance(outgoing, Progress):
        return [_part(outgoing, "progress", {"type": "text", "text": outgoing.text, "buttons": []}, ())]
    specs = buttons.of_notice(outgoing)
    text = notice_text(outgoing, context.shop_name)
    return [_part(outgoing, "text", {"type": "text", "text": text, "buttons": _shown(specs)}, specs)]


def _reply(reply: Reply, context: RenderContext) -> Part:
    text, specs = leading_text(reply, context), buttons.of_answer(reply)
    person = buttons.support(context, reply.language)
    specs += [person] if person is not None else []
    if not reply.hits:
        warn = reply.outcome in ("refused", "failed")
        return _part(reply, "text", {"type": "text", "text": text, "warn": warn, "buttons": _shown(specs)}, specs)
    found = [_card(reply, hit, card, context) for hit, card in zip(reply.hits, cards(reply, context), strict=True)]
    payload = {
        "type": "cards",
        "text": text,
        "close": reply.close,
        "hits": [card for card, _ in found],
        "buttons": _shown(specs),
        "timings": dict(reply.timings),
        "generation": reply.generation,
    }
    return _part(reply, "cards", payload, [spec for _, of_card in found for spec in of_card] + specs)


def _part(outgoing: Reply | Notice | Progress, kind: str, payload: dict[str, Any], specs: Sequence[ButtonSpec]) -> Part:
    job = outgoing.job
    return Part(outgoing.chat, job, 0, kind, payload | {"job": job}, buttons=tuple(specs))


def _card(reply: Reply, hit: Hit, card: Card, context: RenderContext) -> tuple[dict[str, Any], list[ButtonSpec]]:
    of_card = buttons.of_card(reply, card, context, numbered=False)
    specs = [spec for spec in (of_card.open, of_card.more, of_card.up) if spec is not None]
    shown = {
        "id": hit.id,
        "title": hit.title,
        "price_text": price_text(hit.price, hit.currency or context.currency, reply.language),
        "brand": hit.brand,
        "category": hit.category,
        "picture": hit.picture,
        "similarity": hit.similarity if hit.similarity > 0 else None,
        "why": [why_text(why, reply.language) for why in hit.why],
        "buttons": _shown(specs, about=hit.title),
    }
    return shown, specs


def _shown(specs: Sequence[ButtonSpec], about: str = "") -> list[dict[str, Any]]:
    """As the page draws them; `about` is read out beside a label that says the same on every card."""
    told = {"about": about} if about else {}
    return [{"label": spec.label} | ({"url": spec.url} if spec.url else {"token": spec.token}) | told for spec in specs]
