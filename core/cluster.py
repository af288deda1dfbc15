"""On a Redis Cluster: connections to whichever node has our slot now, also after a failover.

All our keys are in one slot, so that an ordinary client of the node that owns it does everything, scripts and blocking
reads included. A cluster gives us failover, not scale. (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/)
"""

from __future__ import annotations

import contextlib
from typing import Any, cast

import redis.exceptions as away
from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import parse_url
from redis.crc import key_slot

from core.telemetry import get_logger

log = get_logger(__name__)

Address = tuple[str, int]


class Cluster:
    """What is known of the nodes; shared by the connections of one client."""

    def __init__(self, seed: Address, slot: int) -> None:
        self.nodes: list[Address] = [seed]
        self.slot = slot
        self.owner: Address | None = None

    def learn(self, answer: Any, asked: Address) -> None:
        """Take over what CLUSTER SLOTS said: ranges [first, last, owner, replicas ...], a node as [host, port, ...]."""
        known: list[Address] = []
        for first, last, *nodes in answer or ():
            addresses = [(_text(node[0]) or asked[0], int(node[1])) for node in nodes]
            known += [address for address in addresses if address not in known]
            if int(first) <= self.slot <= int(last) and addresses:
                self.owner = addresses[0]
        self.nodes = known or self.nodes


class _AtTheOwner:
    """For a connection class: goes to the node that owns the slot, and asks anew once that has moved."""

    def __init__(self, *, cluster: Cluster, **options: Any) -> None:
        self._cluster, self._options = cluster, options
        super().__init__(**options)

    async def _connect(self) -> None:
        if self._cluster.owner is None:
            await self._find_owner()
        self.host, self.port = self._cluster.owner or self._cluster.nodes[0]
        try:
            await super()._connect()  # type: ignore[misc]
        except (OSError, TimeoutError, away.RedisError):
            self._cluster.owner = None
            raise

    async def _find_owner(self) -> None:
        for address in list(self._cluster.nodes):
            with contextlib.suppress(OSError, TimeoutError, away.RedisError):
                self._cluster.learn(await self._slots(address), address)
                return
        raise away.ConnectionError("no node of the cluster answers")

    async def _slots(self, address: Address) -> Any:
        kind = SSLConnection if isinstance(self, SSLConnection) else Connection
        asking = kind(**self._options | {"host": address[0], "port": address[1]})
        try:
            await asking.connect()  # type: ignore[no-untyped-call]
            await asking.send_command("CLUSTER", "SLOTS")
            return await asking.read_response()
        finally:
            await asking.disconnect()

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """As ever; where the answer is that the slot has moved, the connection breaks and is made anew there."""
        try:
            return await super().read_response(*arguments, **options)  # type: ignore[misc]
        except away.ResponseError as error:
            if not isinstance(error, away.MovedError | away.ReadOnlyError) and "UNBLOCKED " not in str(error):
                raise
            log.info("the slot has moved to another node", error=type(error).__name__)
            self._cluster.owner = None
            await cast("Connection", self).disconnect()
            raise away.ConnectionError("the slot has moved to another node of the cluster") from None


class _Plain(_AtTheOwner, Connection):
    pass


class _Tls(_AtTheOwner, SSLConnection):
    pass


def cluster_client(address: str, prefix: str, **options: Any) -> Redis:
    """A client that stays with the owner of the prefix's slot; `options` as for any client."""
    parsed: dict[str, Any] = dict(parse_url(address))
    kind = _Tls if parsed.pop("connection_class", None) is SSLConnection else _Plain
    seed = (str(parsed.get("host", "localhost")), int(parsed.get("port", 6379)))
    cluster = Cluster(seed, key_slot(prefix.encode()))
    most = options.pop("max_connections")
    pool = ConnectionPool(connection_class=kind, max_connections=most, cluster=cluster, **parsed | options)
    return Redis.from_pool(pool)


def _text(host: Any) -> str:
    """An old node, or one that knows no name of its own, says nothing: then it is the one that was asked."""
    return host.decode() if isinstance(host, bytes) else str(host or "")
