"""A photo on its way in: fetched through its channel, freed of what it tells of the shopper, kept as a blob."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bots.channel import Channel
from bots.exif import strip_metadata
from core import tracing
from core.blobs import Blobs
from core.errors import Reason, Refused, Unavailable
from core.messages import Photo

PHOTO_BYTES = 20 * 1024 * 1024
FETCH_S = 45.0
"""For one photo with everything that its channel does for it; a channel's own limits are shorter."""


async def bring(channel: Channel, photo: Photo, blobs: Blobs, key: str) -> None:
    """Fetch one photo and store it under `key`; done again it changes nothing.

    Raises Refused (too large, not there any more) and Unavailable (try again later; core.blobs.Full: no room).
    """
    try:
        with tracing.span("fetch", kind="client", channel=channel.name) as span:
            async with asyncio.timeout(FETCH_S):
                data = await channel.fetch(photo.media)
            span.note(bytes=len(data))
    except TimeoutError:
        raise Unavailable(f"{channel.name} did not hand over the photo within {FETCH_S:.0f} s.") from None
    if len(data) > PHOTO_BYTES:
        raise Refused(Reason.TOO_LARGE)
    await blobs.put(key, await asyncio.to_thread(strip_metadata, data))


async def bring_all(channel: Channel, photos: Sequence[Photo], blobs: Blobs, keys: Sequence[str]) -> list[str]:
    """Fetch the photos of an album side by side; the keys of those that arrived, in order.

    One that will never arrive is left out. Raises Refused when none arrived, and Unavailable when any may yet.
    """
    results = await asyncio.gather(
        *(bring(channel, photo, blobs, key) for photo, key in zip(photos, keys, strict=True)), return_exceptions=True
    )
    refused: list[Refused] = []
    arrived = []
    for key, result in zip(keys, results, strict=True):
        match result:
            case None:
                arrived.append(key)
            case Refused():
                refused.append(result)
            case _:
                raise result
    if not arrived:
        raise refused[0] if refused else Refused(Reason.BAD_REQUEST)
    return arrived
