"""What every channel keeps to: each channel's tests inherit `ChannelConformance` and give it the fixtures it names."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from bots.actions import token_of
from bots.channel import Channel, Part, RenderContext, Sent
from bots.texts import names
from core.errors import Reason, Refused
from core.limits import Bucket, Window
from core.messages import Button, Hit, Notice, Photo, Progress, Reply, channel_of

CONTEXT = RenderContext(shop_name="Shelf & Co <b>", currency="EUR", support_link="https://example.org/ask")
NO_PICTURE = "/pictures/" + "ab" * 32 + ".jpg"
AWKWARD = 'A <b>"bold"</b> & _very_ *odd* [title](x) \u202egnol\u202c 👟' + " long" * 400


def _hit(number: int, **changed: Any) -> Hit:
    values: dict[str, Any] = {
        "id": f"product-{number}",
        "title": f"Shoe {number}",
        "price": "1299.50",
        "currency": "EUR",
        "link": f"https://shop.example/{number}",
        "picture": NO_PICTURE,
        "similarity": 0.9,
        "why": ("same shape",),
    }
    return Hit(**(values | changed))


def answers(chat: str, picture: str = NO_PICTURE) -> dict[str, Reply | Notice | Progress]:
    """One answer of each kind, awkward ones too."""

    def hit(number: int, **changed: Any) -> Hit:
        return _hit(number, **({"picture": picture} | changed))

    found: dict[str, Reply | Notice | Progress] = {
        "one hit": Reply("job", chat, "hits", hits=(hit(1),), shown=("product-1",)),
        "nothing": Reply("job", chat, "nothing"),
        "failed": Reply("job", chat, "failed"),
        "progress": Progress("job", chat, "Reading the feed: 3 of 7"),
    }
    for count in (2, 5, 10):
        hits = tuple(hit(number) for number in range(count))
        found[f"{count} hits"] = Reply("job", chat, "hits", hits=hits)
        found[f"{count} hits, none close"] = Reply("job", chat, "hits", close=False, hits=hits)
    oddities: dict[str, dict[str, Any]] = {
        "an awkward title": {"title": AWKWARD},
        "no title": {"title": ""},
        "no picture": {"picture": None},
        "a picture from elsewhere": {"picture": "https://elsewhere.example/a.jpg"},
        "no link, no price": {"link": None, "price": None},
        "a currency that nobody knows": {"currency": "XXQ"},
        "a found word": {"similarity": 0.0},
    }
    for name, changed in oddities.items():
        found[f"a hit with {name}"] = Reply("job", chat, "hits", hits=(hit(1, **changed), hit(2)))
        found[f"one hit with {name}"] = Reply("job", chat, "hits", hits=(hit(1, **changed),))
    for reason in Reason:
        found[f"refused: {reason}"] = Reply("job", chat, "refused", reason=reason)
    for name in names():
        args = {"shop": "x", "command": "x", "what": "voice", "link": "https://x.example"}
        found[f"notice: {name}"] = Notice("job", chat, name, args)
    found["a notice of a newer version"] = Notice("job", chat, "hologram")
    return found


@dataclass(frozen=True)
class Signed:
    """A request as the provider sends it."""

    headers: Mapping[str, str]
    body: bytes


class ChannelConformance:
    """Fixtures to give: `channel`, `chat`, `fresh_chat` (makes one that can be written to), `picture` (the URL of a
    product's that is there), `sign`, `photo_body`, `forged`, `media` (of a photo that is there), `too_large` (of one
    over 20 MiB), `break_provider`.
    """

    # --- in

    async def test_a_request_without_its_signature_is_forbidden(self, channel: Channel, photo_body: bytes) -> None:
        received = await channel.receive({"Content-Type": "application/json"}, photo_body)
        assert (received.status, received.updates, received.dead) == (403, (), None)

    async def test_a_request_with_a_wrong_signature_is_forbidden(
        self, channel: Channel, photo_body: bytes, forged: Signed
    ) -> None:
        received = await channel.receive(forged.headers, photo_body)
        assert (received.status, received.updates, received.dead) == (403, (), None)

    async def test_a_signed_photo_becomes_one_update_of_this_channel(
        self, channel: Channel, photo_body: bytes, sign: Callable[[bytes], Signed]
    ) -> None:
        request = sign(photo_body)
        received = await channel.receive(request.headers, request.body)
        (update,) = received.updates
        assert received.status == 200
        assert isinstance(update.content, Photo)
        assert {update.channel, channel_of(update.chat), channel_of(update.user)} == {channel.name}

    async def test_the_same_delivery_twice_is_the_same_update(
        self, channel: Channel, photo_body: bytes, sign: Callable[[bytes], Signed]
    ) -> None:
        first = await channel.receive(sign(photo_body).headers, photo_body)
        second = await channel.receive(sign(photo_body).headers, photo_body)
        assert first.updates[0].job == second.updates[0].job

    async def test_header_names_are_read_in_any_case(
        self, channel: Channel, photo_body: bytes, sign: Callable[[bytes], Signed]
    ) -> None:
        request = sign(photo_body)
        for change in (str.lower, str.upper):
            headers = {change(name): value for name, value in request.headers.items()}
            assert (await channel.receive(headers, request.body)).status == 200

    @pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe\x00", b'{"update_id": 1, "message": 5}'])
    async def test_what_is_signed_but_cannot_be_read_is_answered_200_and_kept(
        self, channel: Channel, sign: Callable[[bytes], Signed], body: bytes
    ) -> None:
        request = sign(body)
        received = await channel.receive(request.headers, request.body)
        assert (received.status, received.updates, received.dead) == (200, (), body)

    async def test_a_photo_is_fetched_whole(self, channel: Channel, media: tuple[str, bytes]) -> None:
        assert await channel.fetch(media[0]) == media[1]

    async def test_a_file_over_the_limit_is_refused_with_a_reason(self, channel: Channel, too_large: str) -> None:
        with pytest.raises(Refused) as refused:
            await channel.fetch(too_large)
        assert refused.value.reason is Reason.TOO_LARGE

    # --- out

    def test_rendering_is_pure_and_numbers_its_parts(self, channel: Channel, chat: str) -> None:
        for name, answer in answers(chat).items():
            parts = channel.render(answer, CONTEXT)
            assert parts == channel.render(answer, CONTEXT), name
            assert [part.number for part in parts] == list(range(len(parts))), name
            assert parts, name
            for part in parts:
                assert (part.chat, part.job) == (chat, "job"), name
                json.dumps(part.payload)

    def test_every_button_with_an_action_has_its_own_token(self, channel: Channel, chat: str) -> None:
        for name, answer in answers(chat).items():
            for part in channel.render(answer, CONTEXT):
                acting = [button for button in part.buttons if button.action is not None]
                for button in acting:
                    assert button.action is not None
                    assert button.token == token_of("job", button.action), name
                assert len({button.token for button in acting}) == len(acting), name

    async def test_the_provider_takes_every_answer(
        self, channel: Channel, fresh_chat: Callable[[], str], picture: str
    ) -> None:
        for name, answer in answers(fresh_chat(), picture).items():
            chat = fresh_chat()
            for part in _as_in(chat, channel.render(answer, CONTEXT)):
                outcome = await channel.send(part)
                assert isinstance(outcome, Sent), (name, outcome)

    def test_limits_are_shared_and_can_be_kept(self, channel: Channel, chat: str) -> None:
        for answer in answers(chat).values():
            for part in channel.render(answer, CONTEXT):
                for limit in channel.limits(part):
                    match limit:
                        case Bucket(capacity=at_once, per_s=rate):
                            assert rate > 0
                        case Window(at_most=at_once, seconds=seconds):
                            assert seconds > 0
                    assert 0 < limit.cost <= at_once

    async def test_typing_and_acknowledging_never_fail(
        self, channel: Channel, chat: str, break_provider: Callable[[], Awaitable[None]]
    ) -> None:
        await channel.typing(chat)
        await channel.acknowledge(Button("token", "unknown"))
        await break_provider()
        await channel.typing(chat)
        await channel.acknowledge(Button("token", "unknown"))
        await channel.acknowledge(Button("token"))


def _as_in(chat: str, parts: list[Part]) -> list[Part]:
    return [Part(chat, p.job, p.number, p.kind, p.payload, p.weight, p.buttons) for p in parts]
