"""Messages: what one part writes another reads, of a newer or the same version, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Reason
from core.messages import (
    Album,
    BadMessage,
    Box,
    Button,
    ByPhoto,
    ByProduct,
    ByWords,
    Command,
    Filters,
    Hit,
    Joined,
    Lane,
    Left,
    Message,
    Notice,
    Other,
    Photo,
    Progress,
    Reply,
    Search,
    Status,
    Task,
    Text,
    Update,
    channel_of,
    decode_outgoing,
    decode_search,
    decode_task,
    decode_update,
    encode,
    job_id,
)

texts = st.text(st.characters(codec="utf-8"), max_size=40)
maybe = st.none() | texts
fractions = st.floats(0, 1, allow_nan=False)
widths = st.floats(0.001, 1, allow_nan=False)
boxes = st.builds(Box, fractions, fractions, widths, widths)
photos = st.builds(Photo, media=texts, album=maybe, caption=maybe, box=st.none() | boxes)
contents = st.one_of(
    photos,
    st.builds(Album, photos=st.lists(photos, max_size=3).map(tuple), caption=maybe),
    st.builds(Text, text=texts),
    st.builds(Button, token=texts, callback=maybe),
    st.builds(Command, name=texts, argument=texts),
    st.just(Joined()),
    st.just(Left()),
    st.builds(Status, provider_id=texts, state=texts, code=maybe),
    st.builds(Other, what=texts),
)
times = st.integers(0, 2**53)
updates = st.builds(
    Update, channel=texts, update_id=texts, chat=texts, user=texts, content=contents, at=times, language=texts
)
queries = st.one_of(
    st.builds(ByPhoto, blobs=st.lists(texts, max_size=3).map(tuple), box=st.none() | boxes),
    st.builds(ByProduct, product=texts),
    st.builds(ByWords, words=texts),
)
filters = st.builds(
    Filters, category=maybe, brand=maybe, colour=maybe, min_price=maybe, max_price=maybe, in_stock=st.booleans()
)
searches = st.builds(
    Search,
    job=texts,
    chat=texts,
    query=queries,
    at=times,
    deadline=times,
    refine=texts,
    filters=filters,
    shown=st.lists(texts, max_size=5).map(tuple),
    want=st.integers(1, 100),
    photos=st.integers(0, 10),
)
tasks = st.builds(
    Task,
    job=texts,
    chat=texts,
    wish=st.sampled_from(["reindex", "status", "rollback", "generations"]),
    by=texts,
    at=times,
    feed=maybe,
)
hits = st.builds(
    Hit,
    id=texts,
    title=texts,
    price=maybe,
    currency=maybe,
    link=maybe,
    picture=maybe,
    similarity=fractions,
    why=st.lists(texts, max_size=2).map(tuple),
)
outgoings = st.one_of(
    st.builds(
        Reply,
        job=texts,
        chat=texts,
        outcome=st.sampled_from(["hits", "nothing", "refused", "failed"]),
        close=st.booleans(),
        hits=st.lists(hits, max_size=2).map(tuple),
        reason=st.none() | st.sampled_from(Reason),
        message=maybe,
        generation=maybe,
        timings=st.dictionaries(texts, st.floats(0, 1e6), max_size=3),
    ),
    st.builds(Notice, job=texts, chat=texts, name=texts, args=st.dictionaries(texts, texts, max_size=2)),
    st.builds(Progress, job=texts, chat=texts, text=texts, done=st.booleans()),
)


@given(updates)
def test_an_update_comes_back_as_it_was(update: Update) -> None:
    assert decode_update(encode(update)) == update


@given(searches)
def test_a_search_comes_back_as_it_was(search: Search) -> None:
    assert decode_search(encode(search)) == search


@given(tasks)
def test_a_task_comes_back_as_it_was(task: Task) -> None:
    assert decode_task(encode(task)) == task


@given(outgoings)
def test_what_goes_out_comes_back_as_it_was(outgoing: Reply | Notice | Progress) -> None:
    assert decode_outgoing(encode(outgoing)) == outgoing


@given(st.one_of(updates, searches, tasks, outgoings))
def test_a_message_is_written_as_its_fields_stand(message: Message) -> None:
    assert json.loads(encode(message)) == json.loads(json.dumps(dataclasses.asdict(message)))


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert decode_outgoing(encode(Progress("job", "web:s", "half \ud83d a pair"))) == Progress(
        "job", "web:s", "half ? a pair"
    )


UPDATE = Update("web", "s:1", "web:s", "web:s", Photo("secret-media"), at=1)
SEARCH = Search("j", "web:s", ByProduct("secret-product"), at=1, deadline=2)
TASK = Task("j", "telegram:1", "status", "telegram:1", at=1)
REPLY = Reply("j", "web:s", "hits")
NOTICE = Notice("j", "web:s", "welcome")
PROGRESS = Progress("j", "web:s", "half")
EACH: list[tuple[Message, Callable[[bytes], Message]]] = [
    (UPDATE, decode_update),
    (SEARCH, decode_search),
    (TASK, decode_task),
    (REPLY, decode_outgoing),
    (NOTICE, decode_outgoing),
    (PROGRESS, decode_outgoing),
]
by_kind = pytest.mark.parametrize(("message", "decode"), EACH, ids=[type(message).__name__ for message, _ in EACH])


def changed(message: Message, **fields: Any) -> bytes:
    return json.dumps(json.loads(encode(message)) | fields).encode()


@by_kind
def test_fields_of_a_newer_sender_are_ignored(message: Message, decode: Callable[[bytes], Message]) -> None:
    assert decode(changed(message, invented_later={"a": [1]})) == message


def test_fields_inside_the_content_are_ignored_too() -> None:
    content = json.loads(encode(UPDATE))["content"] | {"invented_later": 1}
    assert decode_update(changed(UPDATE, content=content)) == UPDATE


@by_kind
def test_another_version_is_refused(message: Message, decode: Callable[[bytes], Message]) -> None:
    with pytest.raises(BadMessage, match=r"cannot be read: .*\bv: "):
        decode(changed(message, v=2))


SECRET = "telegram:4915112345678"
BROKEN: list[tuple[Callable[[bytes], Message], bytes]] = [
    (decode_update, b""),
    (decode_update, f'{{"chat": "{SECRET}"'.encode()),
    (decode_update, changed(UPDATE, at=SECRET)),
    (decode_update, changed(UPDATE, channel=[SECRET])),
    (decode_update, changed(UPDATE, content={"kind": SECRET})),
    (decode_update, changed(UPDATE, content={"kind": "photo", "media": {"x": SECRET}})),
    (decode_update, changed(UPDATE, content={"kind": "photo", "media": "m", "box": {"x": SECRET}})),
    (decode_search, changed(SEARCH, want=101)),
    (decode_search, changed(SEARCH, want=0)),
    (decode_search, changed(SEARCH, deadline=SECRET)),
    (decode_task, changed(TASK, wish=SECRET)),
    (decode_outgoing, changed(REPLY, outcome=SECRET)),
    (decode_outgoing, changed(REPLY, reason=SECRET)),
    (decode_outgoing, changed(REPLY, kind=SECRET)),
    (decode_outgoing, b"\xff\xfe" + SECRET.encode()),
]


@pytest.mark.parametrize(("decode", "data"), BROKEN)
def test_what_cannot_be_read_is_refused_with_a_reason_that_holds_no_value(
    decode: Callable[[bytes], Message], data: bytes
) -> None:
    with pytest.raises(BadMessage) as caught:
        decode(data)
    assert str(caught.value).startswith("this ")
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_provider_id_longer_than_a_double_holds_stays_exact() -> None:
    update = Update("viber", "message:5741311803571721087:u", "viber:c", "viber:u", Text("hi"), at=1)
    assert decode_update(encode(update)).update_id == "message:5741311803571721087:u"


def test_the_job_is_the_same_for_every_delivery_and_another_for_another_update() -> None:
    assert UPDATE.job == job_id("web", "s:1")
    assert len({job_id("web", "1"), job_id("web", "2"), job_id("viber", "1"), job_id("we", "b1")}) == 4


@pytest.mark.parametrize(
    ("chat", "channel", "lane"),
    [
        ("telegram:1/2", "telegram", Lane.MESSENGERS),
        ("web:abc", "web", Lane.WEB),
        ("api:job", "api", Lane.WEB),
        ("console:local", "console", Lane.MESSENGERS),
    ],
)
def test_a_chat_names_its_channel_and_lane(chat: str, channel: str, lane: str) -> None:
    assert channel_of(chat) == channel
    assert Search("j", chat, ByProduct("1"), at=1, deadline=2).lane == lane


def test_the_public_form_has_the_fields_that_we_promise_and_no_more() -> None:
    public = Reply("j", "web:s", "hits", hits=(Hit("1", "Shoe", why=("same colour",)),)).public()
    assert list(public) == ["outcome", "close", "hits", "reason", "message", "generation", "timings"]
    names = "id title price currency link picture brand category similarity why"
    assert list(public["hits"][0]) == names.split()
    assert json.loads(json.dumps(public)) == public
