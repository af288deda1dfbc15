"""What happens by the clock: due retries go back, albums close, old dead letters go."""

from __future__ import annotations

import asyncio
import json
import time

from redis.exceptions import ResponseError

from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import BLOB_DEAD_S, UNPARSED_S, partition_of
from core.leases import acquire_lease, refresh_lease, release_lease
from core.messages import Album, BadMessage, Photo, Update, channel_of, decode_update, encode, job_id
from core.streams.entry import entry_fields
from core.streams.streams import ALBUM_CLOSED_S, UNREADABLE, Streams
from core.telemetry import get_logger

log = get_logger(__name__)

TICK_S = 0.05
SWEEP_EVERY_S = 60.0
CONSUMER_SILENT_MS = 3_600_000
"""Longer than any process at work is silent; its entries were taken over long before."""


class Promoter:
    """Runs in every bots process; the one that holds the lease does the work."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._swept_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Work whenever the lease is ours, until `stop`."""
        lease, refreshed = None, 0.0
        while not stop.is_set():
            try:
                with redis_errors():
                    if lease is None:
                        lease = await acquire_lease(self._streams.redis, self._streams.keys.singleton("promoter"))
                        refreshed = time.monotonic()
                    elif time.monotonic() - refreshed > 3:
                        kept = await refresh_lease(self._streams.scripts, lease)
                        lease, refreshed = (lease if kept else None), time.monotonic()
                    if lease is not None:
                        await self.tick()
            except Unavailable:
                lease = None
            await _pause(stop, TICK_S if lease else 1.0)
        if lease is not None:
            try:
                with redis_errors():
                    await release_lease(self._streams.scripts, lease)
            except Unavailable:
                log.info("the promoter's lease runs out by itself")

    async def tick(self) -> None:
        """Everything that is due now."""
        with redis_errors():
            await self._streams.scripts.run("promote", [self._streams.keys.later], [200])
            await self._close_albums()
            if time.monotonic() - self._swept_at > SWEEP_EVERY_S:
                self._swept_at = time.monotonic()
                await self._sweep_dead()
                await self._forget_consumers()

    async def _close_albums(self) -> None:
        streams = self._streams
        first = await streams.redis.zrange(streams.keys.due, 0, 99, withscores=True)
        now = await _redis_s(streams) * 1000 if first else 0
        for member in [member for member, due_ms in first if due_ms <= now]:
            chat, album = json.loads(member)
            key = streams.keys.album(chat, album)
            held = await streams.redis.hgetall(key)
            updates, unreadable = _photos_of(held)
            if not updates:
                if await streams.redis.zrem(streams.keys.due, member):
                    await self._give_up(chat, unreadable)
                continue
            update = closed_album(updates, album)
            fields = entry_fields(
                encode(update), chat=chat, job=job_id(update.channel, update.update_id), attempt=0, at_ms=update.at,
                head=False, trace=update.trace,
            )  # fmt: skip
            names = [streams.keys.inbox(partition_of(chat)), key, streams.keys.due]
            if await streams.scripts.run("album_close", names, [member, len(held), ALBUM_CLOSED_S, *fields]):
                await self._give_up(chat, unreadable)

    async def _give_up(self, chat: str, unreadable: list[bytes]) -> None:
        for photo in unreadable:
            await self._streams.bury_unparsed(channel_of(chat), photo)
            await self._streams.redis.hincrby(self._streams.keys.tally, "dead", 1)

    async def _forget_consumers(self) -> None:
        for stream, group in self._streams.groups():
            try:
                await self._streams.scripts.run("forget_consumers", [stream], [group, CONSUMER_SILENT_MS])
            except ResponseError as error:  # the group is made again by the next reader
                log.info("consumers could not be looked at", stream=stream, error=str(error)[:80])

    async def _sweep_dead(self) -> None:
        redis, dead, now = self._streams.redis, self._streams.keys.dead, await _redis_s(self._streams)
        for entry_id, raw in await redis.xrange(dead, count=1_000):
            age_s = now - int(entry_id.split(b"-")[0]) / 1000
            if age_s > (UNPARSED_S if raw.get(b"reason") == UNREADABLE.encode() else BLOB_DEAD_S):
                await redis.xdel(dead, entry_id)


async def _redis_s(streams: Streams) -> float:
    """Redis's time: our own clock may have stepped, and another process's differs."""
    seconds, micros = await streams.redis.time()
    return float(seconds + micros / 1e6)


def _photos_of(held: dict[bytes, bytes]) -> tuple[list[Update], list[bytes]]:
    """The photos of an album, and those that cannot be read (a newer version's)."""
    updates, unreadable = [], []
    for name, value in held.items():
        if name.startswith(b"u:"):
            try:
                updates.append(decode_update(value))
            except BadMessage:
                unreadable.append(value)
    return updates, unreadable


def closed_album(updates: list[Update], album: str) -> Update:
    """The one update that an album's photos become: in the order of their updates, with the first caption."""
    ordered = sorted(updates, key=lambda update: (len(update.update_id), update.update_id))
    photos = tuple(update.content for update in ordered if isinstance(update.content, Photo))
    caption = next((photo.caption for photo in photos if photo.caption), None)
    first = ordered[0]
    return Update(
        channel=first.channel,
        update_id=f"album:{album}:{first.update_id}",
        chat=first.chat,
        user=first.user,
        content=Album(photos, caption),
        at=min(update.at for update in ordered),
        language=first.language,
        trace=first.trace,
    )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
