"""Viber: whether the token works and events can come in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bots.viber.api import EVENTS, WEBHOOK_PATH, ViberApi
from bots.viber.errors import Failed, Kind
from core.settings import Settings
from snapshelf.doctor.check import Check, bad, ok, warn

SET = "Start the bots, then run `snapshelf webhooks set viber`."


async def viber_checks(settings: Settings) -> list[Check]:
    """Token and webhook, by asking Viber."""
    if not settings.viber_on:
        return [ok("Viber", "off (no VIBER_TOKEN).")]
    try:
        async with ViberApi(settings) as api:
            account = await api.account()
    except Failed as error:
        if error.verdict.kind is Kind.ALARM:
            return [bad("Viber", "it refuses this bot.", error.verdict.reason)]
        host = urlsplit(settings.viber_api).hostname
        text = f"{host} does not answer as it should ({error.verdict.reason})."
        return [bad("Viber", text, "Look at the network and VIBER_API.")]
    return [_bot(account), *webhook_checks(account, settings.public_url)]


def _bot(account: dict[str, Any]) -> Check:
    people = account.get("subscribers_count")
    counted = f", {people} subscribers" if isinstance(people, int) else ""
    return ok("Viber", f"the token belongs to {account.get('name') or 'a bot'}{counted}.")


def webhook_checks(account: dict[str, Any], public_url: str) -> list[Check]:
    """Whether events come to PUBLIC_URL, and all that we need. One bot has one webhook: the last that was set."""
    name, url = "Viber webhook", account.get("webhook") or ""
    if not url:
        return [bad(name, "none is set, and without one Viber takes no messages.", SET)]
    if url != f"{public_url}{WEBHOOK_PATH}":
        text = f"it points at host {urlsplit(str(url)).hostname}, or another path."
        return [bad(name, text, f"If another installation has this bot, stop one of the two. {SET}")]
    told = account.get("event_types")
    missing = sorted(set(EVENTS) - set(told)) if isinstance(told, list) else []
    if missing:
        return [warn(name, f"these events do not come: {', '.join(missing)}.", SET)]
    return [ok(name, "it points at PUBLIC_URL.")]
