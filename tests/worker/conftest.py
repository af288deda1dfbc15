"""A small shop with a real index, and workers over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.settings import Settings
from tests.standins.shop import Counter, GatedEmbedder, Shop, open_shop


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """An index that tests only read."""
    shop = open_shop(tmp_path_factory.mktemp("shop"))
    shop.publish()
    return shop


@pytest.fixture
def settings(indexed: Shop, redis_url: str) -> Settings:
    """The indexed shop over this test's Redis."""
    return indexed.settings.model_copy(update={"redis_url": type(indexed.settings.redis_url)(redis_url)})


@pytest.fixture
async def counter(redis: Redis, keys: Keys, settings: Settings) -> Counter:
    counter = Counter(redis, keys, settings)
    await counter.streams.prepare()
    return counter


@pytest.fixture
def embedder() -> Iterator[GatedEmbedder]:
    gated = GatedEmbedder()
    yield gated
    gated.gate.set()
