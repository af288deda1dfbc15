"""A Redis Cluster of three real servers and a replica: the whole service over it, also while it fails over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from core.cluster import Cluster
from core.connection import connect
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams
from index.model.fake import FakeEmbedder
from tests.core.test_cluster import SLOTS, free_port
from tests.redis_server import RedisServer, valkey_binary
from tests.standins.service import serving
from tests.standins.shop import PRODUCTS, photo_of
from tests.standins.telegram import TelegramServer

PHOTOS = 40
NODE_TIMEOUT_MS = 2_000


@dataclass
class Node:
    """One server of the cluster."""

    server: RedisServer
    port: int

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def ask(self, *command: str | int) -> Any:
        redis: Any = Redis.from_url(self.url)
        try:
            return await redis.execute_command(*command)
        finally:
            await redis.aclose()


@pytest.fixture
def nodes() -> Iterator[list[Node]]:
    """Four empty servers on loopback."""
    binary = valkey_binary()
    if binary is None:
        pytest.skip("no server for this Python")
    made = []
    try:
        for _ in range(4):
            port = free_port()
            options = ["--cluster-enabled", "yes", "--port", str(port), "--bind", "127.0.0.1"]
            options += ["--cluster-node-timeout", str(NODE_TIMEOUT_MS)]
            made.append(Node(RedisServer(binary, *options), port))
        yield made
    finally:
        for node in made:
            node.server.close()


@pytest.fixture
async def cluster(nodes: list[Node]) -> list[Node]:
    """Three that share the slots; the second owns ours, the fourth is its replica."""
    *leading, replica = nodes
    ours = key_slot(b"{snapshelf}:")
    rest = [slot for slot in range(SLOTS) if slot != ours]
    shares = [rest[: len(rest) // 2], [ours], rest[len(rest) // 2 :]]
    for node, share in zip(leading, shares, strict=True):
        await node.ask("CLUSTER", "ADDSLOTS", *share)
    for node in nodes[1:]:
        await node.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
    await until(lambda: _all(nodes, _knows_four))
    owner_id = (await leading[1].ask("CLUSTER", "MYID")).decode()
    await replica.ask("CLUSTER", "REPLICATE", owner_id)
    await until(lambda: _all(nodes, _is_whole))
    await until(lambda: _says(replica, "ROLE", b"connected"))
    return nodes


async def until(happened: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """A state of the servers, who tell nobody."""
    async with asyncio.timeout(60):
        while not await happened():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _all(nodes: list[Node], so: Callable[[Node], Coroutine[Any, Any, bool]]) -> bool:
    return all([await so(node) for node in nodes])


async def _knows_four(node: Node) -> bool:
    return "cluster_known_nodes:4" in await _info(node)


async def _is_whole(node: Node) -> bool:
    return "cluster_state:ok" in await _info(node)


async def _info(node: Node) -> str:
    return bytes(await node.ask("CLUSTER", "INFO")).decode()


async def _says(node: Node, command: str, wanted: bytes) -> bool:
    return wanted in await node.ask(command)


async def _leads(node: Node) -> bool:
    return bool((await node.ask("ROLE"))[0] == b"master")


def test_the_owner_of_a_slot_is_read_from_what_a_node_says() -> None:
    known = Cluster(("seed", 7000), slot=100)
    known.learn([[0, 99, [b"a", 1, b"id"]], [100, 200, [b"", 2, b"id"], [b"c", 3, b"id"]]], ("b", 2))
    assert known.owner == ("b", 2)
    assert known.nodes == [("a", 1), ("b", 2), ("c", 3)]
    known.learn([], ("b", 2))
    assert known.nodes == [("a", 1), ("b", 2), ("c", 3)], "an answer that says nothing changes nothing"


async def test_whichever_node_is_named_the_owner_is_found(cluster: list[Node]) -> None:
    for node in cluster:
        redis = await connect(Settings(redis_url=node.url, _env_file=None))
        await redis.set(Keys().tally, b"x")
        assert await redis.get(Keys().tally) == b"x"
        await redis.aclose()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("how", ["asked", "killed"])
async def test_photos_are_answered_over_a_cluster_while_another_node_takes_over(
    cluster: list[Node], tmp_path: Path, how: str
) -> None:
    named, owner, _, replica = cluster
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        async with serving(telegram, bot, tmp_path, named.url, FakeEmbedder(), hits=2) as settings:
            pusher = telegram.pusher()
            for number in range(PHOTOS):
                await pusher.photo(1 + number, photo_of(number % PRODUCTS))
                if number == PHOTOS // 2:
                    await telegram.wait_for(lambda: len(telegram.calls_of("sendMediaGroup")) > 3)
                    await _take_over(owner, replica, how)
            await pusher.delivered()
            redis = await connect(settings)
            streams = Streams(redis, Keys())
            async with asyncio.timeout(150):
                while True:
                    tally = await streams.tally()
                    if sum(tally.get(name, 0) for name in ("answered", "apologised", "dead", "unknown")) >= PHOTOS:
                        break
                    await asyncio.sleep(0.1)
            await redis.aclose()
    assert await _leads(replica)
    assert set(pusher.statuses) == {200}
    if how == "asked":  # the old one hands over what it has: nothing can be lost
        assert tally == {"accepted": PHOTOS, "answered": PHOTOS} | {
            name: count for name, count in tally.items() if name == "repeated"
        }


async def _take_over(owner: Node, replica: Node, how: str) -> None:
    if how == "asked":
        await replica.ask("CLUSTER", "FAILOVER")
    else:
        owner.server.kill()
    await until(lambda: _leads(replica))
