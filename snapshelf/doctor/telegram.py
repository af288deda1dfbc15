"""Telegram: whether the token works and updates can come in. The library's errors carry the token: none is shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from core.settings import Settings
from core.telemetry import redact
from snapshelf.doctor.check import Check, bad, ok, warn

ANSWER_S = 10.0
MANY_PENDING = 100


async def telegram_checks(settings: Settings) -> list[Check]:
    """Token and webhook, by asking Telegram."""
    if not settings.telegram_on:
        return [ok("Telegram", "off (no TELEGRAM_TOKEN).")]
    bot = Bot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{settings.telegram_api}/bot",
        base_file_url=f"{settings.telegram_api}/file/bot",
        request=HTTPXRequest(connect_timeout=ANSWER_S, read_timeout=ANSWER_S),
        get_updates_request=HTTPXRequest(connect_timeout=ANSWER_S, read_timeout=ANSWER_S),
    )
    try:
        async with bot:
            name, info = bot.username, await bot.get_webhook_info()
    except InvalidToken:
        return [bad("Telegram", "it does not know this token.", "Ask @BotFather for the token; set TELEGRAM_TOKEN.")]
    except TimedOut:
        return [_unreachable(settings, "no answer in time")]
    except TelegramError as error:
        return [_unreachable(settings, type(error).__name__)]
    return [ok("Telegram", f"the token belongs to @{name}."), *webhook_checks(info, settings.public_url)]


def _unreachable(settings: Settings, why: str) -> Check:
    host = urlsplit(settings.telegram_api).hostname
    return bad("Telegram", f"{host} does not answer as it should ({why}).", "Look at the network and TELEGRAM_API.")


def webhook_checks(info: WebhookInfo, public_url: str) -> list[Check]:
    """Whether updates come in the way that the settings want, and what Telegram complained of last."""
    checks = [_address(info.url, public_url)]
    if info.last_error_message:
        when = f" on {info.last_error_date:%Y-%m-%d %H:%M} UTC" if info.last_error_date else ""
        text = f"last error{when}: {redact(info.last_error_message)}"
        checks.append(warn("Telegram delivery", text, "If it goes on, open PUBLIC_URL from outside: /healthz says ok."))
    if info.pending_update_count > MANY_PENDING:
        text = f"{info.pending_update_count} updates wait at Telegram."
        checks.append(warn("Telegram queue", text, "See that `snapshelf bots` runs and that PUBLIC_URL reaches it."))
    return checks


def _address(url: str, public_url: str) -> Check:
    name, wanted = "Telegram webhook", f"{public_url}/telegram/webhook"
    if not public_url:
        if url:
            text = f"one is set (host {urlsplit(url).hostname}), so that long polling gets nothing."
            return bad(name, text, "Run `snapshelf webhooks delete`, or set PUBLIC_URL.")
        return ok(name, "none, as PUBLIC_URL is empty: updates are fetched by long polling.")
    if url == wanted:
        return ok(name, "it points at PUBLIC_URL.")
    text = f"it points at host {urlsplit(url).hostname}, or another path." if url else "none is set."
    return bad(name, text, "Run `snapshelf webhooks set`.")
