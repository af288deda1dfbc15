"""A TIFF's tags blanked in place: those that say how to draw it stay, all others become zeros (TIFF 6.0, section 2)."""

from __future__ import annotations

import struct

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SUB_PICTURES = 330
_DIRECTORIES = frozenset({34665, 34853, 40965})
"""EXIF, GPS and interoperability: directories of their own, blanked whole."""
_DRAWING = (*range(254, 260), 262, *range(263, 267), 273, 274, *range(277, 285), *range(286, 294), 296, 297, 301)
_COLOURS = (*range(317, 326), 330, 332, 334, 338, 339, 340, 341, 342, 347, *range(512, 522), *range(529, 533))
_KEPT = frozenset((*_DRAWING, *_COLOURS, 34675, 50674))
"""34675 is the ICC profile, 50674 belongs to LERC compression."""
_DIRECTORIES_MAX = 64


def blank_tiff(data: bytes) -> bytes:
    """The file, of the same length, without texts, EXIF, GPS, XMP, IPTC and makers' notes. Raises struct.error."""
    out = bytearray(data)
    order = "<" if data.startswith(b"II") else ">"
    (first,) = struct.unpack_from(f"{order}I", out, 4)
    waiting: list[int] = [first]
    seen: set[int] = set()
    while waiting and len(seen) < _DIRECTORIES_MAX:
        at = waiting.pop()
        if at in seen or not 8 <= at <= len(out) - 2:
            continue
        seen.add(at)
        waiting.extend(_blank_directory(out, order, at))
    return bytes(out)


def _blank_directory(out: bytearray, order: str, at: int) -> list[int]:
    """Blank what is not kept; gives the directories to go on with."""
    onward: list[int] = []
    (count,) = struct.unpack_from(f"{order}H", out, at)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(out) - 11), 12):
        tag, kind, values, offset = struct.unpack_from(f"{order}HHII", out, entry)
        size = _SIZES.get(kind, 1) * values
        if tag == _SUB_PICTURES:
            onward.extend(_pointers(out, order, entry + 8 if size <= 4 else offset, min(values, _DIRECTORIES_MAX)))
        elif tag in _DIRECTORIES:
            _blank_whole(out, order, offset, depth=0)
        elif tag not in _KEPT:
            _zero(out, entry + 8 if size <= 4 else offset, 4 if size <= 4 else size)
    end = at + 2 + 12 * count
    if end + 4 <= len(out):
        onward.append(struct.unpack_from(f"{order}I", out, end)[0])
    return onward


def _blank_whole(out: bytearray, order: str, at: int, *, depth: int) -> None:
    if not 8 <= at <= len(out) - 2 or depth > 2:
        return
    (count,) = struct.unpack_from(f"{order}H", out, at)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(out) - 11), 12):
        tag, kind, values, offset = struct.unpack_from(f"{order}HHII", out, entry)
        size = _SIZES.get(kind, 1) * values
        _zero(out, entry, 12)  # first, so that a directory that points at itself ends
        if tag in _DIRECTORIES:
            _blank_whole(out, order, offset, depth=depth + 1)
        elif size > 4:
            _zero(out, offset, size)
    _zero(out, at, 2)


def _pointers(out: bytearray, order: str, at: int, count: int) -> list[int]:
    count = min(count, max(0, (len(out) - at) // 4))
    return list(struct.unpack_from(f"{order}{count}I", out, at)) if count else []


def _zero(out: bytearray, at: int, size: int) -> None:
    end = min(at + size, len(out))
    if 8 <= at < end:
        out[at:end] = bytes(end - at)
