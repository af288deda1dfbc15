"""`snapshelf webhooks` and `snapshelf doctor` against a stand-in for Twilio."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urldefrag

import pytest
from click.testing import CliRunner, Result

from bots.whatsapp.addresses import OVERRIDES, SANDBOX, is_patient, leads_to, message_address
from core.settings import PREFIX, Settings
from snapshelf.cli import cli
from snapshelf.doctor.check import State
from snapshelf.doctor.whatsapp import whatsapp_checks
from tests.standins.twilio import TwilioServer

PUBLIC = "https://search.shop.example"


@pytest.fixture
async def twilio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwilioServer]:
    monkeypatch.chdir(tmp_path)
    async with TwilioServer(public_url=PUBLIC) as server:
        for name, value in (server.settings() | {"media_hosts": ""}).items():
            monkeypatch.setenv(PREFIX + name.upper(), value)
        server.senders.append({"sid": "XE" + "0" * 32, "sender_id": server.sender, "status": "ONLINE", "webhook": None})
        yield server


async def call(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, ["webhooks", *words])


async def test_the_addresses_are_shown_with_what_makes_twilio_try_again(twilio: TwilioServer) -> None:
    result = await call("show", "whatsapp")
    assert f"{PUBLIC}/whatsapp/webhook#rc=2&rp=all&" in result.output
    assert f"{PUBLIC}/whatsapp/status#rc=2&rp=all&" in result.output
    assert "now: none" in result.output
    shown = json.loads((await call("show", "whatsapp", "--json")).output)
    assert shown == {
        "url": f"{PUBLIC}/whatsapp/webhook#{OVERRIDES}",
        "status_url": f"{PUBLIC}/whatsapp/status#{OVERRIDES}",
        "is_now": "none",
    }


def test_all_tries_fit_into_the_time_that_twilio_has() -> None:
    overrides = dict(parse_qsl(OVERRIDES))
    assert int(overrides["tt"]) <= 15000
    assert (1 + int(overrides["rc"])) * int(overrides["rt"]) <= int(overrides["tt"])
    assert leads_to(message_address(PUBLIC), urldefrag(message_address(PUBLIC)).url)
    assert is_patient(message_address(PUBLIC))


async def test_a_sender_of_ones_own_is_set_and_deleted(twilio: TwilioServer) -> None:
    assert (await call("set", "whatsapp")).exit_code == 0
    assert twilio.senders[0]["webhook"] == {
        "callback_url": f"{PUBLIC}/whatsapp/webhook#{OVERRIDES}",
        "callback_method": "POST",
        "status_callback_url": f"{PUBLIC}/whatsapp/status#{OVERRIDES}",
        "status_callback_method": "POST",
    }
    assert "/whatsapp/webhook" in (await call("show", "whatsapp")).output.splitlines()[-1]
    assert (await call("delete", "whatsapp")).exit_code == 0
    assert twilio.senders[0]["webhook"]["callback_url"] == ""


async def test_the_sandbox_is_set_by_hand_and_says_so(twilio: TwilioServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}WHATSAPP_FROM", SANDBOX)
    result = await call("set", "whatsapp")
    assert result.exit_code == 1
    assert "by hand" in str(result.exception)
    assert "Sandbox settings" in (await call("show", "whatsapp")).output


async def test_show_works_without_twilio_and_shows_no_token(twilio: TwilioServer) -> None:
    old, twilio.token = twilio.token, "another"
    result = await call("show", "whatsapp")
    assert result.exit_code == 0
    assert f"{PUBLIC}/whatsapp/webhook" in result.output
    assert "TWILIO_AUTH_TOKEN" in result.output
    assert old not in result.output
    assert old not in str((await call("set", "whatsapp")).exception)


async def test_without_an_account_it_says_where_one_is_found(
    twilio: TwilioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"{PREFIX}TWILIO_ACCOUNT_SID")
    monkeypatch.delenv(f"{PREFIX}TWILIO_AUTH_TOKEN")
    assert "console" in str((await call("show", "whatsapp")).exception)


# --- doctor -----------------------------------------------------------------------------------------------------


async def looked_at(twilio: TwilioServer, **changed: Any) -> dict[str, State]:
    settings = Settings(_env_file=None, **changed)
    checks = await whatsapp_checks(settings)
    assert twilio.token not in str(checks)
    assert twilio.sender.removeprefix("whatsapp:") not in str(checks)
    return {check.name: check.state for check in checks}


async def test_doctor_looks_at_account_sender_and_webhook(twilio: TwilioServer) -> None:
    assert await looked_at(twilio) == {
        "WhatsApp": State.OK,
        "WhatsApp sender": State.OK,
        "WhatsApp webhook": State.BAD,
    }
    webhook = {"callback_url": f"{PUBLIC}/whatsapp/webhook"}
    twilio.senders[0]["webhook"] = webhook
    assert (await looked_at(twilio))["WhatsApp webhook"] is State.WARN
    webhook["callback_url"] += f"#{OVERRIDES}"
    assert (await looked_at(twilio))["WhatsApp webhook"] is State.OK
    webhook["callback_url"] = "https://elsewhere.example/whatsapp/webhook"
    assert (await looked_at(twilio))["WhatsApp webhook"] is State.BAD
    twilio.senders[0]["status"] = "OFFLINE"
    assert (await looked_at(twilio))["WhatsApp sender"] is State.BAD
    twilio.senders.clear()
    assert (await looked_at(twilio))["WhatsApp sender"] is State.BAD
    twilio.fail("senders", kind="html", status=503)
    assert (await looked_at(twilio))["WhatsApp sender"] is State.WARN


async def test_doctor_warns_of_the_sandbox_and_of_plain_http(twilio: TwilioServer) -> None:
    found = await looked_at(twilio, whatsapp_from=SANDBOX, public_url="http://shop.example")
    assert found == {"WhatsApp": State.OK, "WhatsApp address": State.WARN, "WhatsApp sender": State.WARN}


# a GET is repeated once by the client itself
@pytest.mark.parametrize(
    "how", [{"code": 20003}, {"kind": "html", "status": 503}, {"kind": "broken"}, {"kind": "cut", "times": 2}]
)
async def test_doctor_says_what_keeps_twilio_from_answering(twilio: TwilioServer, how: dict[str, object]) -> None:
    twilio.fail("account", **how)
    assert await looked_at(twilio) == {"WhatsApp": State.BAD}


async def test_doctor_says_when_the_account_is_closed_or_the_channel_off(
    twilio: TwilioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio.account_status = "suspended"
    assert (await looked_at(twilio))["WhatsApp"] is State.BAD
    monkeypatch.delenv(f"{PREFIX}TWILIO_ACCOUNT_SID")
    monkeypatch.delenv(f"{PREFIX}TWILIO_AUTH_TOKEN")
    assert await looked_at(twilio) == {"WhatsApp": State.OK}
