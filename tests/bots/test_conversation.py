"""What each update asks for, and that asking twice, late or wrongly does no harm."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bots.actions import More, Next
from core.errors import Reason, Refused, Unavailable
from core.keys import CONVERSATION, Keys, partition_of
from core.limits import until_reply
from core.messages import (
    Box,
    Button,
    ByPhoto,
    ByProduct,
    ByWords,
    Command,
    Content,
    Joined,
    Left,
    Notice,
    Other,
    Photo,
    Reply,
    Status,
    Text,
    decode_search,
    decode_update,
)
from core.streams import Entry, Promoter
from core.streams.reading import read_new, take_over
from tests.bots.desk import CHAT, PHOTO, USER, Desk, tap


@pytest.fixture
async def desk(redis: Redis, keys: Keys, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(redis, keys, tmp_path)
    await desk.streams.prepare()
    yield desk
    await desk.conversation.close()


# --- photos -------------------------------------------------------------------------------------------------------


async def test_a_photo_becomes_a_search_with_its_bytes_in_redis(desk: Desk) -> None:
    box = Box(0.1, 0.2, 0.5, 0.5)
    update = await desk.say(Photo("one", caption="  under 50  ", box=box), language="de")
    search = await desk.search()
    blob = desk.keys.blob(update.job, 0)
    assert (search.job, search.chat, search.language) == (update.job, CHAT, "de")
    assert search.query == ByPhoto((blob,), box)
    assert (search.refine, search.want, search.photos) == ("under 50", desk.settings.hits, 1)
    assert search.deadline - search.at == 60_000
    assert await desk.blobs.get(blob) == PHOTO
    assert await desk.said() == []


async def test_the_question_is_kept_for_what_comes_after_it(desk: Desk) -> None:
    update = await desk.say(Photo("one"))
    search = await desk.search()
    assert decode_search(await desk.redis.get(desk.keys.query(update.job))) == search
    assert (await desk.redis.get(desk.keys.last_query(CHAT))).decode() == update.job
    assert await desk.redis.zscore(desk.keys.turns(CHAT), update.job) is not None


async def test_what_is_kept_of_a_person_is_listed_for_forgetting(desk: Desk) -> None:
    update = await desk.say(Photo("one"))
    listed = {member.decode() for member in await desk.redis.smembers(desk.keys.erase(USER))}
    assert {desk.keys.query(update.job), desk.keys.last_query(CHAT), desk.keys.blob(update.job, 0)} <= listed


async def test_a_redelivered_photo_is_searched_once(desk: Desk) -> None:
    update = desk.update(Photo("one"))
    entry = await desk.accept(update)
    await desk.handle(entry)
    await desk.handle(dataclasses.replace(entry, deliveries=2))
    assert not await desk.streams.claim_and_append(update)
    assert len(await desk.searches()) == 1


async def test_a_crash_before_the_handing_on_loses_and_doubles_nothing(desk: Desk) -> None:
    update = desk.update(Photo("one"))
    await desk.accept(update)  # and then the process died
    [again] = await take_over(desk.streams, CONVERSATION, "other", desk.keys.inbox(partition_of(CHAT)), min_idle_ms=0)
    await desk.handle(again)
    assert (await desk.search()).job == update.job


async def test_a_photo_is_freed_of_its_metadata(desk: Desk) -> None:
    place = b"Exif\0\0II*\0 52.5163 N 13.3777 E"
    segment = b"\xff\xe1" + (len(place) + 2).to_bytes(2, "big") + place
    rest = b"\xff\xdb\x00\x04\x00\x00" + b"\xff\xda\x00\x02picture\xff\xd9"
    desk.channel.photos["tourist"] = b"\xff\xd8" + segment + rest
    update = await desk.say(Photo("tourist"))
    kept = await desk.blobs.get(desk.keys.blob(update.job, 0))
    assert kept is not None
    assert b"52.5163" not in kept
    assert b"picture" in kept


async def test_a_provider_that_stumbles_is_asked_again_later(desk: Desk) -> None:
    desk.channel.photos["one"] = [Unavailable("Telegram does not answer."), PHOTO]
    update = await desk.say(Photo("one"))
    assert await desk.searches() == []
    assert await desk.redis.zcard(desk.keys.later) == 1
    await desk.redis.zadd(desk.keys.later, dict.fromkeys(await desk.redis.zrange(desk.keys.later, 0, -1), 0))
    await Promoter(desk.streams).tick()
    inbox = desk.keys.inbox(partition_of(CHAT))
    [again] = await read_new(desk.streams, CONVERSATION, "me", [inbox], count=1, block_ms=None)
    assert again.attempt == 1
    await desk.handle(again)
    assert (await desk.search()).job == update.job


@pytest.mark.parametrize("reason", [Reason.TOO_LARGE, Reason.PHOTO_EXPIRED])
async def test_a_refused_photo_gets_its_sentence(desk: Desk, reason: Reason) -> None:
    desk.channel.photos["one"] = Refused(reason)
    update = await desk.say(Photo("one"))
    answer = await desk.answer()
    assert isinstance(answer, Reply)
    assert (answer.job, answer.outcome, answer.reason, answer.photos) == (update.job, "refused", reason, 1)


async def test_a_photo_over_the_limit_is_refused_whatever_its_channel_let_through(desk: Desk) -> None:
    desk.channel.photos["one"] = bytes(20 * 1024 * 1024 + 1)
    await desk.say(Photo("one"))
    answer = await desk.answer()
    assert isinstance(answer, Reply)
    assert answer.reason is Reason.TOO_LARGE


async def test_without_room_for_photos_the_shopper_hears_so(redis: Redis, keys: Keys, tmp_path: Path) -> None:
    desk = Desk(redis, keys, tmp_path)
    await desk.streams.prepare()
    await redis.set(keys.blob_bytes, 10**12)
    await desk.say(Photo("one"))
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert (answer.name, answer.photos) == ("no_room", 1)
    assert desk.channel.fetched == []


async def test_too_many_searches_in_an_hour_are_refused_for_that_user_alone(
    redis: Redis, keys: Keys, tmp_path: Path
) -> None:
    desk = Desk(redis, keys, tmp_path, photos_per_hour=2)
    await desk.streams.prepare()
    for _ in range(3):
        await desk.say(Photo("one"))
    await desk.say(Photo("one"), chat="fake:2", user="fake:u2")
    assert len(await desk.searches()) == 3
    answer = await desk.answer()
    assert isinstance(answer, Reply)
    assert answer.reason is Reason.TOO_MANY_SEARCHES
    await desk.conversation.close()


async def test_a_retry_does_not_count_against_the_user_again(redis: Redis, keys: Keys, tmp_path: Path) -> None:
    desk = Desk(redis, keys, tmp_path, photos_per_hour=1)
    await desk.streams.prepare()
    entry = await desk.accept(desk.update(Photo("one")))
    desk.channel.photos["one"] = RuntimeError("a bug")
    with pytest.raises(RuntimeError):
        await desk.handle(entry)
    desk.channel.photos["one"] = PHOTO
    await desk.handle(dataclasses.replace(entry, attempt=1))
    assert len(await desk.searches()) == 1
    await desk.conversation.close()


async def test_a_chat_of_a_channel_that_is_off_waits(desk: Desk) -> None:
    update = dataclasses.replace(desk.update(Photo("one")), channel="pigeon", chat="pigeon:1")
    await desk.handle(await desk.accept(update))
    assert await desk.redis.zcard(desk.keys.later) == 1


async def test_what_cannot_be_read_is_buried_with_its_reason(desk: Desk) -> None:
    stream = desk.keys.inbox(partition_of(CHAT))
    fields = {"data": '{"v": 2}', "chat": CHAT, "job": "j", "attempt": "0", "at": "0"}
    await desk.redis.xadd(stream, fields)
    [entry] = await read_new(desk.streams, CONVERSATION, "me", [stream], count=1, block_ms=None)
    await desk.handle(entry)
    [(_, letter)] = await desk.redis.xrange(desk.keys.dead)
    assert b"cannot be read" in letter[b"reason"]
    assert (await desk.answer()).kind == "reply"


# --- albums -------------------------------------------------------------------------------------------------------


async def close_albums(desk: Desk) -> Entry:
    """Let the clock run: the album's time is over."""
    [member] = await desk.redis.zrange(desk.keys.due, 0, -1)
    await desk.redis.zadd(desk.keys.due, {member: 0})
    await Promoter(desk.streams).tick()
    inbox = desk.keys.inbox(partition_of(CHAT))
    [entry] = await read_new(desk.streams, CONVERSATION, "me", [inbox], count=9, block_ms=None)
    return entry


async def test_an_album_becomes_one_search_with_all_its_photos_and_its_caption(desk: Desk) -> None:
    for name, caption in (("a", None), ("b", "in red"), ("c", None)):
        desk.channel.photos[name] = PHOTO + name.encode()
        await desk.say(Photo(name, album="A", caption=caption))
    assert await desk.searches() == []
    await desk.handle(await close_albums(desk))
    search = await desk.search()
    assert isinstance(search.query, ByPhoto)
    assert [await desk.blobs.get(blob) for blob in search.query.blobs] == [PHOTO + name for name in (b"a", b"b", b"c")]
    assert (search.refine, search.photos) == ("in red", 3)


async def test_a_late_joiner_of_an_album_gets_its_own_answer(desk: Desk) -> None:
    await desk.say(Photo("one", album="A"))
    await desk.handle(await close_albums(desk))
    late = await desk.say(Photo("one", album="A"))
    first, second = await desk.searches()
    assert (second.job, second.photos) == (late.job, 1)
    assert first.job != second.job


async def test_an_album_is_searched_by_the_photos_that_arrived(desk: Desk) -> None:
    desk.channel.photos["gone"] = Refused(Reason.PHOTO_EXPIRED)
    await desk.say(Photo("gone", album="A"))
    await desk.say(Photo("one", album="A"))
    await desk.handle(await close_albums(desk))
    search = await desk.search()
    assert isinstance(search.query, ByPhoto)
    assert len(search.query.blobs) == 1
    assert search.photos == 2


async def test_an_album_without_one_photo_that_arrived_is_refused(desk: Desk) -> None:
    desk.channel.photos["one"] = Refused(Reason.PHOTO_EXPIRED)
    for _ in range(2):
        await desk.say(Photo("one", album="A"))
    await desk.handle(await close_albums(desk))
    answer = await desk.answer()
    assert isinstance(answer, Reply)
    assert (answer.reason, answer.photos) == (Reason.PHOTO_EXPIRED, 2)


async def test_the_photos_of_an_album_are_fetched_side_by_side(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.channel.photos[name] = PHOTO
        await desk.say(Photo(name, album="A"))
    desk.channel.fetch_gate.clear()
    handling = asyncio.create_task(desk.handle(await close_albums(desk)))
    assert {await desk.channel.fetching.get(), await desk.channel.fetching.get()} == {"a", "b"}
    desk.channel.fetch_gate.set()
    await handling
    assert len(await desk.searches()) == 1


# --- taps ---------------------------------------------------------------------------------------------------------


async def test_more_like_this_searches_by_the_product(desk: Desk) -> None:
    update = await tap(desk, More("sku-7"))
    search = await desk.search()
    assert (search.job, search.query, search.photos) == (update.job, ByProduct("sku-7"), 0)


async def test_next_asks_the_same_again_without_what_was_shown(desk: Desk) -> None:
    box = Box(0, 0, 0.5, 0.5)
    asked = await desk.say(Photo("one", caption="in red", box=box))
    await desk.search()
    update = await tap(desk, Next(asked.job, ("p1", "p2")))
    search = await desk.search()
    blob = desk.keys.blob(update.job, 0)
    assert (search.query, search.shown, search.refine) == (ByPhoto((blob,), box), ("p1", "p2"), "in red")
    assert await desk.blobs.get(blob) == PHOTO
    assert search.photos == 0
    again = await tap(desk, Next(update.job, ("p1", "p2", "p3")))
    assert (await desk.search()).job == again.job


async def test_next_after_a_search_by_words_needs_no_photo(desk: Desk) -> None:
    asked = await desk.say(Text("red mug"))
    await desk.search()
    await tap(desk, Next(asked.job, ("p1",)))
    search = await desk.search()
    assert (search.query, search.shown) == (ByWords("red mug"), ("p1",))


async def test_next_without_its_photo_says_that_it_is_no_longer_kept(desk: Desk) -> None:
    asked = await desk.say(Photo("one"))
    await desk.search()
    await desk.redis.delete(desk.keys.blob(asked.job, 0))
    await tap(desk, Next(asked.job, ("p1",)))
    answer = await desk.answer()
    assert isinstance(answer, Reply)
    assert answer.reason is Reason.PHOTO_EXPIRED


async def test_next_after_a_hundred_ends(desk: Desk) -> None:
    asked = await desk.say(Photo("one"))
    await desk.search()
    await tap(desk, Next(asked.job, tuple(f"p{number}" for number in range(100))))
    assert await desk.searches() == []
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert answer.name == "enough"


@pytest.mark.parametrize("token", ["nonsense", "a" * 16])
async def test_an_unknown_button_is_answered_all_the_same(desk: Desk, token: str) -> None:
    await desk.say(Button(token, "callback-1"))
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert answer.name == "button_expired"
    await desk.conversation.close()
    assert [button.callback for button in desk.channel.acknowledged] == ["callback-1"]


async def test_a_button_of_another_chat_searches_nothing(desk: Desk) -> None:
    await tap(desk, More("sku-7"), chat="fake:2")
    assert await desk.searches() == []
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert (answer.name, answer.chat) == ("button_expired", "fake:2")


async def test_every_tap_is_acknowledged_and_one_that_cannot_be_is_searched_all_the_same(desk: Desk) -> None:
    desk.channel.broken = True
    await tap(desk, More("sku-7"))
    assert len(await desk.searches()) == 1
    await desk.conversation.close()
    assert len(desk.channel.acknowledged) == 1


# --- words --------------------------------------------------------------------------------------------------------


async def test_words_are_searched_in_titles(desk: Desk) -> None:
    await desk.say(Text("  red mug  "))
    assert (await desk.search()).query == ByWords("red mug")


@pytest.mark.parametrize(
    ("content", "name", "args"),
    [
        (Text("   "), "help", {}),
        (Command("start"), "welcome", {}),
        (Command("START", "abc"), "welcome", {}),
        (Command("help"), "help", {}),
        (Command("frobnicate"), "unknown_command", {"command": "frobnicate"}),
        (Command("<b>" * 50), "unknown_command", {"command": "that"}),
        (Joined(), "welcome", {}),
        (Other("sticker"), "not_searchable", {"what": "sticker"}),
    ],
)
async def test_whatever_is_no_search_gets_a_useful_sentence(
    desk: Desk, content: Content, name: str, args: dict[str, str]
) -> None:
    update = await desk.say(content, language="uk")
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert (answer.job, answer.name, answer.args, answer.language) == (update.job, name, args, "uk")
    assert await desk.searches() == []


@pytest.mark.parametrize("content", [Left(), Status("m1", "delivered")])
async def test_what_needs_no_answer_gets_none(desk: Desk, content: Content) -> None:
    await desk.say(content)
    assert await desk.said() == []
    assert await desk.redis.xlen(desk.keys.inbox(partition_of(CHAT))) == 0


async def test_who_left_is_not_written_to_until_they_write_again(desk: Desk) -> None:
    await desk.say(Left())
    assert await desk.redis.exists(desk.keys.gone(CHAT))
    await desk.say(Status("m1", "failed"))
    assert await desk.redis.exists(desk.keys.gone(CHAT))
    await desk.say(Text("hello"))
    assert not await desk.redis.exists(desk.keys.gone(CHAT))


async def test_whoever_writes_begins_anew_what_their_silence_used_up(desk: Desk) -> None:
    used, moved = desk.keys.window(until_reply(CHAT)), desk.keys.moved(CHAT)
    for content, left in ((Status("m1", "delivered"), 2), (Text("hello"), 0)):
        await desk.redis.zadd(used, {"one": 1})
        await desk.redis.set(moved, "fake:2")
        await desk.say(content)
        assert await desk.redis.exists(used, moved) == left


async def test_a_failure_told_later_goes_to_the_senders_behind_the_chats_answers(desk: Desk) -> None:
    update = await desk.say(Status("m1", "undelivered", "63016"))
    [(_, fields)] = await desk.redis.xrange(desk.keys.replies(partition_of(CHAT)))
    assert decode_update(fields[b"data"]) == update


# --- typing -------------------------------------------------------------------------------------------------------


async def test_typing_shows_until_the_answer_is_out(desk: Desk) -> None:
    update = await desk.say(Photo("one"))
    while desk.channel.typed[CHAT] < 3:
        desk.channel.typing_seen.clear()
        await desk.channel.typing_seen.wait()
    await desk.redis.zrem(desk.keys.turns(CHAT), update.job)
    await desk.typing.idle()


async def test_typing_begins_before_the_photo_is_there(desk: Desk) -> None:
    desk.channel.fetch_gate.clear()
    handling = asyncio.create_task(desk.say(Photo("one")))
    await desk.channel.typing_seen.wait()
    assert await desk.searches() == []
    desk.channel.fetch_gate.set()
    await handling


async def test_a_signal_that_fails_stops_nothing(desk: Desk) -> None:
    desk.channel.broken = True
    await desk.say(Photo("one"))
    await desk.typing.idle()
    assert len(await desk.searches()) == 1


async def test_a_sentence_needs_no_typing(desk: Desk) -> None:
    await desk.say(Command("help"))
    await desk.typing.idle()
    assert not desk.channel.typed
