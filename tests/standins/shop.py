"""A small shop with a real index, a worker over it, and a counter where a test asks and reads in place of the bots."""

from __future__ import annotations

import asyncio
import atexit
import functools
import io
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from redis.asyncio import Redis

from core.blobs import Blobs
from core.keys import PARTITIONS, Keys
from core.messages import ByPhoto, Query, Reply, Search, decode_outgoing
from core.presence import present
from core.settings import Settings, load_settings
from core.streams import Streams
from index.decoding import Decoders
from index.model.contract import Descriptors, Embeds, Pixels
from index.model.fake import FakeEmbedder
from index.reindex import reindex
from tests.decoded_here import DecodedHere
from worker.service import run_worker

PRODUCTS = 12
WAIT_S = 40


def picture(number: int) -> Image.Image:
    """A picture unlike every other number's."""
    dice = random.Random(number)
    image = Image.new("RGB", (160, 160), tuple(dice.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, side = dice.randrange(120), dice.randrange(120), dice.randrange(30, 90)
        draw.rectangle((x, y, x + side, y + side), fill=tuple(dice.randrange(256) for _ in range(3)))
    return image


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def photo_of(number: int) -> bytes:
    """A shopper's photo of a product: not the file of the catalogue."""
    return jpeg(picture(number).resize((120, 120)), quality=60)


@dataclass(frozen=True)
class Shop:
    """A folder with a feed and its index."""

    settings: Settings
    feed: Path

    def publish(self, *, leaving_out: Sequence[int] = (), embedder: Embeds | None = None) -> str:
        """Reindex; the name of the generation."""
        rows = [f"p{n}\tProduct {n} in wool\timages/{n}.jpg" for n in range(PRODUCTS) if n not in leaving_out]
        self.feed.write_text("\n".join(["id\ttitle\timage_link", *rows, ""]))
        account = reindex(self.settings, self.feed, embedder=embedder or FakeEmbedder(), decoders=DecodedHere())
        return account.generation


def open_shop(folder: Path, redis_url: str = "", **settings: Any) -> Shop:
    """A shop whose catalogue is drawn but not indexed."""
    images = folder / "feed" / "images"
    images.mkdir(parents=True)
    for number in range(PRODUCTS):
        (images / f"{number}.jpg").write_bytes(jpeg(picture(number)))
    values = {"metrics_port": 0, "data_dir": folder / "data", "redis_url": redis_url} | settings
    return Shop(load_settings(_env_file=None, **values), folder / "feed" / "feed.tsv")


class GatedEmbedder:
    """The fake model behind a gate; fails for pictures that it is told to, and counts who is inside."""

    def __init__(self, inner: FakeEmbedder | None = None) -> None:
        self.inner = inner or FakeEmbedder()
        self.input_size, self.dimensions, self.parts = self.inner.input_size, self.inner.dimensions, self.inner.parts
        self.fingerprint, self.variant = self.inner.fingerprint, "fp32"
        self.path_description = "a fake behind a gate"
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.breaks: Callable[[Pixels], bool] = lambda pixels: False
        self.calls: list[int] = []

    def embed(self, pixels: Pixels) -> Descriptors:
        self.entered.set()
        assert self.gate.wait(WAIT_S)
        if self.breaks(pixels):
            raise RuntimeError("the runtime gave up")
        self.calls.append(len(pixels))
        return self.inner.embed(pixels)

    def warm(self, batch_sizes: Any) -> None:
        """Nothing to warm."""


class Counter:
    """Where a test asks and reads, in place of the bots."""

    def __init__(self, redis: Redis, keys: Keys, settings: Settings) -> None:
        self.redis: Any = redis
        self.keys, self.settings = keys, settings
        self.streams, self.blobs = Streams(redis, keys), Blobs(redis, keys)
        self.replies: dict[str, list[Reply]] = {}
        self._seen: dict[Any, Any] = {keys.replies(number): "0" for number in range(PARTITIONS)}
        self._count = 0

    async def ask(self, *photos: bytes, query: Query | None = None, in_ms: int = 60_000, **fields: Any) -> Search:
        """Append a search by these photos (or another query)."""
        self._count += 1
        job = f"job{self._count:04}"
        blobs = tuple(self.keys.blob(job, number) for number in range(len(photos)))
        for key, photo in zip(blobs, photos, strict=True):
            await self.blobs.put(key, photo)
        now = int(time.time() * 1000)
        search = Search(job, f"fake:{self._count}", query or ByPhoto(blobs), now, now + in_ms, photos=len(photos))
        search = replace(search, **fields)
        assert await self.streams.append_search(search)
        return search

    async def reply(self, search: Search) -> Reply:
        """Its answer, when it is there."""
        async with asyncio.timeout(WAIT_S):
            while search.job not in self.replies:
                await self.read()
        return self.replies[search.job][0]

    async def answer(self, *photos: bytes, **question: Any) -> Reply:
        return await self.reply(await self.ask(*photos, **question))

    async def read(self) -> None:
        found: Any = await self.redis.xread(self._seen, block=1000)
        for stream, rows in found or ():
            for entry_id, fields in rows:
                self._seen[stream.decode()] = entry_id
                reply = decode_outgoing(fields[b"data"])
                assert isinstance(reply, Reply)
                self.replies.setdefault(reply.job, []).append(reply)

    async def at_work(self, count: int) -> list[str | None]:
        """The generations of the workers, once so many are there."""
        async with asyncio.timeout(WAIT_S):
            # presence is a hash in Redis: there is nothing to wait for
            while len(here := await present(self.redis, self.keys, "worker")) != count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return [worker.generation for worker in here]


@functools.cache
def decoders() -> Decoders:
    """For all workers of this process: starting their first one takes longer than most tests."""
    shared = Decoders()
    atexit.register(shared.close)
    return shared


@asynccontextmanager
async def working(settings: Settings, embedder: Embeds, **options: Any) -> AsyncIterator[asyncio.Event]:
    """A worker in this process; leaving stops it and lets it finish."""
    stop = asyncio.Event()
    options.setdefault("decoders", decoders())
    task = asyncio.create_task(run_worker(settings, stop, embedder=embedder, **options))
    try:
        yield stop
    finally:
        stop.set()
        await task
