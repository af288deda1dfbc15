"""From webhook to cards sent, unloaded: through Redis, the built-in model and a stand-in for Telegram on loopback.

python -m benchmarks.latency
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import ground
from core.embedded import EmbeddedRedis
from index.model.runtime import Embedder
from tests.standins.service import serving
from tests.standins.shop import PRODUCTS, jpeg, picture
from tests.standins.telegram import TelegramServer

PHOTOS = 60
WARM = 5
SIDE_PX = 1280
"""Of the shopper's photo; Telegram keeps it at 90, 320, 800 and 1280 px, and we take the 800."""


def run(quick: bool = False) -> dict[str, Any]:
    """Milliseconds until the album and until the buttons under it; one photo at a time."""
    photos = 10 if quick else PHOTOS
    parameters = {
        "quick": quick,
        "photos": photos,
        "side_px": SIDE_PX,
        "chats": "one a photo",
        "hits": 5,
        "redis": "appendfsync always",
    }
    ground.announce("latency", parameters)
    albums, buttons = asyncio.run(_measure(photos))
    measured = {
        "album_ms_median": round(statistics.median(albums), 1),
        "answer_ms_median": round(statistics.median(buttons), 1),
        "answer_ms_p95": round(statistics.quantiles(buttons, n=20)[-1], 1),
    }
    return ground.finish("latency", parameters, measured, quick=quick)


async def _measure(photos: int) -> tuple[list[float], list[float]]:
    albums, buttons = [], []
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as name:
        server = EmbeddedRedis(Path(name) / "redis")
        address = await server.start()
        try:
            async with TelegramServer() as telegram:
                bot = telegram.add_bot()
                async with serving(telegram, bot, Path(name), address, Embedder.load()):
                    for number in range(WARM + photos):
                        photo = jpeg(picture(number % PRODUCTS).resize((SIDE_PX, SIDE_PX)), quality=90)
                        sizes = telegram.pusher().sizes(photo)
                        started = time.monotonic()
                        await telegram.pusher().message(1 + number, {"photo": sizes})
                        await telegram.wait_for(partial(_answered, telegram, number + 1))
                        if number >= WARM:
                            albums.append(1000 * (telegram.calls_of("sendMediaGroup")[-1].at - started))
                            buttons.append(1000 * (telegram.calls_of("sendMessage")[-1].at - started))
                        await asyncio.sleep(0.3)  # unloaded, and under Telegram's rates
        finally:
            await server.stop()
    return albums, buttons


def _answered(telegram: TelegramServer, count: int) -> bool:
    return len(telegram.calls_of("sendMessage")) >= count


if __name__ == "__main__":
    run(ground.quick_wanted())
