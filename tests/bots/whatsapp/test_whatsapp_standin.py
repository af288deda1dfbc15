"""The stand-in refuses what the real Twilio refuses; a channel that passes here means something."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.standins.twilio import TwilioServer

ANN = "whatsapp:+4915112345678"
LIST = {"body": "{{1}}", "button": "{{2}}", "items": [{"item": "{{3}}", "id": "{{4}}", "description": "{{5}}"}]}
DEFINITION = {"friendly_name": "x", "language": "en", "variables": {str(n): "x" for n in range(1, 6)}}
DEFINITION |= {"types": {"twilio/list-picker": LIST}}
FILLED = {"1": "Hits", "2": "Choose", "3": "More", "4": "abc", "5": "a shoe"}


class Caller:
    """Calls as any client would."""

    def __init__(self, twilio: TwilioServer, session: aiohttp.ClientSession) -> None:
        self.twilio, self.session = twilio, session

    async def __call__(self, path: str, *, token: str | None = None, **how: Any) -> tuple[int, Any]:
        auth = aiohttp.encode_basic_auth(self.twilio.account, token or self.twilio.token)
        async with self.session.post(f"{self.twilio.url}{path}", headers={"Authorization": auth}, **how) as answer:
            return answer.status, await answer.json()

    async def send(self, **form: Any) -> int:
        """The error's code, or 201."""
        values = {"From": self.twilio.sender, "To": ANN, "Body": "hello"} | form
        form = {name: value for name, value in values.items() if value is not None}
        status, body = await self(f"/2010-04-01/Accounts/{self.twilio.account}/Messages.json", data=form)
        return int(body["code"]) if status >= 400 else status

    async def create(self, definition: Any) -> str:
        return str((await self("/v1/Content", json=definition))[1]["sid"])

    async def late(self, **form: Any) -> int | None:
        """What becomes of a message that was accepted."""
        assert await self.send(**form) == 201
        message = self.twilio.messages[-1]
        await self.twilio.wait_for(lambda: "error" in message)
        return None if message["error"] is None else int(message["error"])


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with TwilioServer() as twilio, aiohttp.ClientSession() as session:
        twilio.heard[ANN] = time.time()
        yield Caller(twilio, session)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 201),
        ({"Body": "x" * 1600}, 201),
        ({"To": "whatsapp:UA.13491208655302741918"}, 201),
        ({"Body": "x" * 1601}, 21617),
        ({"Body": "👟" * 801}, 21617),
        ({"Body": None}, 21602),
        ({"To": None}, 21604),
        ({"From": None}, 21603),
        ({"To": "+4915112345678"}, 21910),
        ({"To": "whatsapp:12345"}, 21211),
        ({"From": "whatsapp:+10000000"}, 63007),
        ({"MediaUrl": "file:///etc/passwd"}, 21620),
        ({"ContentSid": "HX" + "0" * 32, "Body": None}, 21655),
        ({"ContentSid": "HX" + "0" * 32}, 21656),
        ({"ContentVariables": "{}"}, 21654),
        ({"StatusCallback": "shop.example"}, 21609),
        ({"StatusCallback": "https://my_shop.example/x"}, 21609),
        ({"Parsemode": "markdown"}, 20001),
        ({"ValidityPeriod": "36001"}, 21616),
    ],
)
async def test_a_message_that_twilio_would_refuse_is_refused(call: Caller, form: dict[str, Any], code: int) -> None:
    assert await call.send(**form) == code


@pytest.mark.parametrize("variables", ["{", "[1]", '{"1": 2}', '{"1": ""}', '{"1": "x"}'])
async def test_variables_are_a_string_of_all_texts(call: Caller, variables: str) -> None:
    made = await call.create(DEFINITION)
    assert await call.send(ContentSid=made, ContentVariables=variables, Body=None) == 21656


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"1": "a\nb"}, 63013),
        ({"1": "a    b"}, 63013),
        ({"1": "x" * 1025}, 63021),
        ({"2": "x" * 21}, 63005),
        ({"3": "x" * 25}, 63005),
        ({"5": "x" * 73}, 63005),
    ],
)
async def test_a_list_that_whatsapp_would_refuse_fails_later(
    call: Caller, changed: dict[str, str], code: int | None
) -> None:
    made = await call.create(DEFINITION)
    variables = json.dumps(FILLED | changed)
    assert await call.late(ContentSid=made, ContentVariables=variables, Body=None) == code


async def test_a_card_is_not_sent_without_approval(call: Caller) -> None:
    card = {"title": "{{1}}", "actions": [{"type": "URL", "title": "Open", "url": "https://shop.example"}]}
    made = await call.create(DEFINITION | {"variables": {"1": "x"}, "types": {"twilio/card": card}})
    assert await call.late(ContentSid=made, ContentVariables='{"1": "Shoe"}', Body=None) == 63016


async def test_templates_are_json_and_named_by_known_types(call: Caller) -> None:
    status, _ = await call("/v1/Content", data={"friendly_name": "x", "types": "twilio/text"})
    assert status == 400
    changes: list[dict[str, Any]] = [{"types": {"twilio_text": {"body": "x"}}}, {"variables": {}}, {"language": ""}]
    for wrong in changes:
        status, _ = await call("/v1/Content", json=DEFINITION | wrong)
        assert status == 400


async def test_a_wrong_token_and_another_account_are_refused(call: Caller) -> None:
    own = f"/2010-04-01/Accounts/{call.twilio.account}/Messages.json"
    assert (await call(own, token="wrong"))[0] == 401
    assert (await call(own.replace("AC", "AD"), data={}))[0] == 404


async def test_outside_the_window_it_is_accepted_and_fails_later(call: Caller) -> None:
    call.twilio.heard[ANN] -= 24 * 3600 + 1
    assert await call.late() == 63016


async def test_a_picture_that_cannot_be_fetched_fails_later(call: Caller) -> None:
    assert await call.late(MediaUrl=f"{call.twilio.cdn_url}/nothing") == 63019


async def test_more_than_whatsapp_allows_fails_later_and_is_counted(call: Caller) -> None:
    codes = [await call.late() for _ in range(46)]
    assert codes == [None] * 45 + [63018]
    assert call.twilio.rates.exceeded == 1
    for number in range(100):
        call.twilio.heard[f"whatsapp:+49151000{number:05}"] = time.time()
    await asyncio.gather(*(call.send(To=f"whatsapp:+49151000{number:05}") for number in range(60)))
    assert call.twilio.rates.most_in_a_second > 80
    assert call.twilio.rates.exceeded > 1
