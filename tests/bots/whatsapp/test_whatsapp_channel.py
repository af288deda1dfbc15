"""The channel against the stand-in: in, out, and what becomes of refusals."""

from __future__ import annotations

import dataclasses
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from redis.asyncio import Redis
from twilio.request_validator import RequestValidator

from bots import actions
from bots.actions import More
from bots.channel import Alarm, Degrade, Drop, Gone, Part, RenderContext, Retry, Sent, Unknown
from bots.whatsapp import api, templates
from bots.whatsapp.channel import WhatsAppChannel
from bots.whatsapp.signature import FORM, read_form
from bots.whatsapp.updates import read
from core.keys import HEARD_S, Keys
from core.messages import Hit, Notice, Progress, Reply, Status
from core.picturestore import path_of, url_of
from core.settings import Settings
from tests.bots.conformance import ChannelConformance, Signed, answers
from tests.standins.telegram_checks import jpeg
from tests.standins.twilio import TwilioServer

ANN = "whatsapp:+4915112345678"
CONTEXT = RenderContext(shop_name="Shelf", support_link="https://shop.example/ask")


def signed(twilio: TwilioServer, body: bytes, path: str = "/whatsapp/webhook") -> Signed:
    signature = RequestValidator(twilio.token).compute_signature(f"{twilio.public_url}{path}", read_form(body))
    return Signed({"Content-Type": FORM, "X-Twilio-Signature": signature}, body)


class TestConformance(ChannelConformance):
    @pytest.fixture
    def photo_body(self, twilio: TwilioServer) -> bytes:
        media = twilio.keep_media("MM00000000000000000000000000000001", jpeg())
        fields = {"MessageSid": "MM00000000000000000000000000000001", "NumMedia": "1", "MediaUrl0": media}
        form = twilio.person("+4915112345678").form(**fields, MediaContentType0="image/jpeg")
        return urlencode(form).encode()

    @pytest.fixture
    def sign(self, twilio: TwilioServer) -> Callable[[bytes], Signed]:
        return lambda body: signed(twilio, body)

    @pytest.fixture
    def forged(self, twilio: TwilioServer, photo_body: bytes) -> Signed:
        return Signed(signed(twilio, photo_body + b"&a=").headers, photo_body)

    @pytest.fixture
    def chat(self) -> str:
        return ANN

    @pytest.fixture
    def fresh_chat(self, twilio: TwilioServer) -> Callable[[], str]:
        twilio.rates.strict = False
        numbers = itertools.count(4915100000000)

        def fresh() -> str:
            chat = f"whatsapp:+{next(numbers)}"
            twilio.heard[chat] = time.time()
            return chat

        return fresh

    @pytest.fixture
    def picture(self, pictures: list[str]) -> str:
        return url_of(pictures[0])

    @pytest.fixture
    def media(self, twilio: TwilioServer) -> tuple[str, bytes]:
        data = jpeg()
        return twilio.keep_media("MM1", data), data

    @pytest.fixture
    def too_large(self, twilio: TwilioServer) -> str:
        return twilio.keep_media("MM1", bytes((20 << 20) + 1))

    @pytest.fixture
    def break_provider(self, twilio: TwilioServer) -> Callable[[], Awaitable[None]]:
        async def stop() -> None:
            twilio.fail("*", kind="html", status=502, times=10)

        return stop

    async def test_every_answer_arrives_on_the_phone(
        self, channel: WhatsAppChannel, fresh_chat: Callable[[], str], picture: str, twilio: TwilioServer
    ) -> None:
        sent = []
        for name, answer in answers(fresh_chat(), picture).items():
            chat = fresh_chat()
            parts = channel.render(dataclasses.replace(answer, chat=chat), CONTEXT)
            for part in parts:
                assert isinstance(await channel.send(part), Sent), name
            sent += [(name, message) for message in twilio.messages[-len(parts) :]]
        await twilio.wait_for(lambda: all("error" in message for _, message in sent))
        assert not [(name, message["error"]) for name, message in sent if message["error"] is not None]


# --- in -------------------------------------------------------------------------------------------------------


async def test_the_path_that_was_asked_for_is_part_of_the_signature(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    body = urlencode(twilio.person("+4915112345678").form(Body="hello")).encode()
    request = signed(twilio, body, "/whatsapp/webhook?shop=1%2F2&b")
    assert (await channel.receive(request.headers, body, "/whatsapp/webhook?shop=1%2F2&b")).status == 200
    assert (await channel.receive(request.headers, body, "/whatsapp/webhook")).status == 403
    assert (await channel.receive(request.headers, body, "/whatsapp/webhook?shop=1/2&b")).status == 403


async def test_the_answer_to_a_webhook_is_empty(channel: WhatsAppChannel, twilio: TwilioServer) -> None:
    request = signed(twilio, urlencode(twilio.person("+4915112345678").form(Body="hello")).encode())
    received = await channel.receive(request.headers, request.body)
    assert (received.status, received.body) == (200, b"")  # anything else is error 12200 in Twilio's console


async def test_a_state_is_read_whichever_address_it_was_brought_to(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "undelivered", "ErrorCode": "63016", "To": ANN}
    body = urlencode(form).encode()
    for path in ("/whatsapp/status", "/whatsapp/webhook"):
        request = signed(twilio, body, path)
        (update,) = (await channel.receive(request.headers, body, path)).updates
        assert update.content == Status(f"whatsapp:SM{'0' * 32}", "undelivered", "63016")
        assert update.chat == ANN


# --- out ------------------------------------------------------------------------------------------------------


def found(pictures: list[str], count: int, **more: Any) -> Reply:
    hits = tuple(
        Hit(f"p{n}", f"Shoe {n}", "12.50", "EUR", f"https://shop.example/{n}", url_of(pictures[n]), similarity=0.9)
        for n in range(count)
    )
    return Reply("job", ANN, "hits", hits=hits, shown=tuple(hit.id for hit in hits), **more)


@pytest.fixture
def writing(twilio: TwilioServer) -> TwilioServer:
    twilio.heard[ANN] = time.time()
    return twilio


HELP = Part(ANN, "job", 0, "text", {"body": "hello"})


async def test_an_answer_is_three_pictures_the_rest_in_words_and_a_list(
    channel: WhatsAppChannel, writing: TwilioServer, pictures: list[str]
) -> None:
    for part in channel.render(found(pictures, 5), CONTEXT):
        assert isinstance(await channel.send(part), Sent)
    await writing.wait_for(lambda: len(writing.seen_by(ANN)) == 5)
    *cards, rest, choice = writing.seen_by(ANN)
    assert cards[0]["body"].splitlines()[:3] == ["This comes closest:", "", "1. Shoe 0"]
    assert [card["body"].splitlines()[0] for card in cards[1:]] == ["2. Shoe 1", "3. Shoe 2"]
    assert cards[1]["body"].splitlines()[1:] == ["€12.50 · 90% alike", "https://shop.example/1"]
    assert all(card["picture"].startswith(b"\xff\xd8") for card in cards)
    assert rest["body"].splitlines()[0] == "4. Shoe 3"
    assert choice["type"] == "twilio/list-picker"
    assert [item["item"] for item in choice["shape"]["items"]][:6] == [*(f"More like {n}" for n in range(1, 6)), "Next"]
    assert choice["shape"]["items"][1]["description"] == "Shoe 1 · €12.50"
    assert choice["shape"]["body"].startswith("More like one of these, or others?")


async def test_a_template_is_created_once_for_all_answers_processes_and_languages(
    channel: WhatsAppChannel, writing: TwilioServer, pictures: list[str], settings: Settings
) -> None:
    other = WhatsAppChannel(settings, channel._redis, channel._keys)
    await other.start()
    for sender, language in ((channel, "en"), (channel, "de"), (other, "uk")):
        assert isinstance(await sender.send(sender.render(found(pictures, 3, language=language), CONTEXT)[-1]), Sent)
    await other.close()
    assert len(writing.contents) == 1


async def test_a_template_that_somebody_deleted_is_created_anew_and_not_again_and_again(
    channel: WhatsAppChannel, writing: TwilioServer, pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = channel.render(found(pictures, 3), CONTEXT)[-1]
    assert isinstance(await channel.send(choice), Sent)
    monkeypatch.setattr(templates, "ANEW_S", 0.0)
    writing.contents.clear()
    assert isinstance(await channel.send(choice), Degrade)  # this one goes out in words
    assert isinstance(await channel.send(choice), Sent)
    assert isinstance(channel.late_failure(choice, "63040"), Degrade)
    assert isinstance(await channel.send(choice), Sent)
    assert len(writing.contents) == 2
    monkeypatch.setattr(templates, "ANEW_S", 3600.0)
    for code in ("63040", "63021", "21656"):
        channel.late_failure(choice, code)
        assert isinstance(await channel.send(choice), Sent)
    assert len(writing.contents) == 2


async def test_without_templates_a_list_is_said_in_words_and_answered_by_number(
    channel: WhatsAppChannel, writing: TwilioServer, pictures: list[str]
) -> None:
    writing.fail("content", code=20404, times=99)
    choice = channel.render(found(pictures, 3), CONTEXT)[-1]
    outcome = await channel.send(choice)
    assert isinstance(outcome, Degrade)
    assert isinstance(await channel.send(outcome.to[0]), Sent)
    lines = writing.messages[-1]["body"].splitlines()
    assert lines[0] == "More like one of these, or others?"
    assert "Answer with a number:" in lines
    assert "2. More like 2: Shoe 1 · €12.50" in lines


async def test_a_number_means_the_line_of_the_last_list_and_nothing_in_another_chat(
    channel: WhatsAppChannel, writing: TwilioServer, pictures: list[str], redis: Redis, keys: Keys
) -> None:
    async def meant(text: str, chat: str = ANN) -> Any:
        (update,) = read(read_form(urlencode({"MessageSid": "SM" + "0" * 32, "From": chat, "Body": text}).encode()), 7)
        return await actions.resolve(redis, keys, chat, getattr(update.content, "token", ""))

    async def answer(count: int, job: str) -> None:
        for part in channel.render(dataclasses.replace(found(pictures, count), job=job), CONTEXT):
            wanted = [button.action for button in part.buttons if button.action is not None]
            await actions.mint_all(redis, keys, ANN, job, wanted)
            assert isinstance(await channel.send(part), Sent)

    assert await meant("2") is None
    await answer(3, "one")
    assert await meant("2") == More("p1")
    assert (await meant("4")).kind == "next"
    assert (await meant("👍 3")).product == "p2"
    assert (await meant("👎")).verdict == "down"
    assert await meant("2", "whatsapp:+4915199999999") is None
    await answer(1, "two")
    assert await meant("1") == More("p0")
    assert await meant("9") is None


async def test_few_short_buttons_are_shown_at_once(channel: WhatsAppChannel, writing: TwilioServer) -> None:
    args = {"of": "job0", "product": "p1", "results": "p1", "generation": "g"}
    (part,) = channel.render(Notice("job", ANN, "liked", args), CONTEXT)
    assert isinstance(await channel.send(part), Sent)
    assert writing.messages[-1]["type"] == "twilio/quick-reply"
    assert [action["title"] for action in writing.messages[-1]["shape"]["actions"]] == ["I bought it"]


async def test_a_missing_picture_leaves_its_card_in_words(
    channel: WhatsAppChannel, writing: TwilioServer, pictures: list[str], settings: Settings
) -> None:
    path_of(settings.pictures_dir, pictures[0]).unlink()
    outcome = await channel.send(channel.render(found(pictures, 1), CONTEXT)[0])
    assert isinstance(outcome, Degrade)
    assert isinstance(await channel.send(outcome.to[0]), Sent)
    assert "1. Shoe 0" in writing.messages[-1]["body"]


async def test_counted_links_lead_through_us(channel: WhatsAppChannel, pictures: list[str]) -> None:
    counting = RenderContext(count_taps=True, public_url="https://bot.example")
    picture, choice = channel.render(found(pictures, 1), counting)
    (opening,) = picture.buttons
    assert picture.payload["body"].splitlines()[-1] == f"https://bot.example/go/{opening.token}"
    assert opening not in choice.buttons


async def test_progress_is_said_once_a_minute_and_its_end_always(
    channel: WhatsAppChannel, writing: TwilioServer
) -> None:
    for text in ("1 of 3", "2 of 3", "3 of 3"):
        (part,) = channel.render(Progress("job", ANN, text), CONTEXT)
        assert part.editing
        assert isinstance(await channel.send(part), Sent)
    (part,) = channel.render(Progress("job", ANN, "Done.", done=True), CONTEXT)
    assert not part.editing
    assert isinstance(await channel.send(part), Sent)
    assert [message["body"] for message in writing.messages] == ["1 of 3", "Done."]


# --- what Twilio says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({"code": 21610}, Gone("opted out with STOP (21610)")),
        ({"code": 21211}, Gone("no such number (21211)")),
        ({"code": 21617}, Drop("a body of over 1600 characters (21617)", alarm=True)),
        ({"code": 20500}, Retry("HTTP 500")),
        ({"kind": "html", "status": 503}, Retry("HTTP 503")),
        ({"kind": "html", "status": 504}, Unknown("HTTP 504")),
        ({"kind": "problem", "code": 21610}, Gone("opted out with STOP (21610)")),
        ({"kind": "broken"}, Unknown("an answer that cannot be read")),
        ({"kind": "cut"}, Unknown("no answer from Twilio (ServerDisconnectedError)")),
    ],
)
async def test_what_twilio_says_becomes_what_we_do(
    channel: WhatsAppChannel, writing: TwilioServer, how: dict[str, Any], outcome: object
) -> None:
    writing.fail("messages", **how)
    assert await channel.send(HELP) == outcome
    assert len(writing.calls_of("messages")) == 1  # nothing is sent twice by itself


@pytest.mark.parametrize("how", [{"code": 20429}, {"kind": "problem", "code": 20429}, {"kind": "html", "status": 429}])
async def test_too_many_requests_are_waited_out(
    channel: WhatsAppChannel, writing: TwilioServer, how: dict[str, Any]
) -> None:
    writing.fail("messages", **how)
    outcome = await channel.send(HELP)
    assert isinstance(outcome, Retry)
    assert outcome.after_ms is not None
    assert 1000 <= outcome.after_ms < 2000


async def test_a_wrong_token_is_an_alarm_that_does_not_show_it(channel: WhatsAppChannel, writing: TwilioServer) -> None:
    old, writing.token = writing.token, "another"
    outcome = await channel.send(HELP)
    assert isinstance(outcome, Alarm)
    assert old not in outcome.reason
    assert "TWILIO_AUTH_TOKEN" in outcome.reason


async def test_an_answer_that_never_comes_is_unknown_and_sent_once(
    channel: WhatsAppChannel,
    writing: TwilioServer,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "ANSWER_S", 0.3)
    hurried = WhatsAppChannel(settings, channel._redis, channel._keys)
    await hurried.start()
    fault = writing.fail("messages", kind="hang")
    assert await hurried.send(HELP) == Unknown("no answer from Twilio (TimeoutError)")
    assert len(writing.messages) == 1
    fault.release.set()
    await hurried.close()


async def test_nobody_listening_means_not_sent(
    settings: Settings, redis: Redis, keys: Keys, unused_tcp_port_factory: Callable[[], int]
) -> None:
    nowhere = settings.model_copy(update={"twilio_api": f"http://127.0.0.1:{unused_tcp_port_factory()}"})
    channel = WhatsAppChannel(nowhere, redis, keys)
    await channel.start()
    assert await channel.send(HELP) == Retry("no connection to Twilio (ClientConnectorError)")
    await channel.close()


async def test_who_wrote_over_a_day_ago_is_not_written_to_and_who_never_did_is_left_to_whatsapp(
    channel: WhatsAppChannel, writing: TwilioServer, redis: Redis, keys: Keys
) -> None:
    a_day_ms = 24 * 3600 * 1000
    await redis.set(keys.heard(ANN), "then", px=HEARD_S * 1000 - a_day_ms - 1)
    assert await channel.send(HELP) == Drop("outside the 24-hour window")
    assert not writing.messages
    await redis.set(keys.heard(ANN), "then", px=HEARD_S * 1000 - a_day_ms + 60_000)
    assert isinstance(await channel.send(HELP), Sent)
    await redis.delete(keys.heard(ANN))
    assert isinstance(await channel.send(HELP), Sent)


async def test_a_clock_that_is_set_on_by_a_day_closes_nobodys_window(
    channel: WhatsAppChannel, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    await redis.set(keys.heard(ANN), str(int(time.time() * 1000)), ex=HEARD_S)
    a_day_on = time.time() + 25 * 3600
    monkeypatch.setattr(time, "time", lambda: a_day_on)
    assert isinstance(await channel.send(HELP), Sent)


@pytest.mark.parametrize(
    ("code", "kind", "outcome"),
    [
        ("63016", "text", Drop),
        ("63018", "text", Retry),
        ("63024", "text", Gone),
        ("63019", "picture", Degrade),
        ("63021", "list", Degrade),
        ("63007", "text", Alarm),
        (None, "text", Degrade),
        ("99999", "text", Degrade),
    ],
)
async def test_what_fails_later_has_the_same_classes(
    channel: WhatsAppChannel, pictures: list[str], code: str | None, kind: str, outcome: type
) -> None:
    parts = {part.kind: part for part in channel.render(found(pictures, 5), CONTEXT)}
    assert isinstance(channel.late_failure(parts[kind], code), outcome)


async def test_a_message_says_where_its_state_is_to_be_told_and_how_long_it_is_worth_sending(
    channel: WhatsAppChannel, writing: TwilioServer
) -> None:
    sent = await channel.send(HELP)
    (call,) = writing.calls_of("messages")
    assert call.params["StatusCallback"] == [f"{writing.public_url}/whatsapp/status"]
    assert call.params["ValidityPeriod"] == ["600"]
    assert call.params["To"] == [ANN]
    assert sent == Sent((f"whatsapp:{writing.messages[0]['sid']}",))


async def test_somebody_who_hides_their_number_is_answered_by_the_id_they_write_with(
    channel: WhatsAppChannel, twilio: TwilioServer
) -> None:
    hidden = "whatsapp:UA.13491208655302741918"
    twilio.heard[hidden] = time.time()
    assert isinstance(await channel.send(dataclasses.replace(HELP, chat=hidden)), Sent)
    await twilio.wait_for(lambda: bool(twilio.seen_by(hidden)))


def test_limits_are_twilios_and_the_sandboxs_are_lower(channel: WhatsAppChannel, settings: Settings) -> None:
    overall, pair = channel.limits(HELP)
    assert (overall.name, pair.name) == (f"{settings.whatsapp_from}:all", f"{settings.whatsapp_from}:chat:{ANN}")
    sandbox = settings.model_copy(update={"whatsapp_from": "whatsapp:+14155238886"})
    slow = WhatsAppChannel(sandbox, channel._redis, channel._keys).limits(HELP)[0]
    assert json.dumps(dataclasses.asdict(slow)) == json.dumps(
        {"name": "whatsapp:+14155238886:all", "at_most": 1, "seconds": 3.0, "cost": 1}
    )
