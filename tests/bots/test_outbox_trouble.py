"""What the senders do when a person has to act, when a part fails after it was taken, and when a chat moves."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest
from redis.asyncio import Redis

from bots import outbox
from bots.actions import More, resolve, token_of
from bots.channel import Alarm, Channels, Degrade, Drop, Gone, Outcome, Part, Rekey, Retry
from bots.late import failure_output
from bots.web.channel import ApiChannel, WebChannel
from core import metrics
from core.keys import partition_of
from core.messages import Status, Update
from core.settings import Settings
from core.streams import Streams
from tests.bots.sending import CHAT, House, PartedChannel, house
from tests.standins.channel import FakeChannel

__all__ = ["house"]


class LateChannel(PartedChannel):
    """Its provider takes everything and tells later what failed."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: list[tuple[str, int, str | None]] = []
        self.late: list[Outcome] = []

    def late_failure(self, part: Part, code: str | None) -> Outcome:
        self.failing.append((part.chat, part.number, code))
        return self.late[0] if self.late else Degrade((self.in_words(part),), "it failed")

    def in_words(self, part: Part) -> Part:
        return dataclasses.replace(part, payload={"text": f"{part.payload['text']} in words"})


@pytest.fixture
def admins(redis: Redis, streams: Streams, tmp_path: Any, house: House) -> FakeChannel:
    """An admin on the channel in trouble, one on a channel that works, one on a channel that is off."""
    other = FakeChannel("other")
    settings = Settings(data_dir=tmp_path, admins=("fake:boss", "other:boss", "off:boss"), _env_file=None)
    channels = Channels({"fake": house.channel, "other": other})
    house.services = dataclasses.replace(house.services, settings=settings, channels=channels)
    return other


@pytest.fixture
def late(house: House) -> LateChannel:
    channel = house.channel = LateChannel()
    house.services = dataclasses.replace(house.services, channels=Channels({"fake": channel}))
    return channel


def alarms() -> float:
    return float(metrics.ALARMS.labels("fake")._value.get())


async def test_an_alarm_is_told_once_to_admins_who_can_be_reached_and_counted_each_time(
    house: House, admins: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ALARM_PAUSE_MS", 1)
    before = alarms()
    house.channel.plan |= {(f"fake:{chat}", 0): [Alarm("the token is revoked")] * 2 for chat in range(3)}
    for chat in range(3):
        await house.answer(f"job{chat}", "one", chat=f"fake:{chat}")
    async with house.at_work():
        assert await house.settled() == {"answered": 3}
    assert alarms() == before + 6
    (told,) = admins.sent
    assert told.chat == "other:boss"
    assert told.payload["text"].startswith("Trouble with fake that needs you: the token is revoked.")
    assert "fake:boss" not in {chat for chat, _, _ in house.channel.tried}


async def test_another_reason_is_another_alarm(
    house: House, admins: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ALARM_PAUSE_MS", 1)
    house.channel.plan[(CHAT, 0)] = [Alarm("one"), Alarm("two"), Alarm("one")]
    await house.answer("a", "one")
    async with house.at_work():
        await house.settled()
    assert len(admins.sent) == 2


async def test_after_an_alarm_the_channel_is_asked_by_one_message_not_by_each(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ALARM_PAUSE_MS", 60_000)
    house.channel.plan[(CHAT, 0)] = [Alarm("revoked")]
    await house.answer("a", "one")
    async with house.at_work():
        await house.until_put_off()
        for number in range(5):
            await house.answer(f"job{number}", "one", chat=f"fake:{number + 10}")
        while await house.redis.zcard(house.keys.later) < 6:  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.005)
    assert len(house.channel.tried) == 1
    assert await house.streams.tally() == {}


async def test_a_part_dropped_by_our_own_mistake_is_told_to_admins_too(house: House, admins: FakeChannel) -> None:
    house.channel.plan[(CHAT, 0)] = [Drop("a bad field", alarm=True)]
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert len(admins.sent) == 1


async def fails(house: House, provider_id: str, state: str = "failed", code: str | None = "63016") -> None:
    """The callback, as the conversation hands it on."""
    update = Update("fake", f"{provider_id}:{state}", CHAT, CHAT, Status(provider_id, state, code), 1)
    output = failure_output(house.streams, update)
    assert output is not None
    fields = {"data": output.data, "chat": CHAT, "job": output.job, "attempt": "0", "at": "1"}
    await house.redis.xadd(house.keys.replies(partition_of(CHAT)), fields)


async def test_a_part_that_fails_later_goes_out_in_another_form_once(house: House, late: LateChannel) -> None:
    await house.answer("a", "one", "two")
    async with house.at_work():
        await house.settled()
        for state in ("undelivered", "failed", "failed"):
            await fails(house, f"{CHAT}-a-1", state)
        assert await house.settled() == {"answered": 1}
    assert late.texts() == ["one", "two", "two in words"]
    assert late.failing == [(CHAT, 1, "63016")]
    token = token_of("a", More("a-two"))
    assert late.sent[2].buttons[0].token == token
    assert await resolve(house.redis, house.keys, CHAT, token) == More("a-two")


async def test_a_failure_that_comes_before_its_answer_is_marked_waits_for_it(house: House, late: LateChannel) -> None:
    await house.answer("a", "one")
    await fails(house, f"{CHAT}-a-0")
    async with house.at_work():
        await house.settled()
    assert late.texts() == ["one", "one in words"]


async def test_a_part_to_be_repeated_later_is_repeated_once(
    house: House, late: LateChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    late.late = [Retry("too many", after_ms=20)]
    await house.answer("a", "one")
    async with house.at_work():
        await house.settled()
        await fails(house, f"{CHAT}-a-0")
        await house.settled()
    assert late.texts() == ["one", "one"]


async def test_a_chat_that_turns_out_to_be_gone_is_left_alone(house: House, late: LateChannel) -> None:
    late.late = [Gone("blocked")]
    await house.answer("a", "one")
    async with house.at_work():
        await house.settled()
        await fails(house, f"{CHAT}-a-0")
        await house.settled()
        await house.answer("b", "two")
        await house.settled()
    assert late.texts() == ["one"]


async def test_an_alarm_that_comes_later_is_raised_and_its_part_given_up(house: House, late: LateChannel) -> None:
    late.late, before = [Alarm("no template")], alarms()
    await house.answer("a", "one")
    async with house.at_work():
        await house.settled()
        await fails(house, f"{CHAT}-a-0")
        await house.settled()
    assert alarms() == before + 1
    assert await house.states("a") == {0: "dropped"}


@pytest.mark.parametrize("channel", ["hears nothing", "hears of it"])
async def test_a_failure_of_a_message_we_do_not_know_changes_nothing(
    house: House, request: pytest.FixtureRequest, channel: str
) -> None:
    if channel == "hears of it":
        request.getfixturevalue("late")
    await house.answer("a", "one")
    async with house.at_work():
        await house.settled()
        await fails(house, "somebody else's" if channel == "hears of it" else f"{CHAT}-a-0")
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["one"]


def test_delivered_is_no_failure(streams: Streams) -> None:
    for state in ("sent", "delivered", "read", "seen"):
        assert failure_output(streams, Update("fake", "u", CHAT, CHAT, Status("m", state), 1)) is None


async def test_a_chat_that_moved_is_found_at_once_the_next_time_with_buttons_of_its_own(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Rekey("fake:new")]
    await house.answer("a", "one", "two")
    await house.answer("b", "three")
    async with house.at_work():
        await house.settled()
    assert house.channel.texts("fake:new") == ["one", "two", "three"]
    assert [chat for chat, _, _ in house.channel.tried] == [CHAT, *["fake:new"] * 3]
    for job, title in (("a", "one"), ("a", "two"), ("b", "three")):
        action = More(f"{job}-{title}")
        assert await resolve(house.redis, house.keys, "fake:new", token_of(job, action)) == action


async def test_marks_of_the_senders_fit_at_the_memory_limit(house: House) -> None:
    house.channel.plan |= {
        ("fake:1", 0): [Gone("blocked")],
        ("fake:2", 0): [Retry("wait", 10)],
        ("fake:3", 0): [Rekey("fake:4")],
    }
    for number in (1, 2, 3):
        await house.answer(f"job{number}", "one", chat=f"fake:{number}")
    await house.redis.config_set("maxmemory", 1)
    try:
        async with house.at_work():
            assert await house.settled() == {"answered": 2, "dead": 1}
    finally:
        await house.redis.config_set("maxmemory", 0)
    assert sorted(part.chat for part in house.channel.sent) == ["fake:2", "fake:4"]


async def test_the_web_chat_and_the_api_are_answered_at_the_memory_limit(house: House) -> None:
    redis, keys, blobs = house.redis, house.keys, house.services.blobs
    channels = Channels({"web": WebChannel(redis, keys, blobs), "api": ApiChannel(redis, keys)})
    house.services = dataclasses.replace(house.services, channels=channels)
    await house.answer("a", "one", chat="web:session")
    await house.answer("b", "two", chat="api:b")
    await redis.config_set("maxmemory", 1)
    try:
        async with house.at_work():
            assert await house.settled() == {"answered": 2}
    finally:
        await redis.config_set("maxmemory", 0)
    assert await redis.xlen(keys.web("session")) == 1
    assert await redis.llen(keys.answer("b")) == 1
