"""An answer as the one event that the page shows (pure). The page puts every text in by textContent."""

from __future__ import annotations

from typing import Any

from bots import actions
from bots.cards import price_text
from bots.channel import ButtonSpec, Part, RenderContext
from bots.texts import label, notice_text, reply_text
from core.messages import Hit, Notice, Progress, Reply


def render_message(outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
    """One part: words, or cards with their buttons."""
    if isinstance(outgoing, Reply):
        return [_reply(outgoing, context)]
    text = notice_text(outgoing, context.shop_name) if isinstance(outgoing, Notice) else outgoing.text
    kind = "progress" if isinstance(outgoing, Progress) else "text"
    return [_part(outgoing, kind, {"type": "text", "text": text, "buttons": []}, ())]


def _reply(reply: Reply, context: RenderContext) -> Part:
    text = reply_text(reply)
    if not reply.hits:
        warn = reply.outcome in ("refused", "failed")
        return _part(
            reply, "text", {"type": "text", "text": text, "warn": warn, "buttons": _support(context, reply)}, ()
        )
    specs: list[ButtonSpec] = []
    hits = [_card(reply, hit, context, specs) for hit in reply.hits]
    payload = {
        "type": "cards",
        "text": text,
        "close": reply.close,
        "hits": hits,
        "buttons": [_next(reply, specs), *_support(context, reply)],
        "timings": dict(reply.timings),
        "generation": reply.generation,
    }
    return _part(reply, "cards", payload, tuple(specs))


def _part(
    outgoing: Reply | Notice | Progress, kind: str, payload: dict[str, Any], specs: tuple[ButtonSpec, ...]
) -> Part:
    job = outgoing.job
    return Part(outgoing.chat, job, 0, kind, payload | {"job": job}, buttons=specs)


def _card(reply: Reply, hit: Hit, context: RenderContext, specs: list[ButtonSpec]) -> dict[str, Any]:
    more = actions.More(hit.id)
    token = actions.token_of(reply.job, more)
    specs.append(ButtonSpec(label("more", reply.language), action=more, token=token))
    buttons = [{"label": label("more", reply.language), "token": token, "about": hit.title}]
    if hit.link:
        buttons.append({"label": label("open", reply.language), "url": hit.link, "about": hit.title})
    price = price_text(hit.price, hit.currency or context.currency, reply.language)
    by_photo = hit.similarity if hit.similarity > 0 else None
    return {
        "id": hit.id,
        "title": hit.title,
        "price_text": price,
        "brand": hit.brand,
        "category": hit.category,
        "picture": hit.picture,
        "similarity": by_photo,
        "why": list(hit.why),
        "buttons": buttons,
    }


def _next(reply: Reply, specs: list[ButtonSpec]) -> dict[str, Any]:
    action = actions.Next(reply.job, reply.shown)
    token = actions.token_of(reply.job, action)
    specs.append(ButtonSpec(label("next", reply.language), action=action, token=token))
    return {"label": label("next", reply.language), "token": token}


def _support(context: RenderContext, reply: Reply) -> list[dict[str, Any]]:
    if not context.support_link:
        return []
    return [{"label": label("ask_a_person", reply.language), "url": context.support_link}]
