"""What the metrics of a bots process say while Redis comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from bots.channel import Channels
from bots.delivery import Delivery
from bots.services import Services
from bots.watch import look
from core.blobs import Blobs
from core.connection import client
from core.keys import Keys
from core.messages import Text, Update
from core.settings import load_settings
from core.spool import Spool
from core.streams import Streams
from tests.redis_server import RedisServer, valkey_binary


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """One that a test may kill."""
    binary = valkey_binary()
    if binary is None:
        pytest.skip("no server for this Python")
    own = RedisServer(binary)
    yield own
    own.close()


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_redis_away_shows_in_the_metrics_and_what_is_spooled_too(server: RedisServer, tmp_path: Path) -> None:
    redis, keys, spool = client(server.url), Keys(), Spool(tmp_path / "spool")
    streams = Streams(redis, keys)
    delivery = Delivery(streams, spool)
    settings = load_settings(_env_file=None, data_dir=tmp_path, blob_budget_mb=1)
    blobs = Blobs(redis, keys, settings.blob_budget_mb)
    services = Services(settings, redis, keys, streams, blobs, Channels(), delivery)
    try:
        await streams.prepare()
        await look(services)
        assert value("snapshelf_redis_up") == 1
        assert value("snapshelf_intake_open") == 1
        assert value("snapshelf_spool_bytes") == 0
        await blobs.put(keys.blob("j", 0), b"x" * (1 << 20))
        server.kill()
        await delivery.take([Update("telegram", "1:1", "telegram:5", "telegram:5", Text("hello"), 1)])
        await look(services)
        assert value("snapshelf_redis_up") == 0
        assert (value("snapshelf_spool_bytes") or 0) > 0
        server.start()
        await look(services)
        assert value("snapshelf_redis_up") == 1
        assert value("snapshelf_intake_open") == 0, "the budget for photos is used up"
        assert value("snapshelf_queue_depth", stream="inbox") == 0
    finally:
        spool.close()
        await redis.aclose()
