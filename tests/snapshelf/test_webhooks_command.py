"""`snapshelf webhooks` against a stand-in for Telegram."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.settings import PREFIX
from snapshelf.cli import cli
from tests.standins.telegram import Bot, TelegramServer


@pytest.fixture
async def telegram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramServer]:
    monkeypatch.chdir(tmp_path)
    async with TelegramServer() as server:
        monkeypatch.setenv(f"{PREFIX}TELEGRAM_API", server.url)
        yield server


@pytest.fixture
def bot(telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> Bot:
    bot = telegram.add_bot()
    monkeypatch.setenv(f"{PREFIX}TELEGRAM_TOKEN", bot.token)
    monkeypatch.setenv(f"{PREFIX}TELEGRAM_SECRET", "a-secret")
    return bot


async def call(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, ["webhooks", *words])


async def test_a_webhook_is_set_shown_and_deleted(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "https://search.shop.example/")
    assert (await call("set", "telegram")).exit_code == 0
    assert bot.webhook is not None
    assert bot.webhook["url"] == "https://search.shop.example/telegram/webhook"
    assert bot.webhook["secret"] == "a-secret"
    assert bot.webhook["allowed"] == ["message", "callback_query", "my_chat_member"]
    assert "https://search.shop.example/telegram/webhook" in (await call("show")).output
    shown = json.loads((await call("show", "telegram", "--json")).output)
    assert shown == {
        "url": "https://search.shop.example/telegram/webhook",
        "waiting": 0,
        "last_error": None,
        "last_error_at": None,
    }
    assert (await call("delete")).exit_code == 0
    assert bot.webhook is None
    assert "long polling" in (await call("show")).output


async def test_without_a_public_address_nothing_is_set(bot: Bot) -> None:
    result = await call("set")
    assert result.exit_code == 1
    assert "SNAPSHELF_PUBLIC_URL" in str(result.exception)


@pytest.mark.parametrize("url", ["http://search.shop.example", "https://search.shop.example:8080"])
async def test_an_address_that_telegram_would_refuse_is_refused_before_it_is_asked(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", url)
    monkeypatch.delenv(f"{PREFIX}TELEGRAM_API")
    result = await call("set")
    assert "443, 80, 88 or 8443" in str(result.exception)


async def test_a_webhook_without_a_secret_is_refused(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "https://search.shop.example")
    monkeypatch.delenv(f"{PREFIX}TELEGRAM_SECRET")
    result = await call("set")
    assert "TELEGRAM_SECRET" in str(result.exception)


async def test_without_a_token_it_says_where_one_comes_from(
    telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"{PREFIX}TELEGRAM_TOKEN", raising=False)
    assert "BotFather" in str((await call("show")).exception)


async def test_a_refused_token_is_not_shown(telegram: TelegramServer, bot: Bot) -> None:
    telegram.bots.clear()
    result = await call("show")
    assert result.exit_code == 1
    assert bot.token not in str(result.exception) + result.output
