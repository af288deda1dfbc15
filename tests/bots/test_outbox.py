"""The senders over a real Redis: each part once, chats in order, nobody waits for another chat's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bots import outbox
from bots.actions import More, resolve, token_of
from bots.channel import (
    Alarm,
    Degrade,
    Drop,
    Gone,
    Part,
    Rekey,
    Retry,
    Unknown,
)
from core.keys import SENDERS, partition_of
from core.limits import Bucket, Window, until_reply
from core.messages import Notice, Progress, Reply
from core.streams import PartState
from tests.bots.sending import CHAT, House, house

__all__ = ["house"]


async def test_the_parts_of_an_answer_go_out_in_order_and_are_marked(house: House) -> None:
    await house.answer("a", "one", "two", "three")
    async with house.at_work():
        tally = await house.settled()
    assert house.channel.texts() == ["one", "two", "three"]
    assert await house.states("a") == {0: "sent", 1: "sent", 2: "sent"}
    assert await house.redis.get(house.keys.sent(f"{CHAT}-a-1")) == b'["a", 1]'
    assert tally == {"answered": 1}


async def test_what_a_button_means_is_stored_before_it_can_be_tapped(house: House) -> None:
    house.channel.gates[CHAT] = asyncio.Event()
    await house.answer("a", "one", "two")
    async with house.at_work():
        await house.until_tried(1)
        for title in ("one", "two"):
            action = More(f"a-{title}")
            assert await resolve(house.redis, house.keys, CHAT, token_of("a", action)) == action
        house.channel.gates[CHAT].set()
        await house.settled()


async def test_answers_go_out_in_the_order_of_their_questions(house: House) -> None:
    await house.turns("first", "second", "third")
    await house.answer("third", "3")
    await house.answer("second", "2")
    async with house.at_work():
        await house.until_put_off()
        assert house.channel.sent == []
        await house.answer("first", "1")
        await house.settled()
    assert house.channel.texts() == ["1", "2", "3"]


async def test_a_search_that_does_not_come_back_holds_up_later_ones_for_10_s_only(house: House) -> None:
    await house.redis.zadd(house.keys.turns(CHAT), {"lost": 1.0})
    await house.turns("later")
    await house.answer("later", "2")
    async with house.at_work():
        await house.settled()
    assert house.channel.texts() == ["2"]


async def test_one_chats_waiting_delays_no_other(house: House) -> None:
    house.channel.gates["fake:slow"] = asyncio.Event()
    await house.answer("s", "never", chat="fake:slow")
    for number in range(30):
        await house.answer(f"q{number}", "quick", chat=f"fake:{number}")
    async with house.at_work():
        await house.until(lambda: len(house.channel.sent) == 30)
        await house.until(lambda: ("fake:slow", "s", 0) in house.channel.tried)
        house.channel.gates["fake:slow"].set()
        await house.settled()


async def test_a_provider_that_asks_to_wait_is_heard_for_that_chat_alone(house: House) -> None:
    house.channel.plan[(CHAT, 1)] = [Retry("too many requests", 3000)]
    await house.answer("a", "one", "two")
    await house.answer("b", "three")
    async with house.at_work():
        await house.until_tried(2)
        await house.answer("c", "other", chat="fake:2")
        await house.until(lambda: bool(house.channel.texts("fake:2")))
        assert house.channel.texts() == ["one"]
        assert 0 < await house.redis.pttl(house.keys.paused(CHAT)) <= 3000
        tally = await house.settled()
    assert house.channel.texts() == ["one", "two", "three"]
    assert tally == {"answered": 3}


async def test_being_asked_to_wait_is_no_failure_however_often(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Retry("too many requests", 10)] * 8
    await house.answer("a", "one")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert len(house.channel.tried) == 9


async def test_a_provider_that_fails_is_tried_again_and_then_given_up_with_a_reason(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Retry("HTTP 500")] * 9
    await house.answer("a", "one")
    await house.answer("b", "two")
    house.channel.plan[(CHAT, 0)] = [Retry("HTTP 500")] * 5
    async with house.at_work():
        tally = await house.settled()
    assert house.channel.texts() == ["two"]
    assert tally == {"dead": 1, "answered": 1}
    ((_, dead),) = await house.redis.xrange(house.keys.dead)
    assert dead[b"reason"] == b"HTTP 500"


async def test_a_send_without_an_answer_is_not_repeated_and_the_rest_follows(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Unknown()]
    await house.answer("a", "one", "two")
    async with house.at_work():
        tally = await house.settled()
    assert [number for _, _, number in house.channel.tried] == [0, 1]
    assert await house.states("a") == {0: "unknown", 1: "sent"}
    assert tally == {"unknown": 1}


async def test_an_unknown_part_stays_unknown_when_the_rest_has_to_wait(house: House) -> None:
    house.channel.plan |= {(CHAT, 0): [Unknown()], (CHAT, 1): [Retry("later", 10)]}
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"unknown": 1}
    assert [number for _, _, number in house.channel.tried] == [0, 1, 1]


@pytest.mark.parametrize(
    ("state", "tried", "tally"),
    [
        (PartState.SENT, [1], {"answered": 1}),
        (PartState.SENDING, [0, 1], {"answered": 1, "repeated": 1}),
        (PartState.RESENT, [1], {"unknown": 1}),
        (PartState.UNKNOWN, [1], {"unknown": 1}),
        (PartState.DROPPED, [1], {"answered": 1}),
    ],
)
async def test_after_a_crash_a_part_goes_out_as_its_mark_says(
    house: House, state: PartState, tried: Sequence[int], tally: dict[str, int]
) -> None:
    await house.redis.hset(house.keys.parts("a"), "0", str(state))
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == tally
    assert [number for _, _, number in house.channel.tried] == tried


async def test_a_chat_that_is_gone_is_left_alone_from_then_on(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Gone("blocked")]
    await house.answer("a", "one", "two")
    await house.answer("b", "three")
    async with house.at_work():
        tally = await house.settled()
    assert len(house.channel.tried) == 1
    assert tally == {"dead": 2}


async def test_a_part_that_is_refused_for_good_is_left_out(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Drop("bad")]
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["two"]


async def test_an_answer_of_which_nothing_is_taken_is_no_answer(house: House) -> None:
    house.channel.plan |= {(CHAT, 0): [Drop("bad")], (CHAT, 1): [Drop("bad")]}
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"dead": 1}


def _instead(*texts: str) -> Degrade:
    return Degrade(tuple(Part(CHAT, "a", 0, "text", {"text": text}) for text in texts), "refused")


async def test_another_form_goes_out_in_place_of_a_part(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [_instead("x", "y")]
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["x", "y", "two"]
    assert (await house.states("a"))[0] == "sent"


async def test_what_was_sent_of_another_form_is_not_sent_again(house: House) -> None:
    house.channel.plan |= {(CHAT, 0): [_instead("x", "y"), _instead("x", "y")], (CHAT, 101): [Retry("later", 10)]}
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["x", "y", "two"]


async def test_a_form_of_a_form_ends(house: House) -> None:
    house.channel.plan |= {(CHAT, 0): [_instead("x")], (CHAT, 100): [_instead("y", "z")]}
    await house.answer("a", "one")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["y", "z"]


async def test_a_chat_that_moved_gets_the_whole_answer_where_it_is(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Rekey("fake:new")]
    await house.answer("a", "one", "two")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts("fake:new") == ["one", "two"]
    assert house.channel.texts() == []


async def test_a_chat_that_moves_in_a_circle_is_given_up(house: House) -> None:
    house.channel.plan |= {(CHAT, 0): [Rekey("fake:new")], ("fake:new", 0): [Rekey("fake:new")]}
    await house.answer("a", "one")
    async with house.at_work():
        assert await house.settled() == {"dead": 1}


async def test_an_alarm_keeps_the_answer_until_somebody_acted(house: House) -> None:
    house.channel.plan[(CHAT, 0)] = [Alarm("token revoked")] * 6
    await house.answer("a", "one")
    async with house.at_work():
        assert await house.settled() == {"answered": 1}
    assert len(house.channel.tried) == 7


async def test_progress_is_sent_as_often_as_it_changes(house: House) -> None:
    async with house.at_work():
        for text in ("1 of 3", "2 of 3", "3 of 3"):
            await house.put(Progress("a", CHAT, text))
        await house.settled()
    assert house.channel.texts() == ["1 of 3", "2 of 3", "3 of 3"]
    assert await house.states("a") == {}


async def test_rates_are_kept(house: House) -> None:
    house.channel.buckets = [Bucket("fake:all", capacity=2, per_s=20)]
    loop = asyncio.get_running_loop()
    async with house.at_work():
        began = loop.time()
        await house.answer("a", *"12345678")
        await house.settled()
    assert len(house.channel.sent) == 8
    assert loop.time() - began >= 6 / 20


async def test_a_long_wait_for_a_rate_is_spent_in_redis(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LIMIT_SLEEP_MAX_MS", 20)
    house.channel.buckets = [Bucket("fake:all", capacity=1, per_s=5)]
    await house.answer("a", "1", "2")
    async with house.at_work():
        await house.until_tried(1)
        await house.until_put_off()
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["1", "2"]


async def test_a_rate_that_a_reply_renews_is_looked_at_again_long_before_its_hour_ends(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "RATE_RETRY_MAX_MS", 20)
    house.channel.buckets = [Window(until_reply(CHAT), 1, 3600)]
    await house.answer("a", "1", "2")
    async with house.at_work():
        await house.until_tried(1)
        await house.until_put_off()
        await house.redis.delete(house.keys.window(until_reply(CHAT)))  # as the conversation does when the chat writes
        assert await house.settled() == {"answered": 1}
    assert house.channel.texts() == ["1", "2"]


async def test_an_answer_that_cannot_be_read_is_dead_with_its_reason(house: House) -> None:
    fields = {"data": '{"kind": "hologram"}', "chat": CHAT, "job": "a", "attempt": "0", "at": "1"}
    await house.redis.xadd(house.keys.replies(partition_of(CHAT)), fields)
    await house.answer("b", "one")
    async with house.at_work():
        await house.settled()
    assert house.channel.texts() == ["one"]
    ((_, dead),) = await house.redis.xrange(house.keys.dead)
    assert b"cannot be read" in dead[b"reason"]


async def test_a_photo_that_was_apologised_for_counts_so(house: House) -> None:
    await house.put(Reply("a", CHAT, "failed", photos=1))
    await house.put(Notice("b", CHAT, "no_room", photos=2))
    async with house.at_work():
        assert await house.settled() == {"apologised": 3}


async def test_a_sender_killed_between_send_and_mark_repeats_that_part_alone(house: House) -> None:
    """As `kill -9` leaves it: part 0 sent, part 1 sent but not marked, the entry pending under a dead consumer."""
    stream = house.keys.replies(partition_of(CHAT))
    await house.answer("a", "one", "two", "three")
    await house.redis.xreadgroup(SENDERS, "dead", {stream: ">"})
    await house.redis.hset(house.keys.parts("a"), mapping={"0": "sent", "1": "sending"})
    async with house.at_work("another"):
        tally = await house.settled()
    assert [number for _, _, number in house.channel.tried] == [1, 2]
    assert tally == {"answered": 1, "repeated": 1}
