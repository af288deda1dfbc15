"""The stand-in takes what Viber would, and no more: every limit from both sides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from tests.bots.viber.conftest import USER
from tests.standins.viber import Bot, ViberServer
from tests.standins.viber_checks import blocks_of, check_message, packed
from tests.standins.viber_faults import Refusal

SENDER = {"sender": {"name": "Shelf"}}
REPLY = {"Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": "x", "Text": "X"}
WORDS = SENDER | {"type": "text", "text": "hello"}
PICTURE = SENDER | {"type": "picture", "text": "", "media": "https://a.example/1.jpg"}


def keyboard(*cells: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return WORDS | {"keyboard": {"Type": "keyboard", "Buttons": list(cells)}} | more


def rich(*cells: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    carousel = {"Type": "rich_media", "ButtonsGroupColumns": 6, "ButtonsGroupRows": 7, "Buttons": list(cells)}
    return SENDER | {"type": "rich_media", "min_api_version": 7, "rich_media": carousel} | more


FULL = REPLY | {"Rows": 7}

TAKEN: list[dict[str, Any]] = [
    WORDS,
    WORDS | {"text": "x" * 7000},
    WORDS | {"min_api_version": 7, "tracking_data": "x" * 4000},
    PICTURE,
    PICTURE | {"text": "x" * 512},
    keyboard(REPLY),
    keyboard(*[REPLY] * 12),
    keyboard(*[REPLY | {"Columns": 2}] * 3),
    keyboard(REPLY | {"Silent": True}, min_api_version=6),
    keyboard(REPLY | {"ActionType": "open-url", "ActionBody": "https://a.example/"}),
    rich(FULL),
    rich(*[FULL] * 6),
    rich(REPLY | {"Rows": 6, "Text": "", "Image": "https://a.example/1.png"}, REPLY),
    rich(FULL | {"Text": '<font color="#323232"><b>Shoe</b></font><br>€ 5'}),
]
REFUSED: list[tuple[int, dict[str, Any]]] = [
    (4, {"type": "text", "text": "hello"}),
    (4, WORDS | {"sender": {"name": ""}}),
    (3, WORDS | {"sender": {"name": "x" * 29}}),
    (4, SENDER | {"text": "hello"}),
    (3, SENDER | {"type": "hologram"}),
    (4, WORDS | {"text": ""}),
    (3, WORDS | {"text": "x" * 7001}),
    (3, WORDS | {"tracking_data": "x" * 4001}),
    (3, WORDS | {"min_api_version": "7"}),
    (13, WORDS | {"min_api_version": 11}),
    (4, SENDER | {"type": "picture", "media": "https://a.example/1.jpg"}),
    (3, PICTURE | {"text": "x" * 513}),
    (3, PICTURE | {"media": "https://a.example/1.webp"}),
    (3, PICTURE | {"media": "/pictures/1.jpg"}),
    (3, WORDS | {"keyboard": {"Buttons": [REPLY]}}),
    (4, WORDS | {"keyboard": {"Type": "keyboard", "Buttons": []}}),
    (3, keyboard(*[REPLY] * 13)),
    (3, keyboard(REPLY | {"Columns": 7})),
    (3, keyboard(REPLY | {"Rows": 3})),
    (3, keyboard(REPLY | {"Columns": 4}, REPLY | {"Columns": 4})),
    (3, keyboard(REPLY | {"Columns": 4})),
    (4, keyboard(REPLY | {"ActionBody": ""})),
    (3, keyboard(REPLY | {"ActionType": "explode"})),
    (3, keyboard(REPLY | {"ActionType": "open-url", "ActionBody": "no address"})),
    (3, keyboard(REPLY | {"Text": ""})),
    (3, keyboard(REPLY | {"Text": "x" * 251})),
    (3, keyboard(REPLY | {"Text": "<script>"})),
    (14, keyboard(REPLY | {"Silent": True})),
    (14, rich(FULL, min_api_version=1)),
    (14, rich(FULL, min_api_version=2, alt_text="x")),
    (4, SENDER | {"type": "rich_media", "min_api_version": 7}),
    (3, rich(*[FULL] * 7)),
    (3, rich(REPLY | {"Rows": 6})),
    (3, rich(REPLY | {"Rows": 5}, REPLY | {"Rows": 5})),
    (3, rich(REPLY | {"Rows": 8})),
    (3, rich(FULL | {"Image": "https://a.example/1.gif"})),
]


@pytest.mark.parametrize("message", TAKEN)
def test_what_viber_takes_is_taken(message: dict[str, Any]) -> None:
    check_message(message, 10)


@pytest.mark.parametrize(("status", "message"), REFUSED)
def test_what_viber_refuses_is_refused(status: int, message: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        check_message(message, 10)
    assert refusal.value.status == status


def test_cells_are_laid_out_from_left_to_right() -> None:
    halves = [REPLY | {"Columns": 3}] * 2
    assert [len(line) for _, line in packed([REPLY, *halves, REPLY], 6)] == [1, 2, 1]
    assert [len(block) for block in blocks_of([FULL, REPLY | {"Rows": 6}, *halves], 6, 7)] == [1, 3]


async def post(viber: ViberServer, body: Any, token: str | None, method: str = "send_message") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"X-Viber-Auth-Token": token} if token else {})
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{viber.url}/pa/{method}", data=data, headers=headers) as answer,
    ):
        assert answer.status == 200, "errors are told in the body"
        return dict(await answer.json())


async def test_who_may_be_written_to_and_by_whom(viber: ViberServer, bot: Bot) -> None:
    message = WORDS | {"receiver": USER}
    assert (await post(viber, message, None))["status"] == 2
    assert (await post(viber, message, "nobody"))["status"] == 2
    assert (await post(viber, b"{", bot.token))["status"] == 3
    assert (await post(viber, WORDS, bot.token))["status"] == 4
    assert (await post(viber, message, bot.token))["status"] == 5
    user = bot.user(USER, subscribed=False)
    assert (await post(viber, message, bot.token))["status"] == 6
    user.subscribed = True
    sent = await post(viber, message | {"auth_token": bot.token}, None)
    assert (sent["status"], sent["message_token"] > 2**53) == (0, True)
    user.has_device = False
    assert (await post(viber, message, bot.token))["status"] == 11
    bot.standing = 9
    assert (await post(viber, message, bot.token))["status"] == 9
    bot.standing, bot.webhook = 0, ""
    assert (await post(viber, message, bot.token))["status"] == 10


async def test_a_request_above_30_kb_is_refused(viber: ViberServer, bot: Bot) -> None:
    bot.user(USER)
    buttons = [REPLY | {"ActionBody": "x" * 2_500} for _ in range(12)]
    assert (await post(viber, keyboard(*buttons) | {"receiver": USER}, bot.token))["status"] == 3


async def test_a_hundred_messages_an_hour_until_the_user_writes(viber: ViberServer, bot: Bot) -> None:
    bot.user(USER)
    for _ in range(100):
        bot.rates.take(USER)
    assert (await post(viber, WORDS | {"receiver": USER}, bot.token))["status"] == 12
    bot.rates.heard(USER)
    assert (await post(viber, WORDS | {"receiver": USER}, bot.token))["status"] == 0


async def test_a_webhook_must_answer_while_it_is_set(viber: ViberServer, bot: Bot) -> None:
    hook = {"url": "http://127.0.0.1:1/viber/webhook", "event_types": ["failed"]}
    assert (await post(viber, hook, bot.token, "set_webhook"))["status"] == 1
    viber.local = False
    assert (await post(viber, hook, bot.token, "set_webhook"))["status"] == 1
    assert (await post(viber, {"url": ""}, bot.token, "set_webhook"))["status"] == 0
    assert bot.webhook == ""


async def test_some_refusals_say_nothing_but_a_number(viber: ViberServer, bot: Bot) -> None:
    viber.fail("send_message", kind="bare", status=1)
    assert "status_message" not in await post(viber, WORDS | {"receiver": USER}, bot.token)
