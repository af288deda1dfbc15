"""What `snapshelf queue` sees and does."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from core.connection import redis_errors
from core.keys import CONVERSATION, MAINTAINERS, PARTITIONS, SENDERS, WORKERS
from core.messages import Lane
from core.streams.entry import blobs_in, photos_in
from core.streams.streams import Streams


@dataclass(frozen=True, slots=True)
class Item:
    """One entry as an operator sees it."""

    id: str
    stream: str
    state: str
    """`waiting`, `taken`, `later` or `dead`."""
    attempt: int
    reason: str
    age_s: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class AdminQueue:
    """List, show, retry and drop."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def list(self) -> list[Item]:
        """Everything under way, put aside or given up."""
        with redis_errors():
            return [item async for item, _ in self._all()]

    async def show(self, item_id: str) -> dict[str, Any] | None:
        """One entry with its message, or None."""
        with redis_errors():
            async for item, fields in self._all():
                if item.id == item_id:
                    return item.as_dict() | {"job": fields.get("job", ""), "message": fields.get("data", "")}
        return None

    async def retry(self, item_id: str) -> bool:
        """Put a dead letter back into its stream, or let one that is put aside come now."""
        redis, keys = self._streams.redis, self._streams.keys
        with redis_errors():
            async for item, fields in self._all():
                if item.id != item_id:
                    continue
                if item.state == "later":
                    await redis.zadd(keys.later, {fields["member"]: 0}, xx=True)
                    return True
                if item.state == "dead" and fields["reason"] != "unreadable":
                    await self._revive(item_id.partition("/")[2], fields)
                    return True
        return False

    async def _revive(self, entry_id: str, fields: dict[str, str]) -> None:
        """Its photos are not dead any more, and the apology's marks must not stand for the answer's parts."""
        keys, job = self._streams.keys, fields["job"]
        again: dict[Any, Any] = {name: fields[name] for name in ("data", "chat", "job", "at")}
        async with self._streams.redis.pipeline(transaction=True) as pipe:
            pipe.xdel(keys.dead, entry_id)
            pipe.xadd(fields["stream"], again | {"attempt": "0"})
            if photos := photos_in(fields["data"].encode()):
                pipe.hincrby(keys.tally, "dead", -photos)
            if not self._name(fields["stream"]).startswith("replies:"):
                pipe.delete(keys.parts(job), keys.taken(f"bury:{job}"))
            await pipe.execute()

    async def drop(self, item_id: str) -> bool:
        """Forget a dead letter and its photos."""
        redis, keys = self._streams.redis, self._streams.keys
        with redis_errors():
            async for item, fields in self._all():
                if item.id == item_id and item.state == "dead":
                    await redis.xdel(keys.dead, item_id.partition("/")[2])
                    for blob in blobs_in(fields["data"].encode()):
                        await redis.delete(blob)
                    return True
        return False

    async def _all(self) -> AsyncIterator[tuple[Item, dict[str, str]]]:
        keys, now = self._streams.keys, time.time()
        groups = [(keys.inbox(n), CONVERSATION) for n in range(PARTITIONS)]
        groups += [(keys.searches(lane), WORKERS) for lane in Lane.ALL] + [(keys.tasks, MAINTAINERS)]
        groups += [(keys.replies(n), SENDERS) for n in range(PARTITIONS)]
        for stream, group in groups:
            async for pair in self._stream(stream, group, now):
                yield pair
        for member, due_ms in await self._streams.redis.zrange(keys.later, 0, -1, withscores=True):
            put = json.loads(member)
            fields = _pairs(put["fields"]) | {"member": member.decode()}
            reason = f"{put.get('reason', '')} (due in {max(0, due_ms / 1000 - now):.0f} s)"
            age_s = round(now - put.get("put", now * 1000) / 1000, 1)
            yield (
                Item(f"later/{put['job']}", self._name(put["stream"]), "later", int(fields["attempt"]), reason, age_s),
                fields,
            )
        for entry_id, raw in await self._streams.redis.xrange(keys.dead):
            fields = {name.decode(): value.decode("utf-8", "replace") for name, value in raw.items()}
            stream, attempt = self._name(fields["stream"]), int(fields["attempt"])
            yield (
                Item(f"dead/{entry_id.decode()}", stream, "dead", attempt, fields["reason"], _age(entry_id, now)),
                fields,
            )

    async def _stream(self, stream: str, group: str, now: float) -> AsyncIterator[tuple[Item, dict[str, str]]]:
        redis = self._streams.redis
        rows = await redis.xrange(stream)
        if not rows:
            return
        pending = await redis.xpending_range(stream, group, min="-", max="+", count=100_000)
        taken = {row["message_id"] for row in pending}
        for entry_id, raw in rows:
            fields = {name.decode(): value.decode("utf-8", "replace") for name, value in raw.items()}
            state, name = ("taken" if entry_id in taken else "waiting"), self._name(stream)
            item = Item(f"{name}/{entry_id.decode()}", name, state, int(fields["attempt"]), "", _age(entry_id, now))
            yield item, fields

    def _name(self, stream: str) -> str:
        return stream.removeprefix(self._streams.keys.prefix)


def _pairs(fields: list[str]) -> dict[str, str]:
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _age(entry_id: bytes, now: float) -> float:
    return round(now - int(entry_id.split(b"-")[0]) / 1000, 1)
