"""Rates over real servers: as much as a provider allows, never more than it counts."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.limits import Bucket, Limit, Limiter, Taken, Wait, Window, acquire
from tests.redis_server import ON_BOTH_SERVERS
from tests.standins.telegram_rates import Rates

pytestmark = ON_BOTH_SERVERS


def telegram(chat: int, weight: int = 1) -> list[Limit]:
    limits: list[Limit] = [Window("all", 30, 1.0, weight), Bucket(f"chat:{chat}", 3, 1.0)]
    return [*limits, Window(f"group:{chat}", 20, 60.0)] if chat < 0 else limits


class Provider:
    """Telegram's counting behind a line that is now quick and now slow."""

    def __init__(self, redis: Redis, slowest_s: float) -> None:
        self.rates, self.limiter, self.sent = Rates(), Limiter(redis, Keys()), 0
        self._chance, self._slowest_s = random.Random(7), slowest_s

    async def send(self, chat: int, weight: int = 1) -> None:
        taken = await self.limiter.take(telegram(chat, weight), 60_000)
        assert isinstance(taken, Taken)
        await asyncio.sleep(self._chance.random() * self._slowest_s)
        self.rates.take(chat, weight)
        await asyncio.sleep(self._chance.random() * self._slowest_s)
        await self.limiter.settle(taken)
        self.sent += weight


async def test_answers_of_many_chats_use_what_telegram_allows_and_no_more(redis: Redis) -> None:
    """Each answer: words, an album of five, words."""
    provider = Provider(redis, slowest_s=0.01)

    async def answer(chat: int) -> None:
        for weight in (1, 5, 1):
            await provider.send(chat, weight)

    began = time.monotonic()
    await asyncio.gather(*(answer(chat) for chat in range(18)))
    taken_s = time.monotonic() - began
    assert provider.sent == 126
    assert provider.rates.refused == 0
    assert provider.rates.most_in_a_second == 30
    assert provider.sent / taken_s > 28


async def test_a_slow_and_uneven_line_never_makes_the_provider_count_more(redis: Redis) -> None:
    provider = Provider(redis, slowest_s=0.4)
    await asyncio.gather(*(provider.send(chat % 23, 1 + chat % 4) for chat in range(25)))
    assert provider.rates.refused == 0


async def test_a_chat_gets_three_at_once_and_then_one_a_second(redis: Redis) -> None:
    provider = Provider(redis, slowest_s=0.05)
    began = time.monotonic()
    for _ in range(5):
        await provider.send(7)
    assert provider.rates.refused == 0
    assert 1.9 < time.monotonic() - began < 3


async def test_a_group_gets_twenty_in_a_minute_and_is_told_when_the_next_may_come(redis: Redis) -> None:
    limiter = Limiter(redis, Keys())
    group: list[Limit] = [Window("all", 30, 1.0), Window("group:-1", 20, 60.0)]
    for _ in range(20):
        taken = await limiter.try_take(group)
        assert isinstance(taken, Taken)
        await limiter.settle(taken)
    refused = await limiter.take(group, patience_ms=5_000)
    assert isinstance(refused, Wait)
    assert (refused.name, 55_000 < refused.ms <= 60_000) == ("group:-1", True)


async def test_an_album_gets_its_room_before_those_who_came_later(redis: Redis) -> None:
    limiter, order = Limiter(redis, Keys()), []

    async def take(name: str, cost: int) -> None:
        taken = await limiter.take([Window("all", 5, 0.2, cost)], 5_000)
        assert isinstance(taken, Taken)
        order.append(name)
        await limiter.settle(taken)

    names = ["first", "album", *(f"word {number}" for number in range(8))]
    await asyncio.gather(*(take(name, 5 if name == "album" else 1) for name in names))
    assert order == names


async def test_a_send_under_way_keeps_its_place_until_it_has_ended(redis: Redis) -> None:
    limiter, window = Limiter(redis, Keys()), [Window("all", 1, 0.1)]
    first = await limiter.try_take(window)
    assert isinstance(first, Taken)
    await asyncio.sleep(0.15)
    assert isinstance(await limiter.try_take(window), Wait)
    await limiter.settle(first)
    assert isinstance(await limiter.try_take(window), Wait)
    assert isinstance(await limiter.take(window, 1_000), Taken)


async def test_nothing_is_taken_from_one_limit_when_another_is_used_up(redis: Redis) -> None:
    keys = Keys()
    slow, wide = Bucket("slow", capacity=1, per_s=0.001), Bucket("wide", capacity=2, per_s=0.001)
    assert await acquire(redis, keys, [wide, slow]) == 0
    assert await acquire(redis, keys, [wide, slow]) > 0
    assert await acquire(redis, keys, [wide]) == 0
    assert await acquire(redis, keys, [wide]) > 0


@pytest.mark.parametrize("limit", [Bucket("one", capacity=5, per_s=1000, cost=50), Window("one", 5, 0.01, 50)])
async def test_what_costs_more_than_there_is_takes_all_of_it(redis: Redis, limit: Limit) -> None:
    assert isinstance(await Limiter(redis, Keys()).take([limit], 1_000), Taken)


async def test_rates_are_kept_at_the_memory_limit_too(redis: Redis) -> None:
    limiter = Limiter(redis, Keys())
    limits: list[Limit] = [Window("all", 2, 60), Bucket("chat", 1, 0.01)]
    await redis.config_set("maxmemory", 1)
    try:
        taken = await limiter.try_take(limits)
        assert isinstance(taken, Taken)
        await limiter.settle(taken)
        assert isinstance(await limiter.try_take(limits), Wait)
    finally:
        await redis.config_set("maxmemory", 0)


async def test_numbers_a_former_version_kept_do_no_harm(redis: Redis) -> None:
    keys = Keys()
    await redis.hset(keys.limit("all"), mapping={"tokens": "3.000000", "at": "1.000"})
    assert await acquire(redis, keys, [Window("all", 1, 60), Bucket("all", 1, 1)]) == 0
