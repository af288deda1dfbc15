"""Viber's webhook: while it is being set Viber calls it, so that the bots must run already."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.viber.api import WEBHOOK_PATH, ViberApi
from bots.viber.errors import Failed, Kind
from core.errors import SettingsError, SnapshelfError
from core.settings import Settings
from snapshelf.hooks.hook import Shown

UNREACHED = 1
"""The status that says that Viber's call of the webhook was not answered by 200."""


class ViberHook:
    """See Hook."""

    def is_on(self, settings: Settings) -> bool:
        return settings.viber_on

    async def set(self, settings: Settings) -> str:
        _needs_token(settings)
        by_default = settings.viber_api == Settings.model_fields["viber_api"].default
        if by_default and not settings.public_url.startswith("https://"):
            raise SettingsError("Viber delivers to https only: change SNAPSHELF_PUBLIC_URL.")
        address = f"{settings.public_url}{WEBHOOK_PATH}"
        async with _api(settings) as api:
            await api.set_webhook(address)
        return f"Viber brings events to {address}."

    async def show(self, settings: Settings) -> Shown:
        _needs_token(settings)
        async with _api(settings) as api:
            account = await api.account()
        url, told = account.get("webhook") or "", account.get("event_types")
        events = sorted(str(event) for event in told) if isinstance(told, list) else []
        data = {
            "url": url,
            "events": events,
            "name": account.get("name"),
            "uri": account.get("uri"),
            "subscribers": account.get("subscribers_count"),
        }
        lines = (
            f"address: {url or 'none'}",
            f"events: {', '.join(events) or 'not told'}",
            f"bot: {data['name']} (viber://pa?chatURI={data['uri']}), {data['subscribers']} subscribers",
        )
        return Shown(lines, data)

    async def delete(self, settings: Settings) -> str:
        _needs_token(settings)
        async with _api(settings) as api:
            await api.set_webhook("")
        return "Viber brings nothing any more, and takes no messages of this bot until a webhook is set again."


def _needs_token(settings: Settings) -> None:
    if not settings.viber_on:
        raise SettingsError("Set SNAPSHELF_VIBER_TOKEN first: the token from Viber's admin panel.")


@asynccontextmanager
async def _api(settings: Settings) -> AsyncIterator[ViberApi]:
    async with ViberApi(settings) as api:
        try:
            yield api
        except Failed as error:
            raise SnapshelfError(_sentence(error, settings)) from None


def _sentence(error: Failed, settings: Settings) -> str:
    verdict = error.verdict
    if verdict.status == UNREACHED:
        return (
            f"Viber got no 200 from {settings.public_url}{WEBHOOK_PATH}: start the bots first, and see that this "
            "address reaches them from outside by https, with a certificate that is not self-signed."
        )
    return verdict.reason if verdict.kind is Kind.ALARM else f"Viber refused: {verdict.reason}."
