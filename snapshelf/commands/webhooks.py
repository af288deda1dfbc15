"""`snapshelf webhooks`: tell the providers where to bring updates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import click

from core.errors import SettingsError
from core.settings import Settings, load_settings
from snapshelf.hooks.hook import Hook
from snapshelf.hooks.telegram import TelegramHook
from snapshelf.hooks.viber import ViberHook
from snapshelf.hooks.whatsapp import WhatsAppHook

HOOKS: Mapping[str, Hook] = {"telegram": TelegramHook(), "viber": ViberHook(), "whatsapp": WhatsAppHook()}

_channel = click.argument("channel", type=click.Choice(list(HOOKS)), required=False)


@click.group()
def webhooks() -> None:
    """Set, show or delete the webhook of a channel; without a name: of the one that is switched on.

    Example: SNAPSHELF_PUBLIC_URL=https://search.shop.example snapshelf webhooks set telegram
    """


@webhooks.command("set")
@_channel
def set_(channel: str | None) -> None:
    """Let the provider bring updates to PUBLIC_URL.

    Telegram needs TELEGRAM_SECRET. Viber calls the webhook while it is set: start the bots first. WhatsApp's sandbox is
    set by hand in Twilio's console: `show` prints what to enter.
    """
    settings, hook = _chosen(channel)
    click.echo(asyncio.run(hook.set(settings)))


@webhooks.command()
@_channel
@click.option("--json", "as_json", is_flag=True, help="One JSON object: url, and what else the provider tells.")
def show(channel: str | None, as_json: bool) -> None:
    """Show where the provider brings updates, and what it tells of them."""
    settings, hook = _chosen(channel)
    shown = asyncio.run(hook.show(settings))
    click.echo(json.dumps(shown.data) if as_json else "\n".join(shown.lines))


@webhooks.command()
@_channel
def delete(channel: str | None) -> None:
    """Let the provider bring nothing any more. Telegram keeps updates until they are fetched (long polling)."""
    settings, hook = _chosen(channel)
    click.echo(asyncio.run(hook.delete(settings)))


def _chosen(channel: str | None) -> tuple[Settings, Hook]:
    """Raises SettingsError where it is not clear which channel is meant."""
    settings = load_settings()
    if channel is not None:
        return settings, HOOKS[channel]
    on = [name for name, hook in HOOKS.items() if hook.is_on(settings)]
    if len(on) > 1:
        raise SettingsError(f"Say which webhook you mean: {', '.join(on)}.")
    return settings, HOOKS[on[0] if on else "telegram"]
