"""Pictures that are new or changed: loaded and decoded by threads while the model works on those before them."""

from __future__ import annotations

import ctypes
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
from index.descriptors import DescriptorCache
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


@dataclass(slots=True)
class Embedded:
    """What became of the references: digests of the good ones, a sentence for each of the others."""

    digests: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    embedded: int = 0


def embed_new(
    references: Sequence[tuple[str, str]],
    *,
    loads: Loads,
    embedder: Embeds,
    cache: DescriptorCache,
    seen: References,
    store: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> Embedded:
    """Load, keep and describe the pictures of (reference, stamp); descriptors are durable batch by batch.

    A picture whose bytes are known already (from another reference or an interrupted run) is not embedded again.
    """
    _keep_freed_memory()
    result = Embedded()
    done = 0
    with PictureWriter(store) as writer, ThreadPoolExecutor(1, thread_name_prefix="keep") as disk:
        keeper = _Keeper(writer, cache, seen)
        keeping: deque[Future[None]] = deque()
        on_the_way: set[str] = set()
        for batch in _batches(references, loads, embedder.input_size):
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
            descriptors = embedder.embed(np.stack(list(fresh.values()))) if fresh else None
            result.embedded += len(fresh)
            # The disk makes a batch durable while the model works on the next one; two may wait for it.
            keeping.append(disk.submit(keeper.keep, good, list(fresh), descriptors))
            if len(keeping) > 2:
                keeping.popleft().result()
            done += len(batch)
            progress(done)
        for future in keeping:
            future.result()
        keeper.flush()
    return result


def _told_to_the_shop(error: SnapshelfError) -> str:
    """Why a picture of the feed can't be used; what a refusal says itself is meant for who sends a photo."""
    return UNUSABLE.get(error.reason, str(error)) if isinstance(error, Refused) else str(error)


def _keep_freed_memory() -> None:
    """Let glibc keep what the decoders free: they take 200 KB a picture, and asking the kernel for it anew each time
    is a quarter of their time. Elsewhere nothing happens."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
    mallopt(-1, 64 << 20)  # M_TRIM_THRESHOLD


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


def _batches(references: Sequence[tuple[str, str]], loads: Loads, side: int) -> Iterator[_Decoded]:
    def prepare(reference: str) -> _Prepared:
        try:
            picture = pictures.prepare(loads.read(reference), side)
        except SnapshelfError as error:
            return error
        return digest_of(picture.jpeg), picture

    def prepare_all(piece: Sequence[tuple[str, str]]) -> _Decoded:
        return [(entry, prepare(entry[0])) for entry in piece]

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


def _take(waiting: deque[Future[_Decoded]]) -> _Decoded:
    pieces = [waiting.popleft().result() for _ in range(min(BATCH // PIECE, len(waiting)))]
    return [decoded for piece in pieces for decoded in piece]
