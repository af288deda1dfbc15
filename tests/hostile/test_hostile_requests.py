"""Requests that no sound client makes, as bytes over TCP to the real server: refused or cut off, and the others served.

`tests/bots/web` has what a browser may get wrong; here are broken framing, bodies that never end and bombs.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import json
import resource
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer
from redis.asyncio import Redis

from bots import server as server_module
from bots.channel import FORBIDDEN, Channels, Received
from bots.server import build_app
from bots.service import build_services
from bots.services import Services
from bots.web import api, forms
from core.messages import Text, Update
from core.settings import Settings
from core.spool import Spool

ANSWER_S = 20.0


class Hook:
    """A webhook that takes what its secret vouches for, whole or not at all."""

    name = "telegram"

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        if headers.get("Secret") != "yes":
            return FORBIDDEN
        return Received((Update("telegram", str(len(body)), "telegram:1", "telegram:1", Text("x"), 1),))


@pytest.fixture
def services(redis: Redis, tmp_path: Path) -> Services:
    settings = Settings(data_dir=tmp_path, redis_url="redis://set-by-the-test")
    made = build_services(settings, redis, Spool(tmp_path / "spool"))
    channels: Any = {**made.channels.by_name, "telegram": Hook()}
    return Services(
        made.settings, made.redis, made.keys, made.streams, made.blobs, Channels(channels), made.delivery
    )  # fmt: skip


@pytest.fixture
async def running(services: Services) -> AsyncIterator[BaseTestServer]:
    await services.streams.prepare()
    async with TestServer(build_app(services)) as server:
        yield server


class Line:
    """A connection of bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, *pieces: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # it may have hung up already: that is an answer
            for piece in pieces:
                self._writer.write(piece)
                await self._writer.drain()

    async def status(self) -> int | None:
        """Of the answer; None when the connection ends without one."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(ANSWER_S):
                line = await self._reader.readline()
            return int(line.split()[1]) if line else None
        return None

    async def until(self, end: bytes) -> None:
        """Returns once these bytes came."""
        async with asyncio.timeout(ANSWER_S):
            await self._reader.readuntil(end)

    def finish(self) -> None:
        """Nothing more will be sent."""
        with contextlib.suppress(OSError):
            self._writer.write_eof()


@contextlib.asynccontextmanager
async def line(server: BaseTestServer) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def healthy(server: BaseTestServer) -> bool:
    async with line(server) as fresh:
        await fresh.send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return await fresh.status() == 200


def head(path: str = "/telegram/webhook", *fields: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Secret: yes", "Content-Type: application/json", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


CHUNKED = "Transfer-Encoding: chunked"
NOBODY = frozenset({None, 400, 403, 408, 413, 431, 505})
"""Refused, or cut off without a word."""
BROKEN: dict[str, list[bytes]] = {
    "a length that is no number": [head("/telegram/webhook", "Content-Length: many"), b"{}"],
    "a length below nothing": [head("/telegram/webhook", "Content-Length: -5"), b"{}"],
    "a length with a sign": [head("/telegram/webhook", "Content-Length: +2"), b"{}"],
    "a length in hexadecimal": [head("/telegram/webhook", "Content-Length: 0x2"), b"{}"],
    "a length of thirty digits": [head("/telegram/webhook", "Content-Length: " + "9" * 30), b"{}"],
    "a length of five thousand digits": [head("/telegram/webhook", "Content-Length: " + "9" * 5_000), b"{}"],
    "a length over the limit": [head("/telegram/webhook", "Content-Length: 2000000"), b"{}"],
    "two lengths": [head("/telegram/webhook", "Content-Length: 2", "Content-Length: 3"), b"{}"],
    "a length and chunks": [head("/telegram/webhook", "Content-Length: 2", CHUNKED), b"2\r\n{}\r\n0\r\n\r\n"],
    "chunks of a size that is no number": [head("/telegram/webhook", CHUNKED), b"zz\r\n{}\r\n0\r\n\r\n"],
    "a chunk below nothing": [head("/telegram/webhook", CHUNKED), b"-2\r\n{}\r\n0\r\n\r\n"],
    "a chunk of 2**64 bytes": [head("/telegram/webhook", CHUNKED), b"10000000000000000\r\n{}\r\n0\r\n\r\n"],
    "a chunk longer than said": [head("/telegram/webhook", CHUNKED), b"1\r\n{}{}{}\r\n0\r\n\r\n"],
    "a chunk with a mebibyte of remarks": [head("/telegram/webhook", CHUNKED), b"2;" + b"x" * (1 << 20) + b"\r\n{}"],
    "random bytes as chunks": [head("/telegram/webhook", CHUNKED), bytes(range(256)) * 64],
    "chunks over the limit": [head("/telegram/webhook", CHUNKED), *[b"10000\r\n" + b"x" * 65_536 + b"\r\n"] * 20],
    "an encoding of transfer never heard of": [head("/telegram/webhook", "Transfer-Encoding: rot13"), b"{}"],
    "a field of a mebibyte": [head("/telegram/webhook", "X: " + "x" * (1 << 20))],
    "a hundred thousand fields": [head("/telegram/webhook", *["X: y"] * 100_000)],
    "a path of a mebibyte": [head("/" + "x" * (1 << 20))],
    "a line end in a field": [head("/telegram/webhook", "X: a\rSecret: yes", "Content-Length: 2"), b"{}"],
    "a NUL in a field": [head("/telegram/webhook", "X: a\0b", "Content-Length: 2"), b"{}"],
    "no request at all": [bytes(range(256)) * 16],
    "a greeting of TLS": [bytes.fromhex("1603010200010001fc0303") + bytes(500)],
    "a version never heard of": [b"POST /telegram/webhook HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n"],
    "a gzip that is none": [head("/telegram/webhook", "Content-Encoding: gzip", "Content-Length: 9"), b"not a zip"],
}


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_framing_is_refused_and_nothing_of_it_is_taken(
    running: BaseTestServer, services: Services, name: str
) -> None:
    async with line(running) as stranger:
        await stranger.send(*BROKEN[name])
        stranger.finish()
        assert await stranger.status() in NOBODY
    assert (await services.streams.depths())["inbox"] == 0
    assert await healthy(running)


async def test_a_body_that_ends_early_is_not_taken(running: BaseTestServer, services: Services) -> None:
    for fields, body in ((("Content-Length: 1000",), b"{}"), ((CHUNKED,), b"1000\r\n{}")):
        async with line(running) as stranger:
            await stranger.send(head("/telegram/webhook", *fields), body)
            stranger.finish()
            assert await stranger.status() in NOBODY
    assert (await services.streams.depths())["inbox"] == 0
    assert await healthy(running)


async def test_what_follows_a_body_is_another_request_and_judged_as_such(
    running: BaseTestServer, services: Services
) -> None:
    async with line(running) as stranger:
        await stranger.send(head("/telegram/webhook", "Content-Length: 2"), b"{}" + b"POST smuggled\r\n\r\n")
        assert await stranger.status() in (200, 400)
    assert (await services.streams.depths())["inbox"] <= 1
    assert await healthy(running)


async def test_a_webhook_that_sends_slower_than_any_provider_is_let_go(
    running: BaseTestServer, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "READ_S", 0.2)
    async with line(running) as stranger:
        await stranger.send(head("/telegram/webhook", "Content-Length: 1000"), b"{")
        assert await stranger.status() == 408
    assert (await services.streams.depths())["inbox"] == 0


async def test_a_hundred_slow_senders_keep_nobody_else_waiting(running: BaseTestServer) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(100):
            slow = await stack.enter_async_context(line(running))
            await slow.send(head("/telegram/webhook", "Content-Length: 1000"), b"{")
        started = time.perf_counter()
        assert await healthy(running)
        assert time.perf_counter() - started < 5


@pytest.mark.parametrize("path", ["/telegram/webhook", "/api/search"])
async def test_a_packed_bomb_is_counted_unpacked(running: BaseTestServer, services: Services, path: str) -> None:
    bomb = gzip.compress(bytes(128 << 20), 9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kind = "multipart/form-data; boundary=b" if path == "/api/search" else "application/json"
    async with line(running) as stranger:
        fields = [
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Secret: yes",
            f"Content-Type: {kind}",
            "Content-Encoding: gzip",
        ]
        await stranger.send("\r\n".join([*fields, f"Content-Length: {len(bomb)}", "", ""]).encode(), bomb)
        assert await stranger.status() in NOBODY
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB
    assert (await services.streams.depths())["inbox"] == 0
    assert await healthy(running)


# --- forms of the web chat and the API ------------------------------------------------------------------------------

Client = TestClient[web.Request, web.Application]


def part(name: str, body: bytes, *fields: str) -> bytes:
    lines = ["--b", f'Content-Disposition: form-data; name="{name}"', *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body + b"\r\n"


END = b"--b--\r\n"
MULTIPART = "multipart/form-data; boundary=b"
FORMS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no boundary": ("multipart/form-data", lambda: part("text", b"x") + END),
    "a boundary of a kilobyte": ("multipart/form-data; boundary=" + "b" * 1_000, lambda: b"--" + b"b" * 1_000),
    "a boundary that never comes": (MULTIPART, lambda: b"x" * 100_000),
    "a body of nothing": (MULTIPART, lambda: b""),
    "an end without a beginning": (MULTIPART, lambda: END),
    "a part without an end": (MULTIPART, lambda: part("text", b"x" * 100)[:-40]),
    "a part without a name": (MULTIPART, lambda: b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END),
    "a thousand parts": (MULTIPART, lambda: part("text", b"x") * 1_000 + END),
    "a part's field of a mebibyte": (MULTIPART, lambda: part("text", b"x", "X: " + "y" * (1 << 20)) + END),
    "a hundred thousand fields of a part": (MULTIPART, lambda: part("text", b"x", *["X: y"] * 100_000) + END),
    "forms within forms": (
        MULTIPART,
        lambda: b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n" + END,
    ),
    "a text that is not UTF-8": (MULTIPART, lambda: part("box", b"\xff\xfe\x80") + part("text", b"\xff") + END),
    "a length within a part": (MULTIPART, lambda: part("text", b"x", "Content-Length: 99999") + END),
    "a length within a part that is no number": (MULTIPART, lambda: part("text", b"x", "Content-Length: y") + END),
    "a transfer encoding never heard of": (
        MULTIPART,
        lambda: part("text", b"x", "Content-Transfer-Encoding: rot13") + part("box", b"1") + END,
    ),
    "base64 that is none": (
        MULTIPART,
        lambda: part("photo", b"!!!", "Content-Transfer-Encoding: base64") + part("text", b"x") + END,
    ),
    "a file's name in a character set never heard of": (
        MULTIPART,
        lambda: b"--b\r\nContent-Disposition: form-data; name*=klingon'x'%ff%fe\r\n\r\nx\r\n" + END,
    ),
    "a disposition of quotes": (
        MULTIPART,
        lambda: b'--b\r\nContent-Disposition: form-data; name="""\r\n\r\nx\r\n' + END,
    ),
    "a plain form of a million fields": ("application/x-www-form-urlencoded", lambda: b"a&" * 4_000),
    "a plain form too long": ("application/x-www-form-urlencoded", lambda: b"text=" + b"x" * 10_000),
    "a plain form in another character set": (
        "application/x-www-form-urlencoded; charset=utf-7",
        lambda: b"text=x&product=y",
    ),
    "a type of a kilobyte": ("x" * 1_000 + "/y", lambda: b"x"),
    "no type": ("", lambda: b"text=x"),
}


SOUND = ("a length within a part", "a length within a part that is no number")
"""The lengths of parts are not looked at: these are questions, and nobody is here to answer them."""


@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionHeader")
@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionParam")
@pytest.mark.parametrize("name", FORMS)
async def test_a_form_that_makes_no_sense_is_refused_with_a_sentence(
    services: Services, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, make = FORMS[name]
    monkeypatch.setattr(api, "WAIT_S", 0.1)
    async with TestClient(TestServer(build_app(services))) as visitor:
        response = await visitor.post("/api/search", data=io.BytesIO(make()), headers={"Content-Type": kind})
        body = await response.json()
    assert response.status in ((504,) if name in SOUND else (400, 413))
    assert body["outcome"] == ("failed" if name in SOUND else "refused")
    assert body["message"]


async def test_a_plain_form_may_come_in_pieces(running: BaseTestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[forms.Form] = []
    whole = forms.read_form

    async def noted(request: web.Request) -> forms.Form:
        read.append(await whole(request))
        raise forms.TooSlow

    monkeypatch.setattr("bots.web.api.read_form", noted)
    body = b"text=" + b"x" * 4_000 + b"&count=7"
    async with line(running) as stranger:
        fields = ["POST /api/search HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/x-www-form-urlencoded"]
        await stranger.send("\r\n".join([*fields, f"Content-Length: {len(body)}", "", ""]).encode(), body[:700])
        while not read and not await pending(running):
            pass
        await stranger.send(body[700:])
        assert await stranger.status() == 408
    assert read[0].get("count") == "7"


async def pending(server: BaseTestServer) -> bool:
    """The server had time to look at what came: it has answered somebody else since."""
    return all([await healthy(server) for _ in range(3)])


async def test_a_photo_that_never_ends_is_cut_off_at_its_limit(running: BaseTestServer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"

    def endless() -> Iterable[bytes]:
        yield f"POST /api/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {MULTIPART}\r\n{CHUNKED}\r\n\r\n".encode()
        first = part("photo", b"")[:-2]
        yield f"{len(first):x}\r\n".encode() + first + b"\r\n"
        for _ in range(1_000):
            yield piece

    async with line(running) as stranger:
        await stranger.send(*endless())
        assert await stranger.status() in (413, None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 << 10  # KiB; a photo is 20 MiB
    assert await healthy(running)


async def test_an_update_whose_text_cannot_be_written_is_answered_200(services: Services) -> None:
    """Half a surrogate pair is sound JSON, and no UTF-8."""
    from bots.telegram.updates import Me, read_body

    body = json.dumps(
        {
            "update_id": 1,
            "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "half \ud800"},
        }
    ).encode()
    update = read_body(body, Me("1"), 1)
    assert update is not None
    await services.streams.prepare()
    await services.delivery.take([update])
    assert (await services.streams.depths())["inbox"] == 1


@pytest.mark.parametrize("last", ["\u0661-\u0661", "9" * 20 + "-0", "-", "$", "(1-1"])
async def test_an_event_id_of_nonsense_begins_anew(services: Services, last: str) -> None:
    await services.streams.prepare()
    async with TestClient(TestServer(build_app(services))) as visitor:
        page = await visitor.get("/")
        [cookie] = page.cookies.values()
        head_lines = ["GET /chat/events HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie.key}={cookie.value}"]
        async with line(visitor.server) as stream:
            await stream.send("\r\n".join([*head_lines, f"Last-Event-ID: {last}", "", ""]).encode())
            assert await stream.status() == 200
            await stream.until(b"id: 0-0\n")
