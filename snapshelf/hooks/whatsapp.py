"""WhatsApp's webhooks at Twilio's: a sender of one's own is set by the API, the sandbox by hand in the console."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bots.whatsapp.addresses import SANDBOX, message_address, status_address
from bots.whatsapp.api import TwilioApi
from bots.whatsapp.errors import Failed, Kind
from core.errors import SettingsError, SnapshelfError
from core.settings import Settings
from snapshelf.hooks.hook import Shown

CONSOLE = "https://console.twilio.com/us1/develop/sms/try-it-out/whatsapp-learn (Sandbox settings)"
SENDERS = "https://console.twilio.com/us1/develop/sms/senders/whatsapp-senders"


class WhatsAppHook:
    """See Hook."""

    def is_on(self, settings: Settings) -> bool:
        return settings.whatsapp_on

    async def set(self, settings: Settings) -> str:
        _needs_account(settings)
        message, status = message_address(settings.public_url), status_address(settings.public_url)
        await self._put(settings, message, status)
        return f"Twilio brings messages to {message} and their states to {status}."

    async def show(self, settings: Settings) -> Shown:
        _needs_account(settings)
        message, status = message_address(settings.public_url), status_address(settings.public_url)
        is_now = await _is_now(settings)
        lines = (
            f"enter at {CONSOLE if settings.whatsapp_from == SANDBOX else SENDERS}:",
            f"  when a message comes in: {message} (HTTP POST)",
            f"  status callback URL: {status} (HTTP POST)",
            f"address at Twilio's now: {is_now}",
        )
        return Shown(lines, {"url": message, "status_url": status, "is_now": is_now})

    async def delete(self, settings: Settings) -> str:
        _needs_account(settings)
        await self._put(settings, "", "")
        return "Twilio brings nothing any more: what people write from now on is lost to the bot."

    async def _put(self, settings: Settings, message: str, status: str) -> None:
        if settings.whatsapp_from == SANDBOX:
            raise SettingsError(
                f"The sandbox's addresses can only be entered by hand, at {CONSOLE}: "
                "`snapshelf webhooks show whatsapp` prints them."
            )
        webhook = {"callback_url": message, "callback_method": "POST"}
        webhook |= {"status_callback_url": status, "status_callback_method": "POST"}
        async with _api(settings) as api:
            sender = sender_of(await api.senders(), settings)
            if sender is None:
                raise SnapshelfError(f"Twilio knows no WhatsApp sender with this WHATSAPP_FROM: see {SENDERS}.")
            await api.set_webhooks(str(sender["sid"]), webhook)


def sender_of(senders: list[dict[str, Any]], settings: Settings) -> Mapping[str, Any] | None:
    """Our own among the account's WhatsApp senders."""
    return next((one for one in senders if one.get("sender_id") == settings.whatsapp_from), None)


async def _is_now(settings: Settings) -> str:
    if settings.whatsapp_from == SANDBOX:
        return "the sandbox does not tell"
    try:
        async with _api(settings) as api:
            sender = sender_of(await api.senders(), settings)
    except SnapshelfError as error:
        return f"not told ({error})"
    webhook = (sender or {}).get("webhook") or {}
    return str(webhook.get("callback_url") or "none")


def _needs_account(settings: Settings) -> None:
    if not settings.whatsapp_on:
        raise SettingsError(
            "Set SNAPSHELF_TWILIO_ACCOUNT_SID and SNAPSHELF_TWILIO_AUTH_TOKEN first: both stand on the first page "
            "of Twilio's console."
        )


@asynccontextmanager
async def _api(settings: Settings) -> AsyncIterator[TwilioApi]:
    async with TwilioApi(settings) as api:
        try:
            yield api
        except Failed as error:
            verdict = error.verdict
            sentence = verdict.reason if verdict.kind is Kind.ALARM else f"Twilio refused: {verdict.reason}."
            raise SnapshelfError(sentence) from None
