"""What `snapshelf queue` sees and does."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.connection import redis_errors
from core.streams.entry import blobs_in, photos_in
from core.streams.streams import UNREADABLE, Streams


@dataclass(frozen=True, slots=True)
class Item:
    """One entry as an operator sees it."""

    id: str
    stream: str
    state: str
    """`waiting`, `taken`, `later` (put aside), `held` (behind one of its chat that was put aside) or `dead`."""
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

    async def find(self, item_id: str) -> Item | None:
        """One entry, or None."""
        with redis_errors():
            async for item, _ in self._all():
                if item.id == item_id:
                    return item
        return None

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
                if item.state == "dead" and fields["reason"] != UNREADABLE:
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
        """Forget an entry in whatever state, with its photos; False when there is none. Its shopper hears nothing."""
        with redis_errors():
            async for item, fields in self._all():
                if item.id == item_id:
                    return await self._drop(item, fields)
        return False

    async def _drop(self, item: Item, fields: dict[str, str]) -> bool:
        keys, data = self._streams.keys, fields.get("data", "").encode()
        stream, chat = f"{keys.prefix}{item.stream}", fields.get("chat", "")
        plan = {
            "state": item.state,
            "group": dict(self._streams.groups()).get(stream, ""),
            "id": item.id.rpartition("/")[2],
            "member": fields.get("member", ""),
            "photos": photos_in(data),
            "job": fields.get("job", ""),
            "head": "head" in fields and item.state != "held",
        }
        names = [stream, keys.held(stream, chat), keys.later, keys.tally, keys.turns(chat), keys.dead]
        done = await self._streams.scripts.run("drop", names, [json.dumps(plan, ensure_ascii=False)])
        if done and (blobs := blobs_in(data)):
            await self._streams.scripts.run("blob_free", [keys.blobs, *blobs], [0])
        return bool(done)

    async def _all(self) -> AsyncIterator[tuple[Item, dict[str, str]]]:
        now = time.time()
        for stream, group in self._streams.groups():
            async for pair in self._stream(stream, group, now):
                yield pair
        async for pair in self._held(now):
            yield pair
        async for pair in self._later(now):
            yield pair
        for entry_id, raw in await self._streams.redis.xrange(self._streams.keys.dead):
            fields = _texts(raw)
            item_id, stream = f"dead/{entry_id.decode()}", self._name(fields.get("stream", ""))
            yield Item(item_id, stream, "dead", _attempt(fields), fields.get("reason", ""), _age(entry_id, now)), fields

    async def _stream(self, stream: str, group: str, now: float) -> AsyncIterator[tuple[Item, dict[str, str]]]:
        redis = self._streams.redis
        rows = await redis.xrange(stream)
        if not rows:
            return
        pending = await redis.xpending_range(stream, group, min="-", max="+", count=100_000)
        taken = {row["message_id"] for row in pending}
        for entry_id, raw in rows:
            fields, name = _texts(raw), self._name(stream)
            state = "taken" if entry_id in taken else "waiting"
            yield Item(f"{name}/{entry_id.decode()}", name, state, _attempt(fields), "", _age(entry_id, now)), fields

    async def _held(self, now: float) -> AsyncIterator[tuple[Item, dict[str, str]]]:
        redis, mark = self._streams.redis, ":held:"
        async for key in redis.scan_iter(match=f"{_literal(self._streams.keys.prefix)}*{mark}*", count=1_000):
            stream = key.decode().partition(mark)[0]
            for member in (await redis.lrange(key, 0, -1))[1:]:  # the first stands for the one that is put aside
                fields = _pairs(json.loads(member)) | {"member": member.decode()}
                age_s = round(now - int(fields.get("at", 0)) / 1000, 1)
                reason = "waits behind an earlier one of its chat"
                item_id = _item_id("held", fields.get("job", ""), member)
                yield Item(item_id, self._name(stream), "held", _attempt(fields), reason, age_s), fields

    async def _later(self, now: float) -> AsyncIterator[tuple[Item, dict[str, str]]]:
        for member, due_ms in await self._streams.redis.zrange(self._streams.keys.later, 0, -1, withscores=True):
            put = json.loads(member)
            fields = _pairs(put["fields"]) | {"member": member.decode()}
            reason = f"{put.get('reason', '')} (due in {max(0, due_ms / 1000 - now):.0f} s)"
            age_s = round(now - put.get("put", now * 1000) / 1000, 1)
            item_id = _item_id("later", put["job"], member)
            yield Item(item_id, self._name(put["stream"]), "later", _attempt(fields), reason, age_s), fields

    def _name(self, stream: str) -> str:
        return stream.removeprefix(self._streams.keys.prefix)


def _item_id(state: str, job: str, member: bytes) -> str:
    """A job may have several entries put aside (its progress): the end tells them apart."""
    return f"{state}/{job}-{hashlib.sha256(member).hexdigest()[:6]}"


def _literal(prefix: str) -> str:
    """A prefix as SCAN's pattern."""
    return "".join(f"\\{sign}" if sign in "*?[]\\^" else sign for sign in prefix)


def _texts(raw: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in raw.items()}


def _attempt(fields: Mapping[str, str]) -> int:
    return int(fields.get("attempt", "0")) if fields.get("attempt", "0").isdigit() else 0


def _pairs(fields: list[str]) -> dict[str, str]:
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _age(entry_id: bytes, now: float) -> float:
    return round(now - int(entry_id.split(b"-")[0]) / 1000, 1)
