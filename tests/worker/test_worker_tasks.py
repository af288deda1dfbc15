"""What an admin asks for is done once, told on the way, and survives its worker."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from core.keys import PARTITIONS, Keys
from core.messages import Progress, Task, decode_outgoing
from core.streams import Streams
from index.store import GenerationStore
from tests.standins.shop import WAIT_S, GatedEmbedder, Shop, open_shop, working
from worker.maintainer import Maintainer


class Admin:
    """Asks, and reads what comes back."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self.redis: Any = redis
        self.streams = Streams(redis, keys)
        self.told: list[Progress] = []
        self._seen: dict[Any, Any] = {keys.replies(number): "0" for number in range(PARTITIONS)}

    async def ask(self, wish: Any, **fields: Any) -> Progress:
        """The last message of a task, when it is there."""
        job = f"task-{wish}-{time.monotonic_ns()}"
        assert await self.streams.append_task(Task(job, "fake:1", wish, "fake:admin", 0, **fields))
        return await self.end(job)

    async def end(self, job: str) -> Progress:
        async with asyncio.timeout(WAIT_S):
            while True:
                for progress in self.told:
                    if progress.job == job and progress.done:
                        return progress
                for stream, rows in await self.redis.xread(self._seen, block=1000) or ():
                    self._seen[stream.decode()] = rows[-1][0]
                    messages = [decode_outgoing(fields[b"data"]) for _, fields in rows]
                    self.told += [message for message in messages if isinstance(message, Progress)]


@pytest.fixture
async def admin(redis: Redis, keys: Keys) -> Admin:
    admin = Admin(redis, keys)
    await admin.streams.prepare()
    return admin


@pytest.fixture
def shop(tmp_path: Path, redis_url: str) -> Shop:
    shop = open_shop(tmp_path, redis_url)
    shop.publish()
    return shop


async def test_reindex_publishes_and_ends_with_its_account(admin: Admin, shop: Shop, embedder: GatedEmbedder) -> None:
    store = GenerationStore(shop.settings.index_dir)
    before = store.current_name()
    shop.feed.write_text(shop.feed.read_text().replace("Product 0", "Product nought"))
    settings = shop.settings.model_copy(update={"feeds": (f"all={shop.feed}",)})
    async with working(settings, embedder):
        last = await admin.ask("reindex", feed="all")
    assert store.current_name() != before
    assert "12 rows = 12 products" in last.text
    assert all(not progress.done for progress in admin.told[:-1])


async def test_progress_that_takes_long_to_say_does_not_come_behind_the_end(
    admin: Admin, shop: Shop, embedder: GatedEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, ended = Maintainer._say, asyncio.Event()

    async def say_late(self: Maintainer, progress: Progress) -> None:
        with contextlib.suppress(TimeoutError):  # if it could come behind the end, it would
            await asyncio.wait_for(ended.wait(), 0.5)
        await said(self, progress)

    monkeypatch.setattr(Maintainer, "_say", say_late)
    settings = shop.settings.model_copy(update={"feed": str(shop.feed)})
    async with working(settings, embedder):
        last = await admin.ask("reindex")
        ended.set()
    assert [progress.done for progress in admin.told if progress.job == last.job] == [False, True]


async def test_reindex_without_a_feed_says_what_to_name(admin: Admin, shop: Shop, embedder: GatedEmbedder) -> None:
    async with working(shop.settings, embedder):
        last = await admin.ask("reindex")
    assert "SNAPSHELF_FEED" in last.text


async def test_a_feed_that_is_not_there_is_told_in_one_sentence(
    admin: Admin, shop: Shop, embedder: GatedEmbedder
) -> None:
    settings = shop.settings.model_copy(update={"feed": "/nowhere/feed.tsv"})
    async with working(settings, embedder):
        last = await admin.ask("reindex")
    assert "/nowhere/feed.tsv" in last.text
    assert "\n" not in last.text


async def test_a_chat_is_no_way_to_a_file_that_the_settings_do_not_name(
    admin: Admin, shop: Shop, embedder: GatedEmbedder
) -> None:
    before = GenerationStore(shop.settings.index_dir).current_name()
    async with working(shop.settings, embedder):
        last = await admin.ask("reindex", feed=str(shop.feed))
    assert "SNAPSHELF_FEEDS" in last.text
    assert GenerationStore(shop.settings.index_dir).current_name() == before


async def test_rollback_generations_and_status_tell_what_is(admin: Admin, shop: Shop, embedder: GatedEmbedder) -> None:
    first, second = GenerationStore(shop.settings.index_dir).current_name(), shop.publish(leaving_out=[1])
    async with working(shop.settings, embedder):
        status = await admin.ask("status")
        generations = await admin.ask("generations")
        rollback = await admin.ask("rollback")
        again = await admin.ask("rollback")
    assert "Workers: 1" in status.text
    assert second in status.text
    assert f"→ {second}: 11 products" in generations.text
    assert rollback.text == f"{first} answers now."
    assert "no earlier generation" in again.text


async def test_a_reindex_interrupted_by_a_leaving_worker_is_ended_by_the_next(
    admin: Admin, shop: Shop, embedder: GatedEmbedder, tmp_path: Path
) -> None:
    fresh = open_shop(tmp_path / "fresh", shop.settings.redis_url.get_secret_value())
    embedder.gate.clear()
    leaving = asyncio.Event()
    settings = fresh.settings.model_copy(update={"feed": str(shop.feed)})
    async with working(settings, embedder) as stop:
        assert await admin.streams.append_task(Task("t1", "fake:1", "reindex", "fake:admin", 0))
        await asyncio.to_thread(embedder.entered.wait)
        stop.set()
        leaving.set()
        threading.Timer(0.05, embedder.gate.set).start()
    assert GenerationStore(fresh.settings.index_dir).current_name() is None
    await admin.redis.zadd(admin.streams.keys.later, dict.fromkeys(await _later(admin), 0))
    await _promote(admin)
    async with working(settings, GatedEmbedder()):
        last = await admin.end("t1")
    assert "12 rows = 12 products" in last.text


async def _later(admin: Admin) -> list[bytes]:
    return list(await admin.redis.zrange(admin.streams.keys.later, 0, -1))


async def _promote(admin: Admin) -> None:
    from core.streams import Promoter

    await Promoter(admin.streams).tick()
