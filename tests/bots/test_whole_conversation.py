"""What a shopper can say besides a photo (words, verdicts, a language, forget me), and what an admin can."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bots.actions import Judge, More, Narrow, Speak
from core.keys import MAINTAINERS, Keys
from core.messages import (
    Button,
    ByPhoto,
    ByProduct,
    ByWords,
    Command,
    Filters,
    Joined,
    Notice,
    Photo,
    Task,
    Text,
    decode_task,
)
from core.streams.reading import read_new
from tests.bots.desk import CHAT, PHOTO, USER, Desk, tap

OUTLET = "outlet=/feeds/outlet.tsv"


@pytest.fixture
async def desk(redis: Redis, keys: Keys, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(redis, keys, tmp_path, admins="fake:boss", feed="/feeds/all.tsv", feeds=OUTLET)
    await desk.streams.prepare()
    yield desk
    await desk.conversation.close()


# --- words that narrow ------------------------------------------------------------------------------------------


async def test_words_after_a_photo_narrow_its_question(desk: Desk) -> None:
    await desk.say(Photo("one", caption="blue"))
    first = await desk.search()
    await desk.say(Text("under 50"))
    second = await desk.search()
    assert second.refine == "blue\nunder 50"
    assert isinstance(second.query, ByPhoto)
    assert second.query != first.query, "a blob has one owner"
    assert await desk.blobs.get(second.query.blobs[0]) == PHOTO


async def test_words_without_a_photo_before_them_are_searched_in_titles(desk: Desk) -> None:
    await desk.say(Text("red mug"))
    assert (await desk.search()).query == ByWords("red mug")
    await desk.say(Text("green lamp"))
    assert (await desk.search()).query == ByWords("green lamp", before="red mug"), "a worker says which it is"


async def test_words_after_a_photo_that_is_gone_are_searched_in_titles(desk: Desk) -> None:
    await desk.say(Photo("one"))
    search = await desk.search()
    assert isinstance(search.query, ByPhoto)
    await desk.redis.delete(*search.query.blobs)
    await desk.say(Text("blue"))
    assert (await desk.search()).query == ByWords("blue")


async def test_a_button_narrows_with_its_filters_alone(desk: Desk) -> None:
    update = await desk.say(Photo("one", caption="blue"))
    await desk.search()
    await tap(desk, Narrow(update.job, Filters(colour="blue", max_price="20")))
    narrowed = await desk.search()
    assert (narrowed.filters, narrowed.refine) == (Filters(colour="blue", max_price="20"), "")
    await desk.say(Text("nike"))
    further = await desk.search()
    assert (further.filters, further.refine) == (Filters(colour="blue", max_price="20"), "nike")


async def test_back_to_all_asks_without_filters(desk: Desk) -> None:
    update = await desk.say(Photo("one", caption="blue"))
    await desk.search()
    await tap(desk, Narrow(update.job))
    again = await desk.search()
    assert (again.filters, again.refine) == (Filters(), "")


async def test_a_button_of_a_question_that_is_no_longer_kept_says_so(desk: Desk) -> None:
    await tap(desk, Narrow("gone", Filters(colour="blue")))
    assert [one.name for one in await desk.said() if isinstance(one, Notice)] == ["button_expired"]


# --- bursts ----------------------------------------------------------------------------------------------------


async def test_from_the_fourth_photo_of_a_burst_one_hit_each_where_there_are_no_albums(desk: Desk) -> None:
    desk.channel.groups_photos = False
    for _ in range(5):
        await desk.say(Photo("one"))
    assert [search.want for search in await desk.searches()] == [5, 5, 5, 1, 1]


async def test_a_burst_where_albums_are_sent_is_answered_in_full(desk: Desk) -> None:
    for _ in range(5):
        await desk.say(Photo("one"))
    assert [search.want for search in await desk.searches()] == [5] * 5


# --- waiting ----------------------------------------------------------------------------------------------------


async def test_a_slow_search_is_announced_in_words_where_no_typing_shows(desk: Desk) -> None:
    desk.channel.shows_typing = False
    update = await desk.say(Photo("one"))
    await desk.conversation.close()  # waits for what goes on beside
    [words] = await desk.said()
    assert isinstance(words, Notice)
    assert (words.name, words.while_open, words.photos) == ("searching", update.job, 0)
    assert words.job != update.job, "its parts are marked apart from the answer's"
    assert not desk.channel.typed


# --- verdicts ---------------------------------------------------------------------------------------------------


async def test_a_verdict_is_kept_with_question_photo_results_and_generation(desk: Desk) -> None:
    update = await desk.say(Photo("one", caption="blue"))
    await desk.search()
    await tap(desk, Judge(update.job, "up", "p1", ("p1", "p2"), "g1"))
    [entry] = await desk.redis.zrange(desk.keys.feedbacks, 0, -1)
    kept = json.loads(await desk.redis.get(desk.keys.feedback(entry.decode())))
    assert (kept["verdict"], kept["product"], kept["results"], kept["generation"]) == ("up", "p1", ["p1", "p2"], "g1")
    assert kept["question"]["refine"] == "blue"
    assert await desk.redis.get(kept["photos"][0]) == PHOTO
    assert USER not in json.dumps(kept)
    [thanks] = await desk.said()
    assert isinstance(thanks, Notice)
    assert (thanks.name, thanks.args["product"]) == ("liked", "p1")


async def test_bought_replaces_liked(desk: Desk) -> None:
    update = await desk.say(Photo("one"))
    await desk.search()
    await tap(desk, Judge(update.job, "up", "p1", ("p1",), "g1"))
    await tap(desk, Judge(update.job, "bought", "p1", ("p1",), "g1"))
    assert await desk.redis.zcard(desk.keys.feedbacks) == 1
    stored = await desk.redis.get(desk.keys.feedback(f"{update.job}:p1"))
    assert json.loads(stored)["verdict"] == "bought"


async def test_none_of_these_is_kept_for_the_whole_answer(desk: Desk) -> None:
    await tap(desk, Judge("long-gone", "down", "", ("p1",), "g1"))
    [thanks] = await desk.said()
    assert isinstance(thanks, Notice)
    assert thanks.name == "disliked"
    assert await desk.redis.exists(desk.keys.feedback("long-gone:"))


# --- languages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Command("language", "de"), Command("LANGUAGE", "Deutsch"), Speak("de")])
async def test_a_chosen_language_stays(desk: Desk, how: Command | Speak) -> None:
    if isinstance(how, Speak):
        await tap(desk, how)
    else:
        await desk.say(how, language="uk")
    await desk.say(Command("help"), language="uk")
    first, second = await desk.said()
    assert [first.language, second.language] == ["de", "de"]
    assert isinstance(first, Notice)
    assert first.name == "language_chosen"


@pytest.mark.parametrize(
    ("typed", "name"), [("/help", "help"), (" /Privacy ", "privacy"), ("/language Deutsch", "language_chosen")]
)
async def test_a_command_typed_as_words_is_a_command(desk: Desk, typed: str, name: str) -> None:
    await desk.say(Text(typed))
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert answer.name == name


async def test_a_language_that_is_not_spoken_is_answered_by_those_that_are(desk: Desk) -> None:
    await desk.say(Command("language", "Klingon"), language="es")
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert (answer.name, answer.language) == ("language", "es")
    assert answer.args["choices"].split() == ["en", "de", "es", "uk", "hr", "sr"]


# --- start, privacy, forget -------------------------------------------------------------------------------------


async def test_to_unblock_and_to_press_start_welcomes_once(desk: Desk) -> None:
    await desk.say(Joined())
    await desk.say(Command("start"))
    [welcome] = await desk.said()
    assert isinstance(welcome, Notice)
    assert welcome.name == "welcome"


async def test_forget_leaves_nothing_of_the_user_behind(desk: Desk) -> None:
    update = await desk.say(Photo("one", caption="blue"))
    await desk.search()
    await tap(desk, Judge(update.job, "up", "p1", ("p1",), "g1"))
    await desk.say(Command("language", "de"))
    dead = await desk.accept(desk.update(Photo("one")))
    await desk.streams.bury(dead, "a test", lease=await desk.lease(dead.stream), tell=False)
    other = await desk.say(Photo("one"), chat="fake:2", user="fake:u2")
    await desk.say(Command("forget"))

    everything = {key.decode() async for key in desk.redis.scan_iter(match="*", count=1000)}
    about = {key for key in everything if update.job in key or key.endswith((USER, CHAT))}
    turns, seen = desk.keys.turns(CHAT), desk.keys.seen("fake", "")
    assert {key for key in about if not key.startswith((turns, seen, desk.keys.taken("")))} == set()
    assert await desk.redis.xlen(desk.keys.dead) == 0
    assert await desk.redis.zcard(desk.keys.feedbacks) == 0
    assert desk.keys.query(other.job) in everything, "another user's question stays"
    last = (await desk.said())[-1]
    assert isinstance(last, Notice)
    assert last.name == "forgotten"


async def test_privacy_is_told(desk: Desk) -> None:
    await desk.say(Command("privacy"))
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert answer.name == "privacy"


# --- admins ----------------------------------------------------------------------------------------------------


async def tasks(desk: Desk) -> list[Task]:
    entries = await read_new(desk.streams, MAINTAINERS, "m", [desk.keys.tasks], count=10, block_ms=None)
    return [decode_task(entry.data) for entry in entries]


@pytest.mark.parametrize(
    ("command", "wish", "feed"),
    [
        (Command("reindex"), "reindex", None),
        (Command("reindex", " outlet "), "reindex", "outlet"),
        (Command("Status"), "status", None),
        (Command("rollback"), "rollback", None),
        (Command("generations"), "generations", None),
    ],
)
async def test_an_admins_wish_goes_to_the_maintainers(
    desk: Desk, command: Command, wish: str, feed: str | None
) -> None:
    await desk.say(command, user="fake:boss")
    [task] = await tasks(desk)
    assert (task.wish, task.feed, task.by, task.chat) == (wish, feed, "fake:boss", CHAT)
    assert await desk.said() == []


@pytest.mark.parametrize("name", ["reindex", "status", "rollback", "generations"])
async def test_anybody_else_gets_the_ordinary_help(desk: Desk, name: str) -> None:
    await desk.say(Command(name))
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert answer.name == "help"
    assert await tasks(desk) == []


async def test_a_feed_that_the_settings_do_not_name_is_refused(desk: Desk) -> None:
    await desk.say(Command("reindex", "/etc/passwd"), user="fake:boss")
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert (answer.name, answer.args) == ("unknown_feed", {"feeds": "outlet"})
    assert await tasks(desk) == []


# --- more like this goes on to words ----------------------------------------------------------------------------


async def test_words_after_more_like_this_narrow_it(desk: Desk) -> None:
    await tap(desk, More("p1"))
    await desk.search()
    await desk.say(Text("blue"))
    narrowed = await desk.search()
    assert (narrowed.query, narrowed.refine) == (ByProduct("p1"), "blue")


async def test_an_empty_button_is_told_to_be_old(desk: Desk) -> None:
    await desk.say(Button(""))
    answer = await desk.answer()
    assert isinstance(answer, Notice)
    assert answer.name == "button_expired"
