"""From a Search to a Reply: photos out of Redis, decoded and searched in threads, embedded in batches."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager

import numpy as np

from core import tracing
from core.blobs import Blobs
from core.errors import Reason, Refused
from core.messages import ByPhoto, Reply, Search
from core.telemetry import get_logger
from index.longcodes import BrokenGeneration
from index.model.contract import Descriptors, Pixels
from index.searcher import OtherFamily, Searcher, refusal
from index.store import NoGeneration
from worker.batches import Batcher

log = get_logger(__name__)

LATE = "Sorry, that took too long: please send your photo again in a minute."
SETTING_UP = "The shop is still being set up: please try again a little later."
OUT_OF_ORDER = "The search is out of order just now, and not because of you: please try again a little later."


class Answerer:
    """Answers searches side by side. `pool` decodes and searches; the batcher has a thread of its own."""

    def __init__(self, searcher: Searcher, batcher: Batcher, blobs: Blobs, pool: Executor) -> None:
        self._searcher, self._batcher, self._blobs, self._pool = searcher, batcher, blobs, pool
        self._told: str | None = None

    async def answer(self, search: Search) -> Reply:
        """The reply to one search: hits, nothing, refused, or failed with an apology when it comes too late.

        Raises whatever else goes wrong: the caller tries again.
        """
        return dataclasses.replace(await self._in_time(search), photos=search.photos)

    async def _in_time(self, search: Search) -> Reply:
        left_s = (search.deadline - _now_ms()) / 1000
        if left_s <= 0:
            return failure(search, LATE)
        try:
            async with asyncio.timeout(left_s):
                return await self._answer(search)
        except TimeoutError:
            return failure(search, LATE)
        except Refused as refused:
            return refusal(search, refused)
        except NoGeneration as error:
            self._tell_operator(str(error))
            return failure(search, SETTING_UP)
        except (OtherFamily, BrokenGeneration) as error:
            self._tell_operator(str(error))
            return failure(search, OUT_OF_ORDER)

    async def _answer(self, search: Search) -> Reply:
        timings = {"queued": max(0.0, float(_now_ms() - search.at))}
        descriptors = await self._describe(search, timings)
        loop = asyncio.get_running_loop()
        with tracing.span("search.index"):
            reply = await loop.run_in_executor(
                self._pool, lambda: self._searcher.finish(search, descriptors, timings=timings)
            )
        self._told = None
        return reply

    async def _describe(self, search: Search, timings: dict[str, float]) -> Descriptors | None:
        if not isinstance(search.query, ByPhoto):
            return None
        with self._batcher.expecting():
            with _stage("fetch", timings):
                photos = await self._photos(search.query)
            with _stage("decode", timings):
                pixels = await self._decode(search, photos)
        with _stage("embed", timings):
            return await self._batcher.embed(pixels)

    async def _photos(self, query: ByPhoto) -> list[bytes]:
        photos = [photo for photo in await self._blobs.get_many(query.blobs) if photo is not None]
        if not photos:
            raise Refused(Reason.PHOTO_EXPIRED)
        return photos

    async def _decode(self, search: Search, photos: Sequence[bytes]) -> Pixels:
        """`[M, S, S, 3]`, side by side. Of an album those that can be decoded; Refused when none can."""
        loop = asyncio.get_running_loop()
        decoded = await asyncio.gather(
            *(loop.run_in_executor(self._pool, self._searcher.prepare, search, [photo]) for photo in photos),
            return_exceptions=True,
        )
        whole = [pixels for pixels in decoded if not isinstance(pixels, BaseException)]
        errors = [error for error in decoded if isinstance(error, BaseException)]
        if errors and (not whole or not all(isinstance(error, Refused) for error in errors)):
            raise next((error for error in errors if not isinstance(error, Refused)), errors[0])
        return np.concatenate(whole)

    def _tell_operator(self, sentence: str) -> None:
        """Once, not once a shopper."""
        if sentence != self._told:
            self._told = sentence
            log.warning("searches cannot be answered", problem=sentence)


def failure(search: Search, sentence: str) -> Reply:
    """An apology."""
    return Reply(
        job=search.job,
        chat=search.chat,
        outcome="failed",
        close=False,
        message=sentence,
        language=search.language,
        shown=search.shown,
    )


@contextmanager
def _stage(name: str, timings: dict[str, float]) -> Iterator[None]:
    """One stage of a search: its ms in `timings` unless it fails, and its span."""
    started = time.perf_counter()
    with tracing.span(f"search.{name}"):
        yield
    timings[name] = round((time.perf_counter() - started) * 1000, 2)


def _now_ms() -> int:
    return int(time.time() * 1000)
