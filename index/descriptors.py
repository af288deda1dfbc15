"""Descriptors kept by picture and model, so that a picture is embedded once: also what an interrupted reindex resumes.

One append-only file a family: `DATA_DIR/cache/‹16 hex of the fingerprint›.f16`. A record: SHA-256 of the picture (32
bytes), CRC-32 of the rest, the descriptor as float16. A tail that a crash tore off is cut away when it is opened.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from index.model.contract import Descriptors

TAIL = 1024
"""Records at the end whose checksums are looked at: what an unfinished write may have left."""


class DescriptorCache:
    """For one process at a time (reindex holds a lock)."""

    def __init__(self, folder: Path, fingerprint: str, dimensions: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{fingerprint[:16]}.f16"
        self._kind = np.dtype([("digest", "V32"), ("crc", "<u4"), ("values", "<f2", (dimensions,))])
        self._file = self._path.open("ab")
        self._cut_torn_tail()
        records = self._records()
        self._places: dict[bytes, int] = {digest: at for at, digest in enumerate(_digests(records))}
        self._count = len(records)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, digest: str) -> bool:
        return bytes.fromhex(digest) in self._places

    def __len__(self) -> int:
        return len(self._places)

    def put(self, digests: Sequence[str], descriptors: Descriptors) -> None:
        """Keep `[N, D]`; durable when this returns."""
        records = np.zeros(len(digests), self._kind)
        for at, digest in enumerate(digests):
            values = descriptors[at].astype("<f2")
            records[at] = (bytes.fromhex(digest), zlib.crc32(values.tobytes()), values)
            self._places[bytes.fromhex(digest)] = self._count + at
        self._file.write(records.tobytes())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._count += len(digests)

    def take(self, digests: Sequence[str]) -> npt.NDArray[np.float16]:
        """Descriptors `[N, D]` of these pictures. Raises KeyError for one that is not kept."""
        places = [self._places[bytes.fromhex(digest)] for digest in digests]
        taken: npt.NDArray[np.float16] = self._records()["values"][places].astype(np.float16, copy=False)
        return taken

    def compact(self, keep: Collection[str]) -> None:
        """Drop what is not in `keep`, once that is more than half of the file."""
        wanted = [digest for digest in keep if digest in self]
        if self._count <= 2 * len(wanted) + TAIL:
            return
        places = sorted(self._places[bytes.fromhex(digest)] for digest in wanted)
        records = self._records()[places]
        aside = self._path.with_suffix(".tmp")
        with aside.open("wb") as file:
            file.write(records.tobytes())
            file.flush()
            os.fsync(file.fileno())
        self._file.close()
        os.replace(aside, self._path)
        self._file = self._path.open("ab")
        self._places = {digest: at for at, digest in enumerate(_digests(records))}
        self._count = len(records)

    def _records(self) -> npt.NDArray[Any]:
        if self._path.stat().st_size == 0:
            return np.empty(0, self._kind)
        return np.memmap(self._path, dtype=self._kind, mode="r")

    def _cut_torn_tail(self) -> None:
        size, width = self._path.stat().st_size, self._kind.itemsize
        whole = size // width
        if size != whole * width:
            os.truncate(self._path, whole * width)
        records = self._records()
        for at in range(max(0, whole - TAIL), whole):
            if zlib.crc32(records[at]["values"].tobytes()) != records[at]["crc"]:
                os.truncate(self._path, at * width)
                return


def _digests(records: npt.NDArray[Any]) -> list[bytes]:
    return [bytes(digest) for digest in records["digest"].tolist()] if len(records) else []
