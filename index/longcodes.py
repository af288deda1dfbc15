"""`long.u8`: the long codes, mapped; each 64 KiB has a checksum that is checked when it is first touched."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import SnapshelfError
from index.hamming import Codes

BLOCK = 64 * 1024


class BrokenGeneration(SnapshelfError):
    """A generation whose files are missing or are not what was written."""


def checksums(data: bytes | memoryview) -> npt.NDArray[np.uint32]:
    """CRC-32 of each 64 KiB."""
    view = memoryview(data)
    return np.array([zlib.crc32(view[at : at + BLOCK]) for at in range(0, len(view), BLOCK)], dtype="<u4")


class LongCodes:
    """Long codes of a generation. Thread-safe: two threads may check a block twice, never skip it."""

    def __init__(self, path: Path, rows: int, width: int, expected: npt.NDArray[np.uint32]) -> None:
        """Raises BrokenGeneration where the file has another size."""
        try:
            # as a plain array: the subclass of mapped ones costs at each slice
            flat = np.asarray(np.memmap(path, dtype=np.uint8, mode="r")) if rows else np.empty(0, np.uint8)
        except (OSError, ValueError):
            raise BrokenGeneration(f"{path.parent.name}: {path.name} cannot be opened.") from None
        if len(flat) != rows * width or len(expected) != -(-len(flat) // BLOCK):
            raise BrokenGeneration(f"{path.parent.name}: {path.name} has another size than its manifest says.")
        self._flat = flat
        self._name = f"{path.parent.name}: {path.name}"
        self._codes: Codes = flat.reshape(rows, width)
        self._expected = expected
        self._checked = np.zeros(len(expected), np.bool_)

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def checked_share(self) -> float:
        """How much of the file has been checked so far, 0 to 1."""
        return float(self._checked.mean()) if len(self._checked) else 1.0

    def rows(self, numbers: npt.NDArray[np.intp]) -> Codes:
        """A copy of these rows. Raises BrokenGeneration where a block they touch is damaged."""
        width = self._codes.shape[1]
        for touched in (numbers * width // BLOCK, (numbers * width + width - 1) // BLOCK):
            if not self._checked[touched].all():
                self._check(np.unique(touched))
        return self._codes.take(numbers, axis=0)

    def span(self, start: int, stop: int) -> Codes:
        """Rows from start up to stop, without a copy. Raises BrokenGeneration."""
        width = self._codes.shape[1]
        if stop > start and not self._checked.all():
            self._check(np.arange(start * width // BLOCK, (stop * width - 1) // BLOCK + 1))
        return self._codes[start:stop]

    def sweep(self, blocks: int = 64) -> bool:
        """Check some blocks that no search has touched yet; True once all are checked. Raises BrokenGeneration."""
        self._check(np.flatnonzero(~self._checked)[:blocks])
        return bool(self._checked.all())

    def _check(self, blocks: npt.NDArray[np.intp]) -> None:
        for block in blocks[~self._checked[blocks]]:
            at = int(block) * BLOCK
            if zlib.crc32(self._flat[at : at + BLOCK].data) != self._expected[block]:
                raise BrokenGeneration(f"{self._name} is damaged {at} bytes from its start.")
            self._checked[block] = True
