"""The whole way in one process: terminal, conversation, worker, senders, terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bots.console.client import ConsoleClient
from bots.console.service import a_prefix_of_its_own, run_conversation
from bots.service import build_services
from bots.services import Services
from core.keys import CONVERSATION, Keys, partition_of
from core.messages import Photo, Update
from core.spool import Spool
from core.streams import AdminQueue, Streams
from index.model.fake import FakeEmbedder
from tests.standins.shop import Shop, open_shop, photo_of, working


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("console-shop"))
    shop.publish()
    return shop


@asynccontextmanager
async def talking(services: Services) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_conversation(services, stop))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def services(shop: Shop, redis: Redis, redis_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    url = type(shop.settings.redis_url)(redis_url)
    spool = Spool(tmp_path / "spool")
    services = build_services(shop.settings.model_copy(update={"redis_url": url}), redis, spool)
    await services.streams.prepare()
    async with talking(services), working(services.settings, FakeEmbedder()):
        yield services
    spool.close()


class Terminal:
    """What a person types and reads."""

    def __init__(self, services: Services) -> None:
        self.lines: list[str] = []
        self._client = ConsoleClient(services.redis, services.keys, services.streams, services.blobs, self.lines.append)

    async def type(self, line: str) -> str:
        """The answer to a line."""
        seen = len(self.lines)
        assert await self._client.ask(line)
        return "\n".join(self.lines[seen:])


@pytest.fixture
def terminal(services: Services) -> Terminal:
    return Terminal(services)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo_of(3))
    return str(path)


async def test_a_photo_is_answered_with_cards(terminal: Terminal, photo: str) -> None:
    answer = await terminal.type(photo)
    assert "  1. Product 3 in wool" in answer
    assert "[1] More like 1" in answer


async def test_more_and_next_go_on_from_the_answer(terminal: Terminal, photo: str) -> None:
    first = await terminal.type(photo)
    assert "Product 3 in wool" not in await terminal.type("1")
    await terminal.type(photo)
    pages = [first, await terminal.type("next"), await terminal.type("next")]
    titles = [line.partition(". ")[2] for page in pages for line in page.splitlines() if "Product" in line]
    assert len(titles) == len(set(titles)) == 12
    assert "Next" not in pages[-1].splitlines()[-1], "it was the last"


async def test_words_help_and_nonsense_are_answered(terminal: Terminal) -> None:
    assert "Product" in await terminal.type("wool")
    assert "Nothing in the shop" in await terminal.type("zeppelin")
    assert "Send a photo" in await terminal.type("/help")
    assert "/frobnicate" in await terminal.type("/frobnicate")


async def test_a_file_that_is_no_picture_gets_its_sentence(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "invoice.txt"
    path.write_text("not a picture at all")
    assert "not a picture" in await terminal.type(str(path))


async def test_every_photo_accepted_is_answered_in_the_tally(
    services: Services, terminal: Terminal, photo: str, tmp_path: Path, keys: Keys
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo_of(3)[:500])
    for line in (photo, str(broken), "next", "wool"):
        await terminal.type(line)
    tally = await services.streams.tally()
    assert tally["accepted"] == 2
    assert sum(tally.get(state, 0) for state in ("answered", "apologised", "dead", "unknown")) == 2


async def test_what_waits_for_a_messenger_is_untouched_while_a_lone_terminal_talks(
    shop: Shop, streams: Streams, redis_url: str, photo: str, tmp_path: Path
) -> None:
    redis = streams.redis
    chats = [f"telegram:{number}" for number in range(40)]
    for number, chat in enumerate(chats):
        await streams.claim_and_append(Update("telegram", f"1:{number}", chat, chat, Photo(f"file{number}"), at=1))
    before = {key: await redis.dump(key) for key in await redis.keys("*")}
    settings = shop.settings.model_copy(update={"redis_url": type(shop.settings.redis_url)(redis_url)})
    spool = Spool(tmp_path / "spool")
    async with a_prefix_of_its_own(settings, redis) as own:
        services = build_services(own, redis, spool)
        await services.streams.prepare()
        async with talking(services), working(own, FakeEmbedder()):
            assert "  1. Product 3 in wool" in await Terminal(services).type(photo)
    spool.close()
    assert {(item.state, item.attempt) for item in await AdminQueue(streams).list()} == {("waiting", 0)}
    inbox = streams.keys.inbox(partition_of(chats[0]))
    assert (await redis.xpending(inbox, CONVERSATION))["pending"] == 0
    assert {key: await redis.dump(key) for key in await redis.keys("*")} == before, "nor is anything left of the talk"
