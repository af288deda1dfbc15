"""What the metrics of a bots process say about Redis, the spool and the streams: looked at every few seconds."""

from __future__ import annotations

import asyncio

from bots.services import Services
from core import metrics
from core.errors import Unavailable
from core.telemetry import get_logger

log = get_logger(__name__)

EVERY_S = 5.0
ANSWER_S = 3.0
"""A Redis that takes longer counts as away, as it does for a webhook."""


async def watch(services: Services, stop: asyncio.Event) -> None:
    """Look until `stop`."""
    while not stop.is_set():
        await look(services)
        try:
            await asyncio.wait_for(stop.wait(), EVERY_S)
        except TimeoutError:
            continue


async def look(services: Services) -> None:
    """Once. With Redis away the depths stay as they were, and `snapshelf_redis_up` says so."""
    metrics.HEARTBEAT.set_to_current_time()
    metrics.SPOOL_BYTES.set(services.delivery.spooled_bytes())
    try:
        async with asyncio.timeout(ANSWER_S):
            await _ask_redis(services)
    except (Unavailable, TimeoutError) as error:
        metrics.REDIS_UP.set(0)
        log.info("no depths for the metrics", error=str(error) or "no answer in time")
    else:
        metrics.REDIS_UP.set(1)


async def _ask_redis(services: Services) -> None:
    for stream, depth in (await services.streams.depths()).items():
        metrics.QUEUE_DEPTH.labels(stream).set(depth)
    for state, count in (await services.streams.tally()).items():
        metrics.PHOTOS.labels(state).set(count)
    metrics.INTAKE_OPEN.set(1 if await services.blobs.has_room() else 0)
