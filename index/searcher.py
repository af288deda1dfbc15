"""From a Search and its photos to a Reply: what the worker and `snapshelf search` share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.errors import SENTENCES, Reason, Refused, SnapshelfError
from core.messages import SHOWN_MAX, Box, ByPhoto, Reply, Search
from index import pictures
from index.asked import Answer, Asked
from index.generation import Generation
from index.longcodes import BrokenGeneration
from index.model.contract import Descriptors, Embeds
from index.store import GenerationStore


class OtherFamily(SnapshelfError):
    """The generation was made with another model than this process runs."""


class Searcher:
    """Thread-safe. `answer` does all; a worker that embeds in batches calls `prepare`, embeds, and calls `finish`."""

    def __init__(
        self,
        store: GenerationStore,
        embedder: Embeds,
        decode: Callable[[bytes, int, Box | None], pictures.RGB] = pictures.decode_to_pixels,
    ) -> None:
        """`decode`: as `pictures.decode_to_pixels`; a worker's happens in another process."""
        self.store = store
        self.embedder = embedder
        self._decode = decode

    def prepare(self, search: Search, photos: Sequence[bytes]) -> npt.NDArray[np.uint8]:
        """Decode the photos of a search to `[M, S, S, 3]`, M = 0 for a search without photos. Raises Refused."""
        side = self.embedder.input_size
        if not isinstance(search.query, ByPhoto):
            return np.empty((0, side, side, 3), np.uint8)
        if not photos:
            raise Refused(Reason.BAD_REQUEST)
        return np.stack([self._decode(photo, side, search.query.box) for photo in photos])

    def finish(
        self,
        search: Search,
        descriptors: Descriptors | None,
        *,
        timings: Mapping[str, float] | None = None,
        exact: bool = False,
    ) -> Reply:
        """Search with the descriptors `[M, D]` of the photos (None or empty for a search without photos).

        `timings` (ms by stage so far) are taken over into the reply. Gives hits, nothing or refused.
        Raises NoGeneration, OtherFamily, BrokenGeneration (a damaged generation was left once and a second one, too).
        """
        started = time.perf_counter()
        for last_try in (False, True):
            try:
                with self.store.lease() as generation:
                    self._same_family(generation)
                    answer = Asked(generation, search, descriptors, exact).answered()
                break
            except Refused as refused:
                return refusal(search, refused, timings)
            except BrokenGeneration:
                if last_try:
                    raise
        took = dict(timings or {}) | {"search": round((time.perf_counter() - started) * 1000, 2)}
        return _reply(search, generation.name, answer, took)

    def answer(self, search: Search, photos: Sequence[bytes], *, exact: bool = False) -> Reply:
        """Decode, embed, search: one question, one answer. Raises as `finish`, never Refused."""
        started = time.perf_counter()
        try:
            pixels = self.prepare(search, photos)
        except Refused as refused:
            return refusal(search, refused)
        timings = {"decode": round((time.perf_counter() - started) * 1000, 2)}
        descriptors = None
        if len(pixels):
            started = time.perf_counter()
            descriptors = self.embedder.embed(pixels)
            timings["embed"] = round((time.perf_counter() - started) * 1000, 2)
        return self.finish(search, descriptors, timings=timings, exact=exact)

    def _same_family(self, generation: Generation) -> None:
        if generation.fingerprint != self.embedder.fingerprint:
            raise OtherFamily(other_family(generation.name))


def other_family(generation: str) -> str:
    """What to do about a generation of another model, for the log, `readyz` and whoever searches by hand."""
    return (
        f"Generation {generation} was made with another model than this process runs: run `snapshelf reindex FEED`, "
        "or set SNAPSHELF_MODEL to the one that made it and start this anew."
    )


def refusal(search: Search, refused: Refused, timings: Mapping[str, float] | None = None) -> Reply:
    """The reply to a search that will never work as it was asked."""
    return Reply(
        job=search.job,
        chat=search.chat,
        outcome="refused",
        close=False,
        reason=refused.reason,
        message=str(refused) or SENTENCES[refused.reason],
        timings=dict(timings or {}),
        language=search.language,
        shown=search.shown,
    )


def _reply(search: Search, generation: str, answer: Answer, timings: Mapping[str, float]) -> Reply:
    result = answer.result
    shown = (*search.shown, *(hit.id for hit in result.hits))[-SHOWN_MAX:]
    return Reply(
        job=search.job,
        chat=search.chat,
        outcome="hits" if result.hits else "nothing",
        close=result.close and bool(result.hits),
        hits=result.hits,
        generation=generation,
        timings=timings,
        language=search.language,
        shown=shown,
        filters=answer.filters,
        ignored=answer.ignored,
        offers=answer.offers,
        settled=answer.settled,
        words=answer.words,
        more=len(result.hits) >= search.want,
    )
