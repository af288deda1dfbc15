"""The addresses that Twilio is to bring messages and states to (pure)."""

from __future__ import annotations

from urllib.parse import urldefrag

WEBHOOK_PATH, STATUS_PATH = "/whatsapp/webhook", "/whatsapp/status"
SANDBOX = "whatsapp:+14155238886"
"""Twilio's number for trying things out: https://www.twilio.com/docs/whatsapp/sandbox"""
OVERRIDES = "rc=2&rp=all&ct=2000&rt=4500&tt=15000"
"""Without these Twilio tries once and gives up; what it gives up is lost. Two repeats, whatever went wrong, 4.5 s for
each: together they fit into the 15 s that it has in all. Twilio keeps the fragment to itself.
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"""


def message_address(public_url: str) -> str:
    """What a person enters as “When a message comes in”."""
    return f"{public_url}{WEBHOOK_PATH}#{OVERRIDES}"


def status_address(public_url: str) -> str:
    """What a person enters as “Status callback URL”."""
    return f"{public_url}{STATUS_PATH}#{OVERRIDES}"


def leads_to(entered: str, wanted: str) -> bool:
    """Whether an address that was entered reaches the one that is wanted, with or without overrides."""
    return urldefrag(entered).url == urldefrag(wanted).url


def is_patient(entered: str) -> bool:
    """Whether it makes Twilio try again."""
    return "rp=" in urldefrag(entered).fragment
