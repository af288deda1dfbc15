"""A bots process that one entry kills, for tests: `python poisoned.py ‹redis url›`; it ends when all is done."""

from __future__ import annotations

import asyncio
import os
import sys

from core.connection import client
from core.keys import CONVERSATION, Keys
from core.leases import Lease
from core.messages import Text, decode_update
from core.streams import Entry, PartitionConsumer, Streams


async def main(url: str) -> None:
    redis = client(url)
    streams, stop = Streams(redis, Keys()), asyncio.Event()

    async def handle(entry: Entry, lease: Lease) -> None:
        content = decode_update(entry.data).content
        if content == Text("deadly"):
            os._exit(9)
        await streams.redis.rpush("handled", entry.job)
        await streams.advance(entry, lease=lease)

    async def end_when_done() -> None:
        while (await streams.depths())["inbox"]:  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.02)
        stop.set()

    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name=f"p{os.getpid()}", handle=handle)
    await asyncio.gather(consumer.run(stop), end_when_done())
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
