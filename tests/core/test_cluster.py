"""On a Redis Cluster: one hash slot for all keys, or a sentence that says so."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from core.blobs import Blobs
from core.connection import client, connect
from core.errors import SettingsError
from core.keys import CONVERSATION, SENDERS, WORKERS, Keys, in_one_slot, partition_of
from core.limits import Bucket, Limiter, Taken, Window
from core.messages import ByPhoto, Notice, Photo, Reply, Search, Update
from core.settings import Settings
from core.streams import AdminQueue, Promoter, RetryState, Streams
from core.streams.reading import read_new
from tests.redis_server import RedisServer, oldest_binary, valkey_binary

CHAT = "telegram:7"
SLOTS = 16_384


def free_port() -> int:
    """Its bus takes the port 10,000 above."""
    for port in random.sample(range(20_000, 32_000), 100):  # below the ports that connections get
        with socket.socket() as one, socket.socket() as bus:
            try:
                one.bind(("127.0.0.1", port))
                bus.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
        return port
    raise OSError("no free port")


@pytest.fixture(params=["default", "oldest"])
def node(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A cluster of one node; its clients come by its socket."""
    binary = valkey_binary() if request.param == "default" else oldest_binary()
    if binary is None:
        pytest.skip(f"no {request.param} server for this Python")
    port = free_port()
    options = ("--cluster-enabled", "yes", "--port", str(port), "--bind", "127.0.0.1")
    server = RedisServer(binary, *options)
    yield server
    server.close()


@pytest.fixture
async def url(node: RedisServer) -> str:
    redis: Any = client(node.url)
    await redis.execute_command("CLUSTER", "ADDSLOTS", *range(SLOTS))
    while (await redis.cluster("info"))["cluster_state"] != "ok":  # noqa: ASYNC110 - a state of the server
        await asyncio.sleep(0.02)
    await redis.aclose()
    return node.url


@pytest.mark.parametrize(
    ("prefix", "fits"),
    [
        ("{snapshelf}:", True),
        ("shop-{a}-", True),
        ("snapshelf:", False),
        ("{}:", False),
        ("}{:", False),
        ("{snapshelf:", False),
        ("", False),
    ],
)
def test_a_prefix_with_braces_puts_all_keys_into_one_slot(prefix: str, fits: bool) -> None:
    assert in_one_slot(prefix) is fits


async def test_a_prefix_without_braces_is_refused_on_a_cluster(url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_PREFIX: on a Redis Cluster it needs braces"):
        await connect(Settings(redis_url=url, redis_prefix="snapshelf:", _env_file=None))
    connected = await connect(Settings(redis_url=url, _env_file=None))
    await connected.aclose()


async def test_elsewhere_any_prefix_will_do(redis_url: str) -> None:
    connected = await connect(Settings(redis_url=redis_url, redis_prefix="shop:", _env_file=None))
    await connected.aclose()


async def test_the_way_of_a_photo_stays_within_one_slot(url: str) -> None:
    """Every script once: a node refuses keys of different slots."""
    redis, keys = client(url), Keys()
    streams, blobs = Streams(redis, keys), Blobs(redis, keys)
    await streams.prepare()
    update = Update("telegram", "1:1", CHAT, CHAT, Photo("m"), at=1)
    assert await streams.claim_and_append(update)
    inbox, lane = keys.inbox(partition_of(CHAT)), keys.searches("messengers")
    [entry] = await read_new(streams, CONVERSATION, "me", [inbox], count=1, block_ms=None)
    await blobs.put(keys.blob(update.job, 0), b"photo")
    search = Search(update.job, CHAT, ByPhoto((keys.blob(update.job, 0),)), at=1, deadline=2**50, photos=1)
    state = (keys.query(update.job), b"{}", 60)
    assert await streams.advance(entry, [streams.search_output(search)], states=[state])
    [entry] = await read_new(streams, WORKERS, "me", [lane], count=1, block_ms=None)
    assert await streams.retry(entry, "once", after_ms=0) is RetryState.LATER
    await Promoter(streams).tick()
    [entry] = await read_new(streams, WORKERS, "me", [lane], count=1, block_ms=None)
    answer = streams.reply_output(Reply(update.job, CHAT, "hits", photos=1), step="worker")
    assert await streams.advance(entry, [answer], free=[keys.blob(update.job, 0)])
    replies = keys.replies(partition_of(CHAT))
    [entry] = await read_new(streams, SENDERS, "me", [replies], count=1, block_ms=None)
    limiter = Limiter(redis, keys)
    taken = await limiter.take([Window("all", 30, 1), Bucket("chat", 3, 1)], 1_000)
    assert isinstance(taken, Taken)
    await limiter.settle(taken)
    await streams.take_part(update.job, 0)
    assert await streams.append_reply(Notice("words", CHAT, "searching"), step="searching")
    assert await streams.bury(entry, "no good")
    assert len(await AdminQueue(streams).list()) == 2
    await redis.aclose()
