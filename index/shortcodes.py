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

    def __init__(self, index: Any) -> None:
        self._index = index
        self.kind: Kind = "hnsw" if isinstance(index, faiss.IndexBinaryHNSW) else "flat"
        storage = faiss.downcast_IndexBinary(index.storage) if self.kind == "hnsw" else index
        storage.use_heap = False  # counting distances beats a heap for long shortlists
        width = index.d // 8
        # A view on FAISS's own memory, alive as long as the index is.
        self.codes: Codes = (
            faiss.rev_swig_ptr(storage.xb.data(), index.ntotal * width).reshape(index.ntotal, width)
            if index.ntotal
            else np.empty((0, width), np.uint8)
        )

    @classmethod
    def build(cls, codes: Codes, kind: Kind) -> ShortCodes:
        """Index these codes; a graph is the same each time, as it is built by one thread."""
        if kind == "flat":
            index = faiss.IndexBinaryFlat(8 * codes.shape[1])
        else:
            index = faiss.IndexBinaryHNSW(8 * codes.shape[1], LINKS)
            index.hnsw.efConstruction = BUILD_BREADTH
        index.add(codes)
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> ShortCodes:
        """Read a file of `save`. Raises ValueError where FAISS cannot read it."""
        try:
            index = faiss.read_index_binary(str(path))
        except RuntimeError:
            raise ValueError(f"{path.name} cannot be read.") from None
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index_binary(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

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
        if mask is not None and self.kind == "hnsw" and allowed < SCAN_BELOW * len(self):
            return self._scan(query, count, mask)
        parameters, _keep = self._parameters(mask, max(count, breadth))
        distances, rows = self._index.search(query.reshape(1, -1), count, params=parameters)
        found = rows[0] >= 0
        return rows[0][found].astype(np.intp), distances[0][found].astype(np.int32)

    def _parameters(self, mask: npt.NDArray[np.bool_] | None, breadth: int) -> tuple[Any, Any]:
        if self.kind == "hnsw":
            parameters = faiss.SearchParametersHNSW()
            parameters.efSearch = breadth
        elif mask is None:
            return None, None
        else:
            parameters = faiss.SearchParameters()
        if mask is None:
            return parameters, None
        bits = np.packbits(mask, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)
        parameters.sel = selector
        return parameters, (bits, selector)  # FAISS keeps bare pointers to both

    def _scan(
        self, query: Codes, count: int, mask: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
        rows = np.flatnonzero(mask)
        distances = scan.distances(query, self.codes.take(rows, axis=0))
        order = np.lexsort((rows, distances))[:count]
        return rows[order], distances[order]


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
