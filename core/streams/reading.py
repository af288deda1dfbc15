"""Reading from a consumer group, and taking over what another consumer left, on any Redis from 6.2 on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redis.exceptions import ResponseError

from core.connection import redis_errors
from core.streams.entry import Entry, parse_entry
from core.streams.streams import Streams


async def read_new(
    streams: Streams, group: str, name: str, from_streams: Sequence[str], *, count: int, block_ms: int | None
) -> list[Entry]:
    """New entries of several streams; groups that a lost server forgot are made again."""
    wanted: dict[Any, Any] = dict.fromkeys(from_streams, ">")
    try:
        with redis_errors():
            answer = await streams.redis.xreadgroup(group, name, wanted, count=count, block=block_ms)
    except ResponseError as error:
        if not str(error).startswith("NOGROUP"):
            raise
        await streams.prepare()
        return []
    return [
        parse_entry(stream, entry_id, raw, group=group) for stream, rows in _by_stream(answer) for entry_id, raw in rows
    ]


def _by_stream(answer: Any) -> Iterable[tuple[str, list[tuple[bytes, Mapping[bytes, bytes]]]]]:
    """XREADGROUP's answer in either form of redis-py: a list of pairs (RESP2) or a dict of lists (RESP3)."""
    if isinstance(answer, dict):
        return [(stream.decode(), rows[0] if len(rows) == 1 else rows) for stream, rows in answer.items()]
    return [(stream.decode(), rows) for stream, rows in answer or ()]


async def take_over(
    streams: Streams, group: str, name: str, stream: str, *, min_idle_ms: int, at_most: int | None = None
) -> list[Entry]:
    """Entries that others (or a former self) have had for longer than that, in their order.

    XAUTOCLAIM of Redis 6.2 answers nils for entries that were deleted; they are skipped.
    """
    found: list[Entry] = []
    start: str = "0-0"
    while True:
        try:
            with redis_errors():
                answer = await streams.redis.xautoclaim(
                    stream, group, name, min_idle_ms, start_id=start, count=at_most or 100
                )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            await streams.prepare()
            return found
        for entry_id, raw in answer[1]:
            if entry_id is not None and raw:
                found.append(parse_entry(stream, entry_id, raw, group=group, deliveries=2))
        start = answer[0].decode() if isinstance(answer[0], bytes) else str(answer[0])
        if start == "0-0" or (at_most is not None and len(found) >= at_most):
            return found
