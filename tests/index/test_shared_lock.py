"""One reindex at a time over one Redis, on whatever machine; without Redis the lock of the folder stays."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.settings import Settings
from index import shared_lock
from index.account import Account
from index.lock import Busy, Claim, reindex_lock
from index.reindex import reindex
from tests.index.shop import Shop

ELSEWHERE = Claim("anna on attic (process 7)", "2026-11-21T08:00:00+00:00", "attic:1:2", "t")


@pytest.fixture
async def redis_key(redis: Redis, keys: Keys) -> AsyncIterator[str]:
    """The key, on an empty server; others who reindex over it find it free again."""
    yield keys.reindex
    await redis.delete(keys.reindex)


def over(shop: Shop, redis_url: str) -> Settings:
    return shop.settings.model_copy(update={"redis_url": type(shop.settings.redis_url)(redis_url)})


def run(shop: Shop, settings: Settings, on_stage: Callable[[str], None] = lambda stage: None) -> Account:
    return reindex(
        settings, shop.feed, embedder=shop.embedder, owner="berta", progress=lambda stage, done, total: on_stage(stage)
    )


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.to_thread(work, *args)


async def test_a_reindex_on_another_machine_is_refused_with_owner_and_start(
    shop: Shop, redis: Redis, redis_url: str, redis_key: str
) -> None:
    await redis.set(redis_key, ELSEWHERE.to_json())
    with pytest.raises(Busy, match=r"anna on attic \(process 7\) has been running since 2026-11-21T08"):
        await in_thread(run, shop, over(shop, redis_url))
    assert shop.store.names() == []
    assert await redis.get(redis_key) == ELSEWHERE.to_json().encode()


async def test_who_reindexes_stands_in_redis_meanwhile_and_no_longer(
    shop: Shop, redis: Redis, redis_url: str, redis_key: str
) -> None:
    loop, seen = asyncio.get_running_loop(), list[tuple[Any, int]]()

    def look(stage: str) -> None:
        async def held() -> tuple[Any, int]:
            return json.loads(await redis.get(redis_key) or ""), int(await redis.pttl(redis_key))

        seen.append(asyncio.run_coroutine_threadsafe(held(), loop).result())

    await in_thread(run, shop, over(shop, redis_url), look)
    told, left_ms = seen[0]
    assert told["owner"] == "berta"
    assert told["started"].startswith("20")
    assert 0 < left_ms <= 10_000
    assert await redis.get(redis_key) is None


async def test_the_claim_of_a_killed_run_of_the_same_folder_is_taken_over(
    shop: Shop, redis: Redis, redis_url: str, redis_key: str
) -> None:
    with reindex_lock(shop.settings.index_dir, "killed") as claim:
        await redis.set(redis_key, claim.to_json())
    assert (await in_thread(run, shop, over(shop, redis_url))).products == 12


async def test_a_reindex_whose_lease_was_lost_publishes_nothing(
    shop: Shop, redis: Redis, redis_url: str, redis_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_lock, "REFRESH_S", 0.01)
    loop, noticed, others = asyncio.get_running_loop(), threading.Event(), list[str]()
    take = shared_lock._Lease._take

    async def taking(self: Any, *args: Any) -> str | None:
        if others:
            noticed.set()  # the look before has been written down
        other = await take(self, *args)
        others.extend([other] if other is not None else [])
        return other

    monkeypatch.setattr(shared_lock._Lease, "_take", taking)

    async def lost() -> None:
        await redis.set(redis_key, ELSEWHERE.to_json())

    def lose(stage: str) -> None:
        if stage == "reading":
            asyncio.run_coroutine_threadsafe(lost(), loop).result()
            assert noticed.wait(20)

    with pytest.raises(Busy, match="anna on attic"):
        await in_thread(run, shop, over(shop, redis_url), lose)
    assert shop.store.names() == []
    assert await redis.get(redis_key) == ELSEWHERE.to_json().encode(), "the other's lease is left alone"


async def test_without_redis_the_lock_of_the_folder_is_enough(shop: Shop) -> None:
    away = over(shop, "unix:///nowhere/redis.sock")
    assert (await in_thread(run, shop, away)).products == 12
    with reindex_lock(shop.settings.index_dir, "anna"), pytest.raises(Busy, match="anna has been running since 20"):
        await in_thread(run, shop, away)


async def test_an_embedded_server_that_runs_over_the_folder_is_asked_too(
    shop: Shop, redis: Redis, redis_url: str, redis_key: str
) -> None:
    folder = Path(shop.settings.data_dir) / "redis"
    folder.mkdir(parents=True)
    (folder / "address").write_text(redis_url)
    await redis.set(redis_key, dataclasses.replace(ELSEWHERE, owner="carla").to_json())
    with pytest.raises(Busy, match="carla"):
        await in_thread(run, shop, shop.settings)


async def test_what_is_no_claim_is_told_as_busy(shop: Shop, redis: Redis, redis_url: str, redis_key: str) -> None:
    await redis.set(redis_key, "not a claim")
    with pytest.raises(Busy, match="running already"):
        await in_thread(run, shop, over(shop, redis_url))
