"""Pictures that are new or changed: loaded and decoded by threads while the model works on those before them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.cpus import usable_cpus
from core.errors import SnapshelfError
from core.picturestore import PictureWriter
from index import pictures
from index.descriptors import DescriptorCache
from index.model.contract import Embeds
from index.references import Loads, References

BATCH = 32
AHEAD = 4 * BATCH
"""Pictures decoded ahead of the model: enough that it never waits, little enough that memory stays level."""


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
    """Load, keep and describe the pictures of (reference, stamp); durable batch by batch.

    A picture whose bytes are known already (from another reference or an interrupted run) is not embedded again.
    """
    result = Embedded()
    done = 0
    with PictureWriter(store) as writer:
        for batch in _batches(references, loads, embedder.input_size):
            entries, fresh = [], {}
            for (reference, stamp), prepared in batch:
                if isinstance(prepared, SnapshelfError):
                    result.failures[reference] = str(prepared)
                    continue
                digest = writer.put(prepared.jpeg)
                result.digests[reference] = digest
                entries.append((reference, stamp, digest))
                if digest not in cache:
                    fresh[digest] = prepared.pixels
            if fresh:
                cache.put(list(fresh), embedder.embed(np.stack(list(fresh.values()))))
                result.embedded += len(fresh)
            writer.flush()
            seen.put(entries)
            done += len(batch)
            progress(done)
    return result


_Prepared = pictures.Prepared | SnapshelfError
_Batch = list[tuple[tuple[str, str], _Prepared]]


def _batches(references: Sequence[tuple[str, str]], loads: Loads, side: int) -> Iterator[_Batch]:
    def prepare(reference: str) -> _Prepared:
        try:
            return pictures.prepare(loads.read(reference), side)
        except SnapshelfError as error:
            return error

    waiting: deque[tuple[tuple[str, str], Future[_Prepared]]] = deque()
    source = iter(references)
    # More threads than processors: some wait for the disk or the network.
    with ThreadPoolExecutor(2 * usable_cpus(), thread_name_prefix="decode") as pool:
        try:
            for entry in source:
                waiting.append((entry, pool.submit(prepare, entry[0])))
                if len(waiting) >= AHEAD + BATCH:
                    yield _take(waiting)
            while waiting:
                yield _take(waiting)
        finally:
            pool.shutdown(cancel_futures=True)


def _take(waiting: deque[tuple[tuple[str, str], Future[_Prepared]]]) -> _Batch:
    taken = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
    return [(entry, future.result()) for entry, future in taken]
