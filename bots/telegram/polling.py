"""Long polling, for bots that no webhook can reach (no PUBLIC_URL): one process at a time, under a lease in Redis.

The offset moves only after the updates are in Redis; what is delivered twice then, the claim sorts out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

from bots.services import Services
from bots.telegram.api import Failed
from bots.telegram.channel import TelegramChannel
from bots.telegram.errors import Kind, Verdict
from bots.telegram.updates import NAME, Unreadable, read_update
from core import metrics, tracing
from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import LEASE_MS
from core.leases import Lease, acquire_lease, refresh_lease, release_lease
from core.telemetry import get_logger

log = get_logger(__name__)

REFRESH_S = LEASE_MS / 3_000
STANDBY_S = 2.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
CONFLICT_WAIT_S = 10.0
OFFSET_S = 6 * 24 * 3600
"""After a week without updates Telegram may go on with any id, also a lower one: then we begin without an offset."""

ALARMS = {
    Kind.CONFLICT: (
        "Telegram delivers elsewhere: stop the other program that uses this token, "
        "or remove its webhook with `snapshelf webhooks delete telegram`."
    ),
    Kind.REVOKED: "Telegram refuses the token: ask @BotFather for a new one and set TELEGRAM_TOKEN.",
}


class Polling:
    """Fetches updates while it holds the lease."""

    def __init__(self, services: Services) -> None:
        channel = services.channels.by_name[NAME]
        assert isinstance(channel, TelegramChannel)  # noqa: S101 - by name
        self._channel, self._services = channel, services
        self._redis: Any = services.redis
        self._lease_key = services.keys.singleton(f"{NAME}-polling:{channel.me.id}")
        self._offset_key = services.keys.polling_offset(channel.me.id)
        self._wait_s = FIRST_WAIT_S

    async def run(self, stop: asyncio.Event) -> None:
        """Poll, or stand by while another process polls, until `stop`."""
        while not stop.is_set():
            try:
                with redis_errors():
                    lease = await acquire_lease(self._redis, self._lease_key)
                if lease is not None:
                    await self._hold(lease, stop)
            except Unavailable as error:
                log.warning("polling waits for Redis", reason=str(error))
            await _pause(stop, STANDBY_S)

    async def _hold(self, lease: Lease, stop: asyncio.Event) -> None:
        """Poll until `stop`, until the lease is lost or Redis is away."""
        log.info("long polling begins")
        tasks = [
            asyncio.create_task(self._keep(lease)),
            asyncio.create_task(self._poll(stop)),
            asyncio.create_task(stop.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()  # nothing is lost: the offset has not moved yet
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(Unavailable), redis_errors():
                await release_lease(self._services.streams.scripts, lease)
        for task in done:
            task.result()

    async def _keep(self, lease: Lease) -> None:
        """Returns when the lease is lost."""
        while True:
            await asyncio.sleep(REFRESH_S)
            with redis_errors():
                if not await refresh_lease(self._services.streams.scripts, lease):
                    return

    async def _poll(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._once()
                self._wait_s = FIRST_WAIT_S
            except Failed as error:
                await _pause(stop, self._wait_after(error))

    async def _once(self) -> None:
        with redis_errors():
            last = await self._redis.get(self._offset_key)
        updates = await self._channel.api.get_updates(int(last) + 1 if last is not None else None)
        for raw in updates:
            await self._take(raw)
        ids = [raw["update_id"] for raw in updates if isinstance(raw, dict) and isinstance(raw.get("update_id"), int)]
        if updates and not ids:
            raise Failed(Verdict(Kind.LATER, "updates without ids"))
        if ids:
            with redis_errors():
                await self._redis.set(self._offset_key, max(ids), ex=OFFSET_S)

    async def _take(self, raw: Any) -> None:
        try:
            update = read_update(raw, self._channel.me, int(time.time() * 1000))
        except Unreadable as error:
            log.warning("an update cannot be read and is kept for a day", reason=str(error))
            await self._services.delivery.bury(NAME, json.dumps(raw).encode())
            return
        if update is not None:
            with tracing.span("update", kind="server", channel=NAME):
                await self._services.streams.claim_and_append(update)
            metrics.UPDATES.labels(NAME).inc()

    def _wait_after(self, error: Failed) -> float:
        """Seconds until the next try; says what a person has to do."""
        verdict = error.verdict
        if sentence := ALARMS.get(verdict.kind):
            log.error(sentence)
            metrics.ALARMS.labels(NAME).inc()
            return CONFLICT_WAIT_S if verdict.kind is Kind.CONFLICT else LONGEST_WAIT_S
        log.info("Telegram does not answer", reason=verdict.reason)
        wait_s, self._wait_s = self._wait_s, min(LONGEST_WAIT_S, 2 * self._wait_s)
        return verdict.after_ms / 1000 if verdict.after_ms is not None else wait_s


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
