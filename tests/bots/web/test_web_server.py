"""The web server against a real Redis: the API, the chat's requests, webhooks, health."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate
from redis.asyncio import Redis

from bots.channel import FORBIDDEN, Channels, Received, RenderContext
from bots.outbox import Outbox
from bots.server import build_app
from bots.service import build_services
from bots.services import Services
from bots.web import api, forms
from core.connection import client
from core.errors import Reason
from core.keys import CONVERSATION, SENDERS, WORKERS, Keys
from core.messages import ByPhoto, ByProduct, ByWords, Hit, Notice, Reply, Search, Text, Update, decode_search
from core.picturestore import path_of
from core.presence import Presence, announce
from core.settings import Settings
from core.spool import Spool
from core.streams import GroupConsumer, PartitionConsumer, Promoter
from tests.redis_server import RedisServer, valkey_binary

Client = TestClient[web.Request, web.Application]
HITS = (Hit("p1", "<b>Mug</b>", "9.90", "EUR", "https://shop.example/p1", "/pictures/" + "a" * 64 + ".jpg"),)


def settings_for(folder: Path, **more: Any) -> Settings:
    return Settings(data_dir=folder, redis_url="redis://set-by-the-test", **more)


@pytest.fixture
def services(redis: Redis, tmp_path: Path) -> Services:
    return build_services(settings_for(tmp_path), redis, Spool(tmp_path / "spool"))


@pytest.fixture
async def visitor(services: Services) -> AsyncIterator[Client]:
    """A client of the server, nothing behind it."""
    await services.streams.prepare()
    async with TestClient(TestServer(build_app(services))) as running:
        yield running


@asynccontextmanager
async def answering(services: Services, answers: Mapping[str, Reply] | None = None) -> AsyncIterator[list[Search]]:
    """Senders, and a worker that gives `HITS` or what `answers` says for a kind of query."""
    stop, seen = asyncio.Event(), list[Search]()
    lanes = [services.keys.searches("web")]
    consumer = GroupConsumer(services.streams, streams_by_turn=lanes, group=WORKERS, name="w")

    async def work() -> None:
        while not stop.is_set():
            for entry in await consumer.read(1, 50):
                search = decode_search(entry.data)
                seen.append(search)
                reply = (answers or {}).get(search.query.kind) or Reply("", "", "hits", hits=HITS, shown=("p1",))
                full = Reply(
                    search.job, search.chat, reply.outcome, hits=reply.hits, reason=reply.reason,
                    message=reply.message, shown=reply.shown, photos=search.photos,
                )  # fmt: skip
                await services.streams.advance(entry, [services.streams.reply_output(full, step="worker")])

    outbox = Outbox(services)
    senders = PartitionConsumer(services.streams, kind="replies", group=SENDERS, name="s", handle=outbox.handle)
    tasks = [asyncio.create_task(run) for run in (work(), senders.run(stop), Promoter(services.streams).run(stop))]
    try:
        yield seen
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def form(**fields: str | bytes) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for name, value in fields.items():
        made.add_field(name, value, filename="f.jpg" if isinstance(value, bytes) else None)
    return made


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({"photo": b"picture"}, ByPhoto),
        ({"product": "p7"}, ByProduct),
        ({"text": "red mug"}, ByWords),
    ],
)
async def test_the_api_answers_each_kind_of_question(
    visitor: Client, services: Services, fields: dict[str, str | bytes], query: type
) -> None:
    async with answering(services) as seen:
        response = await visitor.post("/api/search", data=form(**fields))
        body = await response.json()
    assert response.status == 200
    assert [hit["id"] for hit in body["hits"]] == ["p1"]
    assert set(body) == {"outcome", "close", "hits", "reason", "message", "generation", "timings"}
    assert isinstance(seen[0].query, query)


async def test_nothing_is_remembered_for_a_chat_of_the_api_that_nobody_can_write_into(
    visitor: Client, services: Services
) -> None:
    async with answering(services):
        await visitor.post("/api/search", data=form(text="red mug"))
    assert [key async for key in services.redis.scan_iter(match=f"*{services.keys.onward('api:')}*")] == []


async def test_an_api_photo_counts_as_accepted_and_answered(visitor: Client, services: Services) -> None:
    async with answering(services):
        await visitor.post("/api/search", data=form(photo=b"picture", box="0,0,0.5,0.5", count="3"))
    assert await services.streams.tally() == {"accepted": 1, "answered": 1}


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.TOO_LARGE, 413),
        (Reason.NOT_A_PICTURE, 415),
        (Reason.UNSUPPORTED_FORMAT, 415),
        (Reason.BROKEN_PICTURE, 422),
        (Reason.TOO_SMALL, 422),
        (Reason.TOO_MANY_PIXELS, 422),
        (Reason.PRODUCT_GONE, 422),
        (Reason.TOO_MANY_SEARCHES, 429),
        (Reason.BAD_REQUEST, 400),
    ],
)
async def test_a_refusal_has_its_status(visitor: Client, services: Services, reason: Reason, status: int) -> None:
    refusal = Reply("", "", "refused", reason=reason, message="why")
    async with answering(services, {"photo": refusal}):
        response = await visitor.post("/api/search", data=form(photo=b"x"))
        body = await response.json()
    assert (response.status, body["reason"], body["message"]) == (status, reason, "why")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"photo": b"x", "product": "p"},
        {"product": "p", "text": "t"},
        {"product": "p", "box": "0,0,1,1"},
        {"photo": b"x", "box": "no"},
        {"photo": b"x", "count": "0"},
        {"photo": b"x", "min_price": "cheap"},
        {"photo": b"x", "min_price": "20", "max_price": "9.90"},
    ],
)
async def test_a_question_that_makes_no_sense_is_400_with_a_sentence(
    visitor: Client, fields: dict[str, str | bytes]
) -> None:
    response = await visitor.post("/api/search", data=form(**({"empty": ""} | fields)))
    body = await response.json()
    assert (response.status, body["reason"]) == (400, "bad_request")
    assert body["message"].endswith(".")
    assert body["close"] is False


@pytest.mark.parametrize("path", ["/api/search", "/chat/messages"])
async def test_an_upload_that_does_not_end_is_408_with_a_sentence(
    visitor: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "READ_S", 0.2)
    same_page = await open_page(visitor)
    gave_up = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="f"\r\n\r\nabc'
        await gave_up.wait()

    headers = same_page | {"Content-Type": "multipart/form-data; boundary=x"}
    async with asyncio.timeout(20), visitor.post(path, data=endless(), headers=headers) as response:
        body = await response.json()
    gave_up.set()
    assert (response.status, body["reason"]) == (408, "bad_request")
    assert body["message"].endswith(".")


async def test_without_a_worker_the_api_says_504(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "WAIT_S", 0.2)
    response = await visitor.post("/api/search", data=form(text="mug"))
    assert response.status == 504
    assert (await response.json())["outcome"] == "failed"


async def test_an_address_that_asks_too_often_is_told_so(redis: Redis, tmp_path: Path) -> None:
    services = build_services(settings_for(tmp_path, photos_per_hour=1), redis, Spool(tmp_path / "spool"))
    await services.streams.prepare()
    async with TestClient(TestServer(build_app(services))) as visitor, answering(services):
        first = await visitor.post("/api/search", data=form(text="mug"))
        second = await visitor.post("/api/search", data=form(text="mug"))
    assert (first.status, second.status) == (200, 429)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
@pytest.mark.parametrize("path", ["/api/search", "/chat/messages"])
async def test_another_page_cannot_use_us(visitor: Client, path: str, headers: dict[str, str]) -> None:
    response = await visitor.post(path, data=form(text="mug"), headers=headers)
    assert response.status == 403


async def test_pictures_are_absolute_where_the_public_address_is_known(redis: Redis, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, public_url="https://search.shop.example")
    services = build_services(settings, redis, Spool(tmp_path / "spool"))
    await services.streams.prepare()
    async with TestClient(TestServer(build_app(services))) as visitor, answering(services):
        body = await (await visitor.post("/api/search", data=form(text="mug"))).json()
        document = await (await visitor.get("/api/openapi.json")).json()
    assert body["hits"][0]["picture"].startswith("https://search.shop.example/pictures/")
    assert document["servers"] == [{"url": "https://search.shop.example"}]


async def test_the_document_describes_the_api(visitor: Client) -> None:
    document = await (await visitor.get("/api/openapi.json")).json()
    validate(document)
    assert {reason.value for reason in Reason} <= set(
        document["components"]["schemas"]["Reply"]["properties"]["reason"]["enum"]
    )


async def open_page(visitor: Client) -> dict[str, str]:
    response = await visitor.get("/")
    cookie = response.cookies["snapshelf"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    return {"Origin": str(visitor.make_url("/")).rstrip("/")}


async def read_event(response: aiohttp.ClientResponse) -> dict[str, str]:
    fields: dict[str, str] = {}
    async with asyncio.timeout(20):
        while line := (await response.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
    return fields


async def test_a_visitor_gets_answers_and_misses_none_after_a_break(visitor: Client, services: Services) -> None:
    same_page = await open_page(visitor)
    async with visitor.get("/chat/events") as events:
        hello = await read_event(events)
        assert hello["event"] == "hello"
    posted = await visitor.post("/chat/messages", data=form(photo=b"x"), headers=same_page)
    job = (await posted.json())["job"]
    chat = decode_update_chat(await services.redis.xrange(services.keys.inbox(await partition(services))))
    notice = Notice(job, chat, "welcome")
    part = services.channels.by_name["web"].render(notice, RenderContext())[0]
    await services.channels.by_name["web"].send(part)
    async with visitor.get("/chat/events", headers={"Last-Event-ID": hello["id"]}) as events:
        await read_event(events)
        answer = json.loads((await read_event(events))["data"])
    assert posted.status == 202
    assert (answer["job"], answer["type"]) == (job, "text")


async def test_a_page_loaded_anew_gets_the_conversation_again_and_a_break_brings_nothing_twice(
    visitor: Client, services: Services
) -> None:
    same_page = await open_page(visitor)
    await visitor.post("/chat/messages", data=form(text="mug"), headers=same_page)
    chat = decode_update_chat(await services.redis.xrange(services.keys.inbox(await partition(services))))
    channel = services.channels.by_name["web"]
    for job in ("first", "second"):
        await channel.send(channel.render(Notice(job, chat, "welcome"), RenderContext())[0])
    async with visitor.get("/chat/events") as events:
        hello, *told = [await read_event(events) for _ in range(3)]
    assert (hello["event"], [json.loads(event["data"])["job"] for event in told]) == ("hello", ["first", "second"])
    await channel.send(channel.render(Notice("third", chat, "welcome"), RenderContext())[0])
    async with visitor.get("/chat/events", headers={"Last-Event-ID": told[0]["id"]}) as events:
        await read_event(events)
        rest = [json.loads((await read_event(events))["data"])["job"] for _ in range(2)]
    assert rest == ["second", "third"]


async def test_taps_cost_an_address_no_searches(redis: Redis, tmp_path: Path) -> None:
    services = build_services(settings_for(tmp_path, photos_per_hour=1), redis, Spool(tmp_path / "spool"))
    await services.streams.prepare()
    async with TestClient(TestServer(build_app(services))) as visitor:
        same_page = await open_page(visitor)
        asked = [{"button": "liked"}, {"button": "liked"}, {"text": "mug"}, {"text": "mug"}, {"button": "liked"}]
        posted = [await visitor.post("/chat/messages", data=form(**one), headers=same_page) for one in asked]
    assert [one.status for one in posted] == [202, 202, 202, 429, 202]


async def partition(services: Services) -> int:
    for number in range(16):
        if await services.redis.xlen(services.keys.inbox(number)):
            return number
    raise AssertionError("nothing in the inbox")


def decode_update_chat(rows: Any) -> str:
    return str(rows[0][1][b"chat"].decode())


async def test_a_post_without_a_session_or_from_elsewhere_is_refused(visitor: Client) -> None:
    origin = {"Origin": str(visitor.make_url("/")).rstrip("/")}
    assert (await visitor.post("/chat/messages", data=form(text="x"), headers=origin)).status == 403
    assert (await visitor.get("/chat/events")).status == 403
    await open_page(visitor)
    assert (await visitor.post("/chat/messages", data=form(text="x"))).status == 403
    assert (await visitor.post("/chat/messages", data=form(other="x"), headers=origin)).status == 400


@pytest.mark.parametrize("path", ["/", "/static/chat.js", "/healthz", "/nowhere", "/static/none"])
async def test_every_answer_carries_the_security_headers(visitor: Client, path: str) -> None:
    response = await visitor.get(path)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_is_served_by_its_digest_and_nothing_else_is(visitor: Client, services: Services) -> None:
    digest = "ab" * 32
    path = path_of(services.settings.pictures_dir, digest)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"jpeg")
    found = await visitor.get(f"/pictures/{digest}.jpg")
    assert (found.status, await found.read(), found.content_type) == (200, b"jpeg", "image/jpeg")
    for other in ("cd" * 32, "..%2f..%2fetc%2fpasswd", digest[:-1]):
        assert (await visitor.get(f"/pictures/{other}.jpg")).status == 404


async def test_readyz_says_what_is_missing_and_when_nothing_is(visitor: Client, services: Services) -> None:
    missing = await visitor.get("/readyz")
    assert missing.status == 503
    assert "snapshelf worker" in (await missing.json())["worker"]["message"]
    await announce(services.redis, services.keys, "worker", Presence("w", None, "Set MODEL to what it was."))
    unfit = await visitor.get("/readyz")
    assert (unfit.status, (await unfit.json())["generation"]["message"]) == (503, "Set MODEL to what it was.")
    await announce(services.redis, services.keys, "worker", Presence("w", "g1"))
    unanswered = await visitor.get("/readyz")
    assert (unanswered.status, (await unanswered.json())["conversation"]["ok"]) == (503, False)
    await announce(services.redis, services.keys, CONVERSATION, Presence("b"))
    there = await visitor.get("/readyz")
    assert (there.status, (await there.json())["generation"]["names"]) == (200, ["g1"])
    assert await (await visitor.get("/healthz")).text() == "ok"


class Hook:
    """A channel with a webhook: the header `Secret: yes`, one text a line."""

    name = "telegram"

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        if headers.get("Secret") != "yes":
            return FORBIDDEN
        if body == b"garbage":
            return Received(dead=body)
        chat = "telegram:1"
        return Received(tuple(Update("telegram", line, chat, chat, Text(line), 1) for line in body.decode().split()))


def with_hook(services: Services) -> Services:
    channels: Any = {**services.channels.by_name, "telegram": Hook()}
    return Services(
        services.settings, services.redis, services.keys, services.streams, services.blobs, Channels(channels),
        services.delivery,
    )  # fmt: skip


async def test_a_webhook_is_verified_claimed_and_appended(services: Services) -> None:
    await services.streams.prepare()
    async with TestClient(TestServer(build_app(with_hook(services)))) as provider:
        assert (await provider.post("/telegram/webhook", data=b"1")).status == 403
        for _ in range(3):
            assert (await provider.post("/telegram/webhook", data=b"1 2", headers={"Secret": "yes"})).status == 200
        big = await provider.post("/telegram/webhook", data=io.BytesIO(b"x" * 1_100_000), headers={"Secret": "yes"})
        assert big.status == 413
        assert (await provider.post("/telegram/webhook", data=b"garbage", headers={"Secret": "yes"})).status == 200
    depths = await services.streams.depths()
    assert (depths["inbox"], depths["dead"]) == (2, 1)


@pytest.mark.slow
async def test_what_comes_while_redis_is_away_is_answered_200_and_replayed_in_order(tmp_path: Path) -> None:
    binary = valkey_binary()
    assert binary is not None
    server = RedisServer(binary)
    redis = client(server.url)
    services = build_services(settings_for(tmp_path), redis, Spool(tmp_path / "spool"))
    await services.streams.prepare()
    stop = asyncio.Event()
    try:
        async with TestClient(TestServer(build_app(with_hook(services)))) as provider:
            server.kill()
            for line in ("1", "2", "3"):
                posted = await provider.post("/telegram/webhook", data=line.encode(), headers={"Secret": "yes"})
                assert posted.status == 200
            server.start()
            replay = asyncio.create_task(services.delivery.run(stop))
            await asyncio.wait_for(services.delivery.drained(), 20)
            await provider.post("/telegram/webhook", data=b"4", headers={"Secret": "yes"})
            stop.set()
            await replay
        number = await partition(services)
        rows: Any = await redis.xrange(services.keys.inbox(number))
        assert [json.loads(row[1][b"data"])["update_id"] for row in rows] == ["1", "2", "3", "4"]
    finally:
        await redis.aclose()
        server.close()


def test_keys_of_web_sessions_stand_behind_the_prefix() -> None:
    assert Keys("{x}:").web("s") == "{x}:web:s"
