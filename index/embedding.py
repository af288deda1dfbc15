"""Pictures that are new or changed: loaded by threads, decoded by processes of their own (`index.decoding`) while the
model works on those before them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.cpus import usable_cpus
from core.errors import Reason, Refused, SnapshelfError
from core.picturestore import PictureWriter, digest_of
from index import pictures
from index.decoding import Crashed, Prepares
from index.descriptors import DescriptorCache
from index.memory import keep_freed_memory
from index.model.contract import Descriptors, Embeds
from index.references import Loads, References

BATCH = 32
FLUSH = 8 * BATCH
"""Pictures made durable together: the disk is asked once for all of them."""
PIECE = 8
"""Pictures that one thread takes at once: to hand over each by itself costs as much as to read it."""
AHEAD = 4 * BATCH
"""Pictures decoded ahead of the model: enough that it never waits, little enough that memory stays level."""


UNUSABLE = {
    Reason.TOO_LARGE: "its picture is a file of more than 20 MB",
    Reason.NOT_A_PICTURE: "what its picture's address or path leads to is no picture",
    Reason.BROKEN_PICTURE: "its picture is damaged or ends early",
    Reason.TOO_MANY_PIXELS: "its picture has more than 50 megapixels",
    Reason.TOO_SMALL: "its picture is smaller than 16 pixels",
    Reason.UNSUPPORTED_FORMAT: "its picture is no JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF",
}
"""What skipped.tsv says of a picture of the feed."""
EMBEDDED_AT_ONCE = 2
"""Batches: a thread that is through with its share of one goes on with the next, and waits for nobody."""
CRASHING = "its picture crashes the program that decodes it, or keeps it busy without end"


@dataclass(slots=True)
class Embedded:
    """What became of the references: digests of the good ones, a sentence for each of the others."""

    digests: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    embedded: int = 0


@dataclass(frozen=True, slots=True)
class _Embedding:
    """A batch that the model works on."""

    good: list[tuple[str, str, str, bytes]]
    """Reference, stamp, digest and JPEG of each picture."""
    fresh: list[str]
    """Digests of those that are embedded."""
    descriptors: Future[Descriptors] | None
    count: int
    """References, broken ones too."""


def embed_new(
    references: Sequence[tuple[str, str]],
    *,
    loads: Loads,
    decoders: Prepares,
    embedder: Embeds,
    cache: DescriptorCache,
    seen: References,
    store: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> Embedded:
    """Load, keep and describe the pictures of (reference, stamp); descriptors are durable batch by batch.

    A picture whose bytes are known already (from another reference or an interrupted run) is not embedded again.
    """
    keep_freed_memory()
    result = Embedded()
    done = 0
    with (
        PictureWriter(store) as writer,
        ThreadPoolExecutor(1, thread_name_prefix="keep") as disk,
        ThreadPoolExecutor(EMBEDDED_AT_ONCE, thread_name_prefix="embed") as model,
    ):
        keeper = _Keeper(writer, cache, seen)
        embedding: deque[_Embedding] = deque()
        keeping: deque[Future[None]] = deque()
        on_the_way: set[str] = set()

        def one_embedded() -> None:
            nonlocal done
            first = embedding.popleft()
            descriptors = first.descriptors.result() if first.descriptors is not None else None
            result.embedded += len(first.fresh)
            # The disk makes a batch durable while the model works on the next one; two may wait for it.
            keeping.append(disk.submit(keeper.keep, first.good, first.fresh, descriptors))
            if len(keeping) > 2:
                keeping.popleft().result()
            done += first.count
            progress(done)

        for batch in _batches(references, loads, decoders, embedder.input_size):
            good: list[tuple[str, str, str, bytes]] = []
            fresh: dict[str, pictures.RGB] = {}
            for (reference, stamp), prepared in batch:
                if isinstance(prepared, SnapshelfError):
                    result.failures[reference] = _told_to_the_shop(prepared)
                    continue
                digest, picture = prepared
                result.digests[reference] = digest
                good.append((reference, stamp, digest, picture.jpeg))
                if digest not in cache and digest not in on_the_way:
                    fresh[digest] = picture.pixels
            on_the_way.update(fresh)
            described = model.submit(embedder.embed, np.stack(list(fresh.values()))) if fresh else None
            embedding.append(_Embedding(good, list(fresh), described, len(batch)))
            if len(embedding) == EMBEDDED_AT_ONCE:
                one_embedded()
        while embedding:
            one_embedded()
        for future in keeping:
            future.result()
        keeper.flush()
    return result


def _told_to_the_shop(error: SnapshelfError) -> str:
    """Why a picture of the feed can't be used; what a refusal says itself is meant for who sends a photo."""
    if isinstance(error, Crashed):
        return CRASHING
    return UNUSABLE.get(error.reason, str(error)) if isinstance(error, Refused) else str(error)


class _Keeper:
    """Makes durable what a batch leaves behind: descriptors at once, pictures and references some batches later.

    A reference that is known must lead to a picture and a descriptor; one that a crash forgets is only decoded again.
    """

    def __init__(self, writer: PictureWriter, cache: DescriptorCache, seen: References) -> None:
        self._writer = writer
        self._cache = cache
        self._seen = seen
        self._waiting: list[tuple[str, str, str]] = []

    def keep(
        self, good: Sequence[tuple[str, str, str, bytes]], fresh: Sequence[str], descriptors: Descriptors | None
    ) -> None:
        """`good`: reference, stamp, digest and JPEG of each picture."""
        self._waiting += [(reference, stamp, self._writer.put(jpeg, digest)) for reference, stamp, digest, jpeg in good]
        if descriptors is not None:
            self._cache.put(fresh, descriptors)
        if len(self._waiting) >= FLUSH:
            self.flush()

    def flush(self) -> None:
        self._writer.flush()
        self._seen.put(self._waiting)
        self._waiting = []


_Prepared = tuple[str, pictures.Prepared] | SnapshelfError
_Decoded = list[tuple[tuple[str, str], _Prepared]]


def _batches(references: Sequence[tuple[str, str]], loads: Loads, decoders: Prepares, side: int) -> Iterator[_Decoded]:
    def prepare_all(piece: Sequence[tuple[str, str]]) -> _Decoded:
        loaded = [_load(loads, reference) for reference, _ in piece]
        prepared = iter(decoders.prepare([data for data in loaded if isinstance(data, bytes)], side))
        return [
            (entry, _with_digest(next(prepared)) if isinstance(data, bytes) else data)
            for entry, data in zip(piece, loaded, strict=True)
        ]

    waiting: deque[Future[_Decoded]] = deque()
    # More threads than processors: some wait for the disk or the network.
    with ThreadPoolExecutor(2 * usable_cpus(), thread_name_prefix="decode") as pool:
        try:
            for at in range(0, len(references), PIECE):
                waiting.append(pool.submit(prepare_all, references[at : at + PIECE]))
                if len(waiting) * PIECE >= AHEAD + BATCH:
                    yield _take(waiting)
            while waiting:
                yield _take(waiting)
        finally:
            pool.shutdown(cancel_futures=True)


def _load(loads: Loads, reference: str) -> bytes | SnapshelfError:
    try:
        return loads.read(reference)
    except SnapshelfError as error:
        return error


def _with_digest(made: pictures.Prepared | Refused) -> _Prepared:
    return made if isinstance(made, Refused) else (digest_of(made.jpeg), made)


def _take(waiting: deque[Future[_Decoded]]) -> _Decoded:
    pieces = [waiting.popleft().result() for _ in range(min(BATCH // PIECE, len(waiting)))]
    return [decoded for piece in pieces for decoded in piece]
