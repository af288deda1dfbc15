"""Phase 1: the short codes in a FAISS binary index, passed over exactly (`flat`) or walked as a graph (`hnsw`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from index import scan
from index.faiss_ import faiss
from index.hamming import Codes
from index.selection import Selection

Kind = Literal["flat", "hnsw"]
LINKS = 32
BUILD_BREADTH = 100
SCAN_BELOW = 0.1
"""Under HNSW, a mask that leaves a smaller share is scanned: the graph would mostly walk rows that may not answer."""


class ShortCodes:
    """Short codes that can be asked for the nearest rows."""

    def __init__(self, codes: Codes, index: Any = None) -> None:
        """`index`: the FAISS index in whose memory the codes lie, if any."""
        self.codes: Codes = codes
        self._index = index  # also keeps that memory
        self.kind: Kind = "hnsw" if isinstance(index, faiss.IndexBinaryHNSW) else "flat"

    @classmethod
    def build(cls, codes: Codes, kind: Kind) -> ShortCodes:
        """Index these codes; a graph is the same each time, as it is built by one thread."""
        if kind == "flat":
            return cls(np.ascontiguousarray(codes))
        graph = faiss.IndexBinaryHNSW(8 * codes.shape[1], LINKS)
        graph.hnsw.efConstruction = BUILD_BREADTH
        graph.add(codes)
        return cls(_stored(graph), graph)

    @classmethod
    def load(cls, path: Path) -> ShortCodes:
        """Read a file of `save`. Raises ValueError where it cannot be read."""
        try:
            index = faiss.read_index_binary(str(path))
        except RuntimeError:
            raise ValueError(f"{path.name} cannot be read.") from None
        return cls(_stored(index), index)

    def save(self, path: Path) -> None:
        """Write a FAISS binary index to a file."""
        index = self._index
        if index is None:
            index = faiss.IndexBinaryFlat(8 * self.codes.shape[1])
            index.add(self.codes)
        faiss.write_index_binary(index, str(path))

    def __len__(self) -> int:
        return len(self.codes)

    def shortlist(
        self, query: Codes, size: int, allowed: Selection | None = None
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
        """The `size` rows nearest to one code `[bytes]` and every further one at their last distance, at most twice
        `size`: rows and distances, nearest first. Fewer only where fewer are allowed. Exact where `flat` is.
        """
        if self.kind == "hnsw":
            mask = None if allowed is None else allowed.whole()
            rows, distances = whole_last_distance(*self.nearest(query, 2 * size, mask), size)
            if len(rows) >= size:
                return rows, distances
            # parts of a graph may be out of reach
        return scan.shortlist(query, self.codes, size, allowed)

    def nearest(
        self, query: Codes, count: int, mask: npt.NDArray[np.bool_] | None = None, *, breadth: int = 0
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
        """Up to `count` rows nearest to one code `[bytes]`: rows and their distances, nearest first.

        `mask` bool `[rows]` says which rows may answer. Exact, except for a graph with a mask that leaves a tenth
        or more, where `breadth` (at least `count`) sets how much of the graph is walked.
        """
        allowed = len(self) if mask is None else int(np.count_nonzero(mask))
        count = min(count, allowed)
        if count == 0:
            return np.empty(0, np.intp), np.empty(0, np.int32)
        if self.kind == "flat" or (mask is not None and allowed < SCAN_BELOW * len(self)):
            rows, distances = scan.shortlist(query, self.codes, count, None if mask is None else Selection.of(mask))
            return rows[:count], distances[:count]
        parameters = faiss.SearchParametersHNSW()
        parameters.efSearch = max(count, breadth)
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            selector = faiss.IDSelectorBitmap(bits)  # FAISS keeps bare pointers to both
            parameters.sel = selector
        distances, rows = self._index.search(query.reshape(1, -1), count, params=parameters)
        found = rows[0] >= 0
        return rows[0][found].astype(np.intp), distances[0][found].astype(np.int32)


def whole_last_distance(
    rows: npt.NDArray[np.intp], distances: npt.NDArray[np.int32], size: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """Of rows by rising distance the first `size` and every further one of those given at the last distance.

    Rows at the same distance have the same right to be looked at.
    """
    if len(rows) <= size:
        return rows, distances
    keep = int(np.searchsorted(distances, distances[size - 1], side="right"))
    return rows[:keep], distances[:keep]


def _stored(index: Any) -> Codes:
    """A view on FAISS's own memory, alive as long as the index is."""
    width = index.d // 8
    if not index.ntotal:
        return np.empty((0, width), np.uint8)
    storage = faiss.downcast_IndexBinary(index.storage) if isinstance(index, faiss.IndexBinaryHNSW) else index
    codes: Codes = faiss.rev_swig_ptr(storage.xb.data(), index.ntotal * width).reshape(index.ntotal, width)
    return codes
