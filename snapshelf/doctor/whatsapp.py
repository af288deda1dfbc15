"""WhatsApp: whether the account works, the sender is online and its messages are brought to us."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bots.whatsapp.addresses import SANDBOX, is_patient, leads_to, message_address
from bots.whatsapp.api import TwilioApi
from bots.whatsapp.errors import Failed, Kind
from core.settings import Settings
from snapshelf.doctor.check import Check, bad, ok, warn

SENDERS = "Messaging → Senders → WhatsApp senders in Twilio's console"


async def whatsapp_checks(settings: Settings) -> list[Check]:
    """Account, sender and webhook, by asking Twilio."""
    if not settings.whatsapp_on:
        return [ok("WhatsApp", "off (no TWILIO_ACCOUNT_SID).")]
    async with TwilioApi(settings) as api:
        try:
            account = await api.fetch_account()
        except Failed as error:
            return [_no_account(error, settings)]
        checks = [_account(account), *_public(settings)]
        if settings.whatsapp_from == SANDBOX:
            return [*checks, _sandbox()]
        try:
            return [*checks, *sender_checks(await api.senders(), settings)]
        except Failed as error:
            text = f"Twilio does not tell of its senders ({error})."
            return [*checks, warn("WhatsApp sender", text, f"Look at {SENDERS}.")]


def _no_account(error: Failed, settings: Settings) -> Check:
    if error.verdict.kind is Kind.ALARM:
        mend = "Copy both from the first page of Twilio's console into TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
        return bad("WhatsApp", "Twilio refuses the account SID or the auth token.", mend)
    host = urlsplit(settings.twilio_api).hostname
    return bad("WhatsApp", f"{host} does not answer as it should ({error}).", "Look at the network and TWILIO_API.")


def _account(account: dict[str, Any]) -> Check:
    if account.get("status") != "active":
        return bad("WhatsApp", "the account at Twilio's is not active.", "See its console: a payment may be missing.")
    if account.get("type") == "Trial":
        text = "the account works, as a trial: 50 messages a day."
        return warn("WhatsApp", text, "Upgrade it in Twilio's console before shoppers come.")
    return ok("WhatsApp", "the account at Twilio's works.")


def _public(settings: Settings) -> list[Check]:
    if settings.public_url.startswith("https://"):
        return []
    mend = "Put a web server with a certificate before it and set PUBLIC_URL to its https address."
    return [warn("WhatsApp address", "PUBLIC_URL is not https: photos and numbers travel in the open.", mend)]


def _sandbox() -> Check:
    text = "WHATSAPP_FROM is Twilio's sandbox: a number shared by all, a message in 3 s, members leave after 3 days."
    return warn("WhatsApp sender", text, "Good for trying out; docs/channels/whatsapp.md says how to get your own.")


def sender_checks(senders: list[dict[str, Any]], settings: Settings) -> list[Check]:
    """Whether our sender is online, and where its messages go."""
    sender = next((one for one in senders if one.get("sender_id") == settings.whatsapp_from), None)
    if sender is None:
        text = "this account has no WhatsApp sender with the number of WHATSAPP_FROM."
        return [bad("WhatsApp sender", text, f"Look at {SENDERS}.")]
    state = str(sender.get("status") or "unknown")
    if not state.upper().startswith("ONLINE"):
        return [bad("WhatsApp sender", f"it is not online ({state[:40]}).", f"Look at {SENDERS}.")]
    webhook = sender.get("webhook") or {}
    return [ok("WhatsApp sender", "it is online."), _webhook(str(webhook.get("callback_url") or ""), settings)]


def _webhook(entered: str, settings: Settings) -> Check:
    name, wanted = "WhatsApp webhook", message_address(settings.public_url)
    if not entered:
        return bad(name, "none is set: messages are lost.", "Run `snapshelf webhooks set whatsapp`.")
    if not leads_to(entered, wanted):
        text = f"it points at host {urlsplit(entered).hostname}, or another path."
        return bad(name, text, "Run `snapshelf webhooks set whatsapp`.")
    if not is_patient(entered):
        text = "it points at PUBLIC_URL, and Twilio tries once only: what we miss is lost."
        return warn(name, text, "Run `snapshelf webhooks set whatsapp`, which adds what makes it try again.")
    return ok(name, "it points at PUBLIC_URL.")
