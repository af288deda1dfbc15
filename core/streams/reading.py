"""Reading from a consumer group, and taking over what another consumer left, on any Redis from 6.2 on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from redis.exceptions import ResponseError

from core.connection import redis_errors
from core.streams.entry import Entry, Malformed, parse_entry
from core.streams.streams import Streams
from core.telemetry import get_logger

log = get_logger(__name__)

PENDING_AT_ONCE = 500


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
        entry
        for stream, rows in _by_stream(answer)
        for row in rows
        if (entry := await _parse(streams, stream, row, group=group)) is not None
    ]


def _by_stream(answer: Any) -> Iterable[tuple[str, list[tuple[bytes, Mapping[bytes, bytes]]]]]:
    """XREADGROUP's answer in either form of redis-py: a list of pairs (RESP2) or a dict of lists (RESP3)."""
    if isinstance(answer, dict):
        return [(stream.decode(), rows[0] if len(rows) == 1 else rows) for stream, rows in answer.items()]
    return [(stream.decode(), rows) for stream, rows in answer or ()]


async def _parse(
    streams: Streams, stream: str, row: tuple[bytes, Mapping[bytes, bytes]], *, group: str, deliveries: int = 1
) -> Entry | None:
    """The entry; one that nobody could ever read goes to `dead`, so that it stops no reader."""
    entry_id, raw = row
    try:
        return parse_entry(stream, entry_id, raw, group=group, deliveries=deliveries)
    except Malformed as error:
        log.error("an entry that is none of ours", stream=stream, error=str(error))
        await streams.bury_malformed(stream, group, entry_id.decode(), raw)
        return None


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
                entry = await _parse(streams, stream, (entry_id, raw), group=group, deliveries=2)
                found += [entry] if entry is not None else []
        start = answer[0].decode() if isinstance(answer[0], bytes) else str(answer[0])
        if start == "0-0" or (at_most is not None and len(found) >= at_most):
            return found


async def take_over_rest(
    streams: Streams, group: str, name: str, stream: str, *, min_idle_ms: int, in_hand: Collection[str]
) -> list[Entry]:
    """What is pending for longer than that and not in hand here, in its order, with how often it was handed out."""
    found: list[Entry] = []
    start = "-"
    while True:
        try:
            with redis_errors():
                rows = await streams.redis.xpending_range(
                    stream, group, min=start, max="+", count=PENDING_AT_ONCE, idle=min_idle_ms or None
                )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            await streams.prepare()
            return found
        times = {row["message_id"]: int(row["times_delivered"]) for row in rows}
        wanted = [entry_id for entry_id in times if entry_id.decode() not in in_hand]
        found += await _claim(streams, group, name, stream, {entry_id: times[entry_id] for entry_id in wanted})
        if len(rows) < PENDING_AT_ONCE:
            return found
        start = f"({rows[-1]['message_id'].decode()}"


async def _claim(streams: Streams, group: str, name: str, stream: str, times: Mapping[bytes, int]) -> list[Entry]:
    """XCLAIM of Redis 6.2 answers nils for entries that were deleted; they are acknowledged."""
    if not times:
        return []
    with redis_errors():
        rows = await streams.redis.xclaim(stream, group, name, 0, list(times))
        there = {entry_id for entry_id, raw in rows if entry_id is not None and raw}
        for entry_id in times.keys() - there:
            if not await streams.redis.xrange(stream, entry_id, entry_id):
                await streams.redis.xack(stream, group, entry_id)
    return [
        entry
        for row in rows
        if row[0] in there
        and (entry := await _parse(streams, stream, row, group=group, deliveries=times[row[0]] + 1)) is not None
    ]
