"""What an operator does: `snapshelf webhooks` and `doctor`, against the stand-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from bots.viber.api import EVENTS
from core.settings import PREFIX, Settings
from snapshelf.cli import cli
from snapshelf.doctor.check import State
from snapshelf.doctor.viber import viber_checks, webhook_checks
from tests.standins.viber import Bot, ViberServer

HOOK = "https://search.shop.example/viber/webhook"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Where a bot answers 200, as ours does."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/viber/webhook", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@pytest.fixture
def operated(viber: ViberServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> Bot:
    bot = viber.add_bot()
    monkeypatch.chdir(tmp_path)
    for name in ("TELEGRAM_TOKEN", "TWILIO_ACCOUNT_SID"):
        monkeypatch.delenv(f"{PREFIX}{name}", raising=False)
    monkeypatch.setenv(f"{PREFIX}VIBER_API", viber.url)
    monkeypatch.setenv(f"{PREFIX}VIBER_TOKEN", bot.token)
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", address)
    return bot


async def call(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, ["webhooks", *words])


async def test_a_webhook_is_set_while_viber_calls_it_then_shown_and_deleted(operated: Bot, address: str) -> None:
    result = await call("set", "viber")
    assert (result.exit_code, result.output) == (0, f"Viber brings events to {address}/viber/webhook.\n")
    assert operated.webhook == f"{address}/viber/webhook"
    assert operated.events == EVENTS
    assert f"address: {address}/viber/webhook" in (await call("show", "viber")).output
    shown = json.loads((await call("show", "--json")).output)
    assert (shown["url"], shown["events"]) == (operated.webhook, sorted(EVENTS))
    assert (await call("delete")).exit_code == 0
    assert operated.webhook == ""


async def test_an_address_that_viber_does_not_reach_is_one_sentence(
    operated: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "http://127.0.0.1:1")
    result = await call("set", "viber")
    assert result.exit_code == 1
    assert "start the bots first" in str(result.exception)
    assert operated.webhook == ""


async def test_viber_itself_takes_https_only(operated: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{PREFIX}VIBER_API")
    assert "https only" in str((await call("set", "viber")).exception)


async def test_a_refused_token_is_not_shown(operated: Bot, viber: ViberServer) -> None:
    viber.bots.clear()
    result = await call("show", "viber")
    assert result.exit_code == 1
    assert "VIBER_TOKEN" in str(result.exception)
    assert operated.token not in str(result.exception) + result.output


async def test_without_a_token_it_says_where_one_comes_from(operated: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{PREFIX}VIBER_TOKEN")
    assert "admin panel" in str((await call("show", "viber")).exception)


async def test_with_several_channels_it_asks_which(operated: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}TELEGRAM_TOKEN", "1:" + "a" * 35)
    monkeypatch.setenv(f"{PREFIX}TELEGRAM_SECRET", "a-secret")
    assert "telegram, viber" in str((await call("show")).exception)


@pytest.mark.parametrize(
    ("account", "state"),
    [
        ({"webhook": HOOK, "event_types": list(EVENTS)}, State.OK),
        ({"webhook": HOOK}, State.OK),
        ({"webhook": HOOK, "event_types": ["delivered"]}, State.WARN),
        ({"webhook": "https://staging.shop.example/viber/webhook"}, State.BAD),
        ({"webhook": ""}, State.BAD),
        ({}, State.BAD),
    ],
)
def test_doctor_tells_whether_events_come_in(account: dict[str, Any], state: State) -> None:
    (check,) = webhook_checks(account, "https://search.shop.example")
    assert check.state is state


async def test_doctor_asks_viber(settings: Settings, viber: ViberServer, bot: Bot) -> None:
    checks = await viber_checks(settings)
    assert [(check.name, check.state) for check in checks] == [("Viber", State.OK), ("Viber webhook", State.BAD)]
    viber.fail("get_account_info", kind="http", status=502)
    (away,) = await viber_checks(settings)
    assert (away.state, bot.token in away.text) == (State.BAD, False)
    viber.bots.clear()
    (refused,) = await viber_checks(settings)
    assert "VIBER_TOKEN" in refused.mend


async def test_doctor_says_that_viber_is_off(tmp_path: Path) -> None:
    (check,) = await viber_checks(Settings(data_dir=tmp_path, _env_file=None))
    assert check.text.startswith("off")
