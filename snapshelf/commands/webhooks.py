"""`snapshelf webhooks`: tell the providers where to bring updates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import click
from telegram.error import TelegramError

from bots.telegram.api import BotApi
from bots.telegram.errors import classify
from bots.telegram.updates import ALLOWED_UPDATES
from core.errors import SettingsError, SnapshelfError
from core.settings import Settings, load_settings

CHANNELS = ("telegram",)
PORTS = (None, 443, 80, 88, 8443)
"""Those that Telegram delivers to."""

_channel = click.argument("channel", type=click.Choice(CHANNELS), default="telegram")


@click.group()
def webhooks() -> None:
    """Set, show or delete the webhook of the Telegram bot.

    Example: SNAPSHELF_PUBLIC_URL=https://search.shop.example snapshelf webhooks set telegram
    """


@webhooks.command("set")
@_channel
def set_(channel: str) -> None:
    """Let Telegram bring updates to PUBLIC_URL (needs TELEGRAM_SECRET)."""
    settings = _settings()
    if not settings.public_url:
        raise SettingsError("Set SNAPSHELF_PUBLIC_URL to the https address of this service first.")
    if settings.telegram_api == Settings.model_fields["telegram_api"].default:
        _deliverable(settings.public_url)
    address = f"{settings.public_url}/telegram/webhook"

    async def work(api: BotApi) -> None:
        await api.bot.set_webhook(
            address,
            secret_token=settings.telegram_secret.get_secret_value(),
            allowed_updates=list(ALLOWED_UPDATES),
        )

    _with_bot(settings, work)
    click.echo(f"Telegram brings updates to {address}.")


@webhooks.command()
@_channel
@click.option("--json", "as_json", is_flag=True, help="One JSON object: url, waiting, last_error, last_error_at.")
def show(channel: str, as_json: bool) -> None:
    """Show where Telegram brings updates, how many wait, and its last error."""

    async def work(api: BotApi) -> None:
        info = await api.bot.get_webhook_info()
        if as_json:
            at = info.last_error_date.isoformat() if info.last_error_date is not None else None
            found = {"url": info.url, "waiting": info.pending_update_count}
            click.echo(json.dumps(found | {"last_error": info.last_error_message, "last_error_at": at}))
            return
        click.echo(f"address: {info.url or 'none (long polling)'}")
        click.echo(f"waiting: {info.pending_update_count}")
        if info.last_error_date is not None:
            click.echo(f"last error: {info.last_error_date:%Y-%m-%d %H:%M:%S} UTC: {info.last_error_message}")

    _with_bot(_settings(), work)


@webhooks.command()
@_channel
def delete(channel: str) -> None:
    """Let Telegram keep updates until they are fetched (long polling); none is dropped."""

    async def work(api: BotApi) -> None:
        await api.bot.delete_webhook(drop_pending_updates=False)

    _with_bot(_settings(), work)
    click.echo("Telegram keeps updates now: run the bots without SNAPSHELF_PUBLIC_URL to fetch them.")


def _deliverable(url: str) -> None:
    """Raises SettingsError for what Telegram would refuse: anything but https on one of its ports."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.port not in PORTS:
        raise SettingsError("Telegram delivers to https on port 443, 80, 88 or 8443 only: change SNAPSHELF_PUBLIC_URL.")


def _settings() -> Settings:
    settings = load_settings()
    if not settings.telegram_on:
        raise SettingsError("Set SNAPSHELF_TELEGRAM_TOKEN first: the token that @BotFather gave you.")
    return settings


def _with_bot(settings: Settings, work: Callable[[BotApi], Awaitable[None]]) -> None:
    async def run() -> None:
        api = BotApi(settings)
        await api.open()
        try:
            await work(api)
        except TelegramError as error:  # its text may hold the token
            raise SnapshelfError(f"Telegram refused: {classify(error).reason}.") from None
        finally:
            await api.close()

    asyncio.run(run())
