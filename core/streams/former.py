"""What a process left behind that somebody saw end: free at once, instead of when its leases and time-outs run out."""

from __future__ import annotations

from collections.abc import Sequence

from core.connection import redis_errors
from core.keys import CONVERSATION, MAINTAINERS, PARTITIONS, SENDERS, WORKERS
from core.leases import Lease, release_lease
from core.messages import Lane
from core.presence import WORKER, present, withdraw
from core.streams.group import CLAIM_IDLE_MS
from core.streams.streams import Streams

AT_ONCE = 1_000


async def let_go(streams: Streams, process: str, *, singletons: Sequence[str] = ("promoter",)) -> int:
    """Free the leases and entries of a dead process, so that others take them now; gives how many entries.

    `process`: as `core.presence.process_name` spells it; `singletons`: what only one process does at a time. Were it
    alive after all, its leases would be fenced and its work done twice, but taken once.
    Raises Unavailable.
    """
    keys, mark = streams.keys, f"{process}-"
    leased = [stream(number) for stream in (keys.inbox, keys.replies) for number in range(PARTITIONS)]
    with redis_errors():
        for key in (*map(keys.lease, leased), *map(keys.singleton, singletons)):
            token = await streams.redis.get(key)
            if token is not None and token.decode().startswith(mark):
                await release_lease(streams.scripts, Lease(key, token.decode()))
        for kind in (CONVERSATION, SENDERS, WORKER):
            for one in await present(streams.redis, keys, kind):
                if one.name.startswith(mark):
                    await withdraw(streams.redis, keys, kind, one.name)
        freed = 0
        for stream in map(keys.searches, Lane.ALL):
            freed += await _free(streams, stream, WORKERS, mark)
        return freed + await _free(streams, keys.tasks, MAINTAINERS, mark)


async def _free(streams: Streams, stream: str, group: str, mark: str) -> int:
    """Let a dead consumer's entries look as if it had not been heard of for long: whoever reclaims takes them."""
    freed = 0
    for consumer in await streams.redis.xinfo_consumers(stream, group):
        name = consumer["name"].decode()
        if not name.startswith(mark):
            continue
        held = await streams.redis.xpending_range(stream, group, min="-", max="+", count=AT_ONCE, consumername=name)
        ids = [row["message_id"] for row in held]
        if ids:
            await streams.redis.xclaim(stream, group, name, 0, ids, idle=CLAIM_IDLE_MS, justid=True)
        freed += len(ids)
    return freed
