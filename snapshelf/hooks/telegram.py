"""Telegram's webhook."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from telegram.error import TelegramError

from bots.telegram.api import BotApi
from bots.telegram.errors import classify
from bots.telegram.updates import ALLOWED_UPDATES
from core.errors import SettingsError, SnapshelfError
from core.settings import Settings
from snapshelf.hooks.hook import Shown

PORTS = (None, 443, 80, 88, 8443)
"""Those that Telegram delivers to."""


class TelegramHook:
    """See Hook."""

    def is_on(self, settings: Settings) -> bool:
        return settings.telegram_on

    async def set(self, settings: Settings) -> str:
        _needs_token(settings)
        if not settings.public_url:
            raise SettingsError("Set SNAPSHELF_PUBLIC_URL to the https address of this service first.")
        if settings.telegram_api == Settings.model_fields["telegram_api"].default:
            _deliverable(settings.public_url)
        address = f"{settings.public_url}/telegram/webhook"
        async with _api(settings) as api:
            await api.bot.set_webhook(
                address,
                secret_token=settings.telegram_secret.get_secret_value(),
                allowed_updates=list(ALLOWED_UPDATES),
            )
        return f"Telegram brings updates to {address}."

    async def show(self, settings: Settings) -> Shown:
        _needs_token(settings)
        async with _api(settings) as api:
            info = await api.bot.get_webhook_info()
        lines = [f"address: {info.url or 'none (long polling)'}", f"waiting: {info.pending_update_count}"]
        if info.last_error_date is not None:
            lines.append(f"last error: {info.last_error_date:%Y-%m-%d %H:%M:%S} UTC: {info.last_error_message}")
        at = info.last_error_date.isoformat() if info.last_error_date is not None else None
        found = {"url": info.url, "waiting": info.pending_update_count}
        return Shown(tuple(lines), found | {"last_error": info.last_error_message, "last_error_at": at})

    async def delete(self, settings: Settings) -> str:
        _needs_token(settings)
        async with _api(settings) as api:
            await api.bot.delete_webhook(drop_pending_updates=False)
        return "Telegram keeps updates now: run the bots without SNAPSHELF_PUBLIC_URL to fetch them."


def _needs_token(settings: Settings) -> None:
    if not settings.telegram_on:
        raise SettingsError("Set SNAPSHELF_TELEGRAM_TOKEN first: the token that @BotFather gave you.")


def _deliverable(url: str) -> None:
    """Raises SettingsError for what Telegram would refuse: anything but https on one of its ports."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.port not in PORTS:
        raise SettingsError("Telegram delivers to https on port 443, 80, 88 or 8443 only: change SNAPSHELF_PUBLIC_URL.")


@asynccontextmanager
async def _api(settings: Settings) -> AsyncIterator[BotApi]:
    async with BotApi(settings) as api:
        try:
            yield api
        except TelegramError as error:  # its text may hold the token
            raise SnapshelfError(f"Telegram refused: {classify(error).reason}.") from None
