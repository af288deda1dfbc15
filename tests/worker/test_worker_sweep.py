"""Damage that no search has met yet is found in the background, and shoppers go on being answered."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from core import metrics
from core.messages import ByProduct
from index.generation import CATALOGUE, LONG
from index.longcodes import BLOCK
from index.store import GenerationStore
from tests.standins.shop import Counter, GatedEmbedder, Shop, open_shop, photo_of, working
from worker.sweep import NICE, Sweep, sweeping_pool, tell_broken


@pytest.fixture
def shop(tmp_path: Path, redis_url: str) -> Shop:
    return open_shop(tmp_path, redis_url)


def damage(path: Path, start: int = 0, count: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[start : start + count] = bytes(byte ^ 0xFF for byte in data[start : start + count])
    path.write_bytes(bytes(data))


def broken() -> float:
    return float(metrics.GENERATIONS_BROKEN._value.get())


def test_a_whole_generation_is_swept_once(shop: Shop) -> None:
    name = shop.publish()
    with GenerationStore(shop.settings.index_dir) as store, sweeping_pool() as pool:
        sweep = Sweep(store, pool)
        assert sweep.step()
        assert sweep.swept == name
        assert not sweep.step()


def test_damage_is_told_once_and_the_one_before_is_swept(shop: Shop) -> None:
    first, second = shop.publish(), shop.publish(leaving_out=[1])
    damage(shop.settings.index_dir / second / LONG)
    told: list[str] = []
    with GenerationStore(shop.settings.index_dir, alarm=told.append) as store, sweeping_pool() as pool:
        sweep = Sweep(store, pool)
        assert not sweep.step()
        assert sweep.step()
        assert sweep.swept == first
        assert not sweep.step()
    assert len(told) == 1
    assert second in told[0]


def test_without_any_whole_generation_it_waits(shop: Shop, tmp_path: Path) -> None:
    damage(shop.settings.index_dir / shop.publish() / LONG)
    with GenerationStore(shop.settings.index_dir, alarm=lambda sentence: None) as store, sweeping_pool() as pool:
        assert [Sweep(store, pool).step() for _ in range(2)] == [False, False]
    with GenerationStore(tmp_path / "nothing") as store, sweeping_pool() as pool:
        assert not Sweep(store, pool).step()


def test_the_sweeping_thread_steps_back_behind_all_others() -> None:
    with sweeping_pool() as pool:
        assert pool.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result() == NICE
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < NICE


def test_an_alarm_is_counted() -> None:
    before = broken()
    tell_broken("Generation x is damaged.")
    assert broken() == before + 1


async def test_a_worker_leaves_a_damaged_generation_that_nobody_searched(
    shop: Shop, counter: Counter, embedder: GatedEmbedder
) -> None:
    first, second = await asyncio.to_thread(shop.publish), await asyncio.to_thread(shop.publish, leaving_out=[1])
    before = broken()
    path = shop.settings.index_dir / second / LONG
    assert path.stat().st_size < BLOCK
    damage(path)
    async with working(shop.settings, embedder):
        async with asyncio.timeout(30):
            while (await counter.at_work(1)) != [first]:  # noqa: ASYNC110 - presence is a hash in Redis
                await asyncio.sleep(0.1)
        reply = await counter.answer(photo_of(1))
    assert (reply.outcome, reply.generation) == ("hits", first)
    assert broken() == before + 1


async def test_a_damaged_catalogue_is_left_for_the_one_before(
    shop: Shop, counter: Counter, embedder: GatedEmbedder
) -> None:
    first, second = await asyncio.to_thread(shop.publish), await asyncio.to_thread(shop.publish, leaving_out=[1])
    path = shop.settings.index_dir / second / CATALOGUE
    async with working(shop.settings, embedder):
        assert await counter.at_work(1) == [second]
        damage(path, 8192, path.stat().st_size - 8192)  # the first page stays: it opens
        reply = await counter.answer(query=ByProduct("p3"))
    assert (reply.outcome, reply.generation) == ("hits", first)
