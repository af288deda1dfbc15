"""Whatever dies, no photo is lost and none is answered twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.connection import client
from core.keys import WORKERS, Keys
from core.messages import Lane
from core.settings import Settings
from tests.paths import ROOT
from tests.redis_server import RedisServer, oldest_binary, valkey_binary
from tests.standins.shop import Counter, GatedEmbedder, photo_of, working

DEATHS_MAX = 4
"""One with its batch mates, three alone."""


@asynccontextmanager
async def victim(settings: Settings, mode: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process; leaving kills what is left of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.worker.victim",
        settings.redis_url.get_secret_value(),
        str(settings.data_dir),
        mode,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def embedding(process: asyncio.subprocess.Process) -> None:
    """Returns when it embeds."""
    assert process.stdout is not None
    while (line := await process.stdout.readline()).strip() != b"embedding":
        assert line, "the worker ended before it embedded"


async def test_a_worker_killed_after_reading_loses_no_photo(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with victim(settings, "hang") as process:
        searches = [await counter.ask(photo_of(number)) for number in range(6)]
        await embedding(process)
        process.kill()
        await process.wait()
    pending = await counter.redis.xpending(counter.keys.searches(Lane.MESSENGERS), WORKERS)
    assert pending["pending"] > 0
    async with working(settings, embedder, claim_idle_ms=100):
        replies = [await counter.reply(search) for search in searches]
    assert [reply.hits[0].id for reply in replies] == [f"p{number}" for number in range(6)]
    assert {len(answers) for answers in counter.replies.values()} == {1}


@pytest.mark.slow
async def test_a_photo_that_kills_every_worker_is_given_up_and_its_mates_are_answered(
    settings: Settings, counter: Counter
) -> None:
    searches = [await counter.ask(photo_of(number)) for number in (3, 4, 5, 6)]
    answered = asyncio.gather(*[counter.reply(search) for search in searches])
    deaths = 0
    while not answered.done():
        async with victim(settings, "die") as process:
            ended = asyncio.ensure_future(process.wait())
            waits: list[asyncio.Future[Any]] = [ended, answered]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            deaths += ended.done()
            ended.cancel()
        assert deaths <= DEATHS_MAX
    replies = await answered
    assert [reply.outcome for reply in replies] == ["hits", "hits", "failed", "hits"]
    [(_, letter)] = await counter.redis.xrange(counter.keys.dead)
    assert b"poison" in letter[b"reason"]


async def test_sigterm_lets_a_worker_finish_what_it_has_in_hand(settings: Settings, counter: Counter) -> None:
    async with victim(settings, "wait") as process:
        search = await counter.ask(photo_of(2))
        await embedding(process)
        process.send_signal(signal.SIGTERM)
        assert process.stdin is not None
        process.stdin.write(b"go on\n")
        await process.stdin.drain()
        assert await process.wait() == 0
    assert (await counter.reply(search)).hits[0].id == "p2"
    assert await counter.redis.xlen(counter.keys.searches(Lane.MESSENGERS)) == 0


async def test_a_second_sigterm_leaves_at_once_and_the_photo_is_taken_over(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with victim(settings, "hang") as process:
        search = await counter.ask(photo_of(2))
        await embedding(process)
        process.send_signal(signal.SIGTERM)
        while process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=0.1)
    async with working(settings, embedder, claim_idle_ms=100):
        assert (await counter.reply(search)).hits[0].id == "p2"


async def test_a_redis_that_goes_and_comes_back_costs_no_photo(settings: Settings, embedder: GatedEmbedder) -> None:
    binary = valkey_binary() or oldest_binary()
    assert binary is not None
    server = RedisServer(binary)
    try:
        own = settings.model_copy(update={"redis_url": type(settings.redis_url)(server.url)})
        redis = client(server.url)
        counter = Counter(redis, Keys(), own)
        await counter.streams.prepare()
        embedder.gate.clear()
        async with working(own, embedder, claim_idle_ms=100):
            search = await counter.ask(photo_of(8))
            await asyncio.to_thread(embedder.entered.wait)
            server.kill()
            embedder.gate.set()
            await asyncio.to_thread(server.start)
            reply = await counter.reply(search)
            later = await counter.answer(photo_of(9))
        await redis.aclose()
    finally:
        server.close()
    assert (reply.hits[0].id, later.hits[0].id) == ("p8", "p9")
    assert {len(answers) for answers in counter.replies.values()} == {1}
