"""A TIFF's tags blanked in place: those that say how to draw it stay, all others become zeros (TIFF 6.0, section 2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SUB_PICTURES = 330
_DIRECTORIES = frozenset({34665, 34853, 40965})
"""EXIF, GPS and interoperability: directories of their own, blanked whole."""
_DRAWING = (*range(254, 260), 262, *range(263, 267), 273, 274, *range(277, 285), *range(286, 294), 296, 297, 301)
_COLOURS = (*range(317, 326), 330, 332, 334, 338, 339, 340, 341, 342, 347, *range(512, 522), *range(529, 533))
_KEPT = frozenset((*_DRAWING, *_COLOURS, 34675, 50674))
"""34675 is the ICC profile, 50674 belongs to LERC compression."""
_DIRECTORIES_MAX = 64
_ENTRIES_MAX = 10_000
"""In one file; a camera writes some hundred. Directories that overlap must not be read for minutes."""


@dataclass(slots=True)
class _Tiff:
    """The file while it is blanked, and how much of that is left to do at most: a sound file needs no more."""

    out: bytearray
    order: str
    bytes_left: int
    entries_left: int = _ENTRIES_MAX

    def numbers(self, shape: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(f"{self.order}{shape}", self.out, at)

    def entries(self, at: int) -> range:
        """Where the entries of the directory at `at` begin."""
        (count,) = self.numbers("H", at)
        found = range(at + 2, min(at + 2 + 12 * count, len(self.out) - 11), 12)[: self.entries_left]
        self.entries_left -= len(found)
        return found

    def zero(self, at: int, size: int) -> None:
        end = min(at + size, len(self.out), at + self.bytes_left)
        if 8 <= at < end:
            self.out[at:end] = bytes(end - at)
            self.bytes_left -= end - at


def blank_tiff(data: bytes) -> bytes:
    """The file, of the same length, without texts, EXIF, GPS, XMP, IPTC and makers' notes. Raises struct.error."""
    tiff = _Tiff(bytearray(data), "<" if data.startswith(b"II") else ">", bytes_left=len(data))
    waiting = list(tiff.numbers("I", 4))
    seen: set[int] = set()
    while waiting and len(seen) < _DIRECTORIES_MAX:
        at = waiting.pop()
        if at in seen or not 8 <= at <= len(data) - 2:
            continue
        seen.add(at)
        waiting.extend(_blank_directory(tiff, at))
    return bytes(tiff.out)


def _blank_directory(tiff: _Tiff, at: int) -> list[int]:
    """Blank what is not kept; gives the directories to go on with."""
    onward: list[int] = []
    (count,) = tiff.numbers("H", at)
    for entry in tiff.entries(at):
        tag, kind, values, offset = tiff.numbers("HHII", entry)
        size = _SIZES.get(kind, 1) * values
        if tag == _SUB_PICTURES:
            onward.extend(_pointers(tiff, entry + 8 if size <= 4 else offset, min(values, _DIRECTORIES_MAX)))
        elif tag in _DIRECTORIES:
            _blank_whole(tiff, offset, depth=0)
        elif tag not in _KEPT:
            tiff.zero(entry + 8 if size <= 4 else offset, 4 if size <= 4 else size)
    end = at + 2 + 12 * count
    if end + 4 <= len(tiff.out):
        onward.extend(tiff.numbers("I", end))
    return onward


def _blank_whole(tiff: _Tiff, at: int, *, depth: int) -> None:
    if not 8 <= at <= len(tiff.out) - 2 or depth > 2:
        return
    for entry in tiff.entries(at):
        tag, kind, values, offset = tiff.numbers("HHII", entry)
        size = _SIZES.get(kind, 1) * values
        tiff.zero(entry, 12)  # first, so that a directory that points at itself ends
        if tag in _DIRECTORIES:
            _blank_whole(tiff, offset, depth=depth + 1)
        elif size > 4:
            tiff.zero(offset, size)
    tiff.zero(at, 2)


def _pointers(tiff: _Tiff, at: int, count: int) -> list[int]:
    count = min(count, max(0, (len(tiff.out) - at) // 4))
    return list(tiff.numbers(f"{count}I", at)) if count else []
