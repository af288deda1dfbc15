"""The connection to Redis, and what its errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis.exceptions as away
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from core.cluster import cluster_client
from core.errors import SettingsError, SnapshelfError, Unavailable
from core.keys import in_one_slot
from core.settings import PREFIX, Settings

_NOT_NOW = (
    *("MISCONF ", "NOREPLICAS ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "UNBLOCKED "),
    *("BUSY Redis", "BUSY Valkey"),
)
"""Refusals that pass: its disk is full, its replicas are away, it fails over (under a blocking read, too), a script
runs long."""
CONNECT_S = 2.0
ANSWER_S = 30.0
"""Longer than any blocking read of ours."""
CONNECTIONS = 5_000
"""Every open page of the web chat waits on one; a mark of a part that was sent must never find none left."""


class Full(Unavailable):
    """Redis, or our share of it, has no room for more; nothing was stored."""


def redis_address(settings: Settings) -> str:
    """The URL of the Redis to use: REDIS_URL, or the embedded server that runs over DATA_DIR. Raises Unavailable."""
    if url := settings.redis_url.get_secret_value():
        return url
    try:
        return (settings.data_dir / "redis" / "address").read_text().strip()
    except FileNotFoundError:
        raise Unavailable("No Redis runs here: start `snapshelf up`, or set SNAPSHELF_REDIS_URL.") from None


def client(address: str) -> Redis:
    """A client that tries again for a moment when a connection breaks; answers are bytes."""
    return Redis.from_url(address, **_options())


def _options() -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), retries=2),
        "health_check_interval": 30,
        "max_connections": CONNECTIONS,
    }


async def connect(settings: Settings) -> Redis:
    """A client whose server answered. Raises Unavailable and SettingsError with one sentence."""
    address = redis_address(settings)
    redis = client(address)
    try:
        with redis_errors():
            await redis.ping()
            if not await _is_cluster(redis):
                return redis
        if not in_one_slot(settings.redis_prefix):
            raise SettingsError(
                f"{PREFIX}REDIS_PREFIX: on a Redis Cluster it needs braces, as in {{snapshelf}}:, "
                "so that all keys fall into one hash slot."
            )
    except SnapshelfError:
        await redis.aclose()
        raise
    if address.startswith("unix:"):  # this one node, wherever the slot is
        return redis
    await redis.aclose()
    return cluster_client(address, settings.redis_prefix, **_options())


async def _is_cluster(redis: Redis) -> bool:
    try:
        info = await redis.info("cluster")
    except away.NoPermissionError:
        return False
    return bool(info.get("cluster_enabled"))


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turns Redis's errors into ours: Full at the memory limit, Unavailable when it is away."""
    try:
        yield
    except away.ResponseError as error:
        if any(code in str(error) for code in _NOT_NOW):
            raise Unavailable("Redis takes no writes now: see its log.") from None
        # a class of its own, but inside a script's error on Redis 6.2
        if not isinstance(error, away.OutOfMemoryError) and "OOM command not allowed" not in str(error):
            raise
        raise Full("Redis has reached its memory limit: raise maxmemory or wait until work is done.") from None
    except (away.ConnectionError, away.TimeoutError, away.ReadOnlyError) as error:
        raise Unavailable(f"Redis does not answer ({type(error).__name__}).") from None
