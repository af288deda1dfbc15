"""Clients that hold what others need: connections without a request, event streams without end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from bots import server as server_module
from bots.server import build_runner
from bots.service import build_services
from bots.web import pages
from bots.web.security import COOKIE, household
from core.settings import Settings
from core.spool import Spool

WAIT_S = 20.0
SLOW = b"POST /telegram/webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More: "
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
async def port(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of the real server, whose patience is short."""
    monkeypatch.setattr(server_module, "IDLE_S", 0.5)
    monkeypatch.setattr(server_module, "LEAVE_S", 0.5)
    settings = Settings(
        data_dir=tmp_path, redis_url="redis://set-by-the-test", trusted_proxies=("127.0.0.1",), _env_file=None
    )
    services = build_services(settings, redis, Spool(tmp_path / "spool"))
    await services.streams.prepare()
    runner = build_runner(services)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def connection(port: int) -> AsyncIterator[Pair]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def events(stack: contextlib.AsyncExitStack, port: int, address: str) -> tuple[int, Pair]:
    """The status of a stream of events that this address asks for, and its connection, which stays open."""
    reader, writer = pair = await stack.enter_async_context(connection(port))
    lines = ["GET /chat/events HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {COOKIE}=visitor", f"X-Forwarded-For: {address}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(WAIT_S):
        status = int((await reader.readline()).split()[1])
        await reader.readuntil(b"\r\n\r\n")
        if status == 200:
            await reader.readuntil(b"hello")
    return status, pair


async def test_headers_that_never_end_are_cut_off_however_steadily_they_come(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(SLOW)

        async def trickle() -> None:
            with contextlib.suppress(ConnectionError):
                while not writer.is_closing():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        async with asyncio.timeout(WAIT_S):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)


@pytest.mark.parametrize("first", [b"", HEALTH], ids=["nothing at all", "one request, and no other"])
async def test_a_connection_that_asks_nothing_is_let_go(port: int, first: bytes) -> None:
    async with connection(port) as (reader, writer), asyncio.timeout(WAIT_S):
        writer.write(first)
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200" if first else b"")


async def test_an_event_stream_outlives_that_patience(port: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        status, (reader, _) = await events(stack, port, "192.0.2.1")
        assert status == 200
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                await reader.read()
                pytest.fail("it was cut off")


async def test_one_address_holds_so_many_event_streams_and_others_are_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STREAMS_EACH", 3)
    async with contextlib.AsyncExitStack() as stack:
        opened = [await events(stack, port, "192.0.2.1") for _ in range(4)]
        assert [status for status, _ in opened] == [200, 200, 200, 429]
        assert (await events(stack, port, "192.0.2.2"))[0] == 200
        assert [(await events(stack, port, f"2001:db8::{n}"))[0] for n in range(1, 5)] == [200, 200, 200, 429]


async def test_a_stream_that_ended_makes_room(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STREAMS_EACH", 1)
    monkeypatch.setattr(pages, "BEAT_MS", 100)
    async with contextlib.AsyncExitStack() as stack:
        status, (_, writer) = await events(stack, port, "192.0.2.1")
        assert status == 200
        writer.close()
        async with asyncio.timeout(WAIT_S):
            # the server learns of it when it writes next: there is nothing to wait for
            while (await events(stack, port, "192.0.2.1"))[0] != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_a_household(address: str, expected: str) -> None:
    assert household(address) == expected
