"""HEIC and AVIF: EXIF and XMP items blanked in place (ISO/IEC 14496-12: boxes, `iinf`, `iloc`; 23008-12: `Exif`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core import exif

_DROPPED = frozenset({b"uuid", b"udta", b"mpvd", b"free", b"skip"})
"""Whole boxes that draw nothing: makers' own data, a moving photo's film, and what was free before."""
_HOLDS_OTHERS = frozenset({b"moov", b"trak", b"mdia"})
_EXTENTS_MAX = 10_000
"""In one file; a phone's panorama has some hundred. A list that repeats without end must not be followed for hours."""

Extents = list[tuple[int, int]]
"""Stretches of the file that make up one item: start and end."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


def blank_boxes(data: bytes) -> bytes:
    """The file, of the same length, without EXIF (but its orientation), XMP and boxes that draw nothing."""
    out = bytearray(data)
    _blank(out, 0, len(out), depth=0)
    return bytes(out)


def _boxes(data: bytes | bytearray, at: int, end: int) -> Iterator[_Box]:
    while at + 8 <= end:
        size, kind, body = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        stop = end if size == 0 else min(at + size, end)
        if stop < body:
            return
        yield _Box(kind, at, body, stop)
        at = stop


def _blank(out: bytearray, at: int, end: int, *, depth: int) -> None:
    for box in _boxes(out, at, end):
        if box.kind == b"meta" and depth == 0:
            _blank_items(out, box)
        elif box.kind in _DROPPED:
            out[box.start + 4 : box.start + 8] = b"free"
            out[box.body : box.end] = bytes(box.end - box.body)
        elif box.kind in _HOLDS_OTHERS and depth < 4:
            _blank(out, box.body, box.end, depth=depth + 1)


def _blank_items(out: bytearray, meta: _Box) -> None:
    inside = {box.kind: box for box in _boxes(out, meta.body + 4, meta.end)}
    if b"iinf" not in inside or b"iloc" not in inside:
        return
    kinds = _item_kinds(out, inside[b"iinf"])
    held = inside.get(b"idat")
    left = len(out)  # items do not overlap, so that all of them fit into the file
    for item, extents in _locations(out, inside[b"iloc"], held.body if held is not None else None):
        kind = kinds.get(item)
        if kind not in (b"Exif", b"mime", b"uri "):
            continue
        size = sum(end - start for start, end in extents)
        left -= size
        if left < 0:
            return
        _write(out, extents, _upright_or_turned(_read(out, extents), size) if kind == b"Exif" else b" " * size)


def _upright_or_turned(item: bytes, size: int) -> bytes:
    """An Exif item of the same size that tells the orientation alone: offset of the TIFF in 4 bytes, then the TIFF."""
    told = exif.orientation(item[4 + int.from_bytes(item[:4], "big") :])
    return (bytes(4) + exif.minimal(told)).ljust(size, b"\0")[:size]


def _item_kinds(data: bytearray, box: _Box) -> dict[int, bytes]:
    wide = data[box.body] > 0
    kinds: dict[int, bytes] = {}
    for entry in _boxes(data, box.body + (8 if wide else 6), box.end):
        version = data[entry.body]
        if entry.kind == b"infe" and version >= 2:
            at, width = entry.body + 4, 2 if version == 2 else 4
            item = int.from_bytes(data[at : at + width], "big")
            kinds[item] = bytes(data[at + width + 2 : at + width + 6])
    return kinds


class _Reader:
    def __init__(self, data: bytearray, at: int) -> None:
        self._data, self.at = data, at

    def number(self, size: int) -> int:
        self.at += size
        return int.from_bytes(self._data[self.at - size : self.at], "big")


def _locations(data: bytearray, box: _Box, idat: int | None) -> Iterator[tuple[int, Extents]]:
    """Each item of `iloc` with where it lies; one that lies within another item is passed over."""
    version = data[box.body]
    read = _Reader(data, box.body + 4)
    sizes, bases = read.number(1), read.number(1)
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, bases >> 4
    index_size = bases & 15 if version > 0 else 0
    wide = 4 if version == 2 else 2
    left = _EXTENTS_MAX
    for _ in range(read.number(wide)):
        item = read.number(wide)
        method = read.number(2) & 15 if version > 0 else 0
        read.at += 2
        base = read.number(base_size)
        count = read.number(2)
        left -= count + 1
        if left < 0:
            return
        extents: Extents = []
        for _ in range(count):
            read.at += index_size
            offset, length = read.number(offset_size), read.number(length_size)
            start = base + offset + (idat or 0 if method == 1 else 0)
            extents.append((start, min(start + length, len(data))))
        if read.at > box.end:
            return
        if method == 0 or (method == 1 and idat is not None):
            yield item, [extent for extent in extents if 8 <= extent[0] < extent[1]]


def _read(data: bytearray, extents: Extents) -> bytes:
    return b"".join(bytes(data[start:end]) for start, end in extents)


def _write(out: bytearray, extents: Extents, item: bytes) -> None:
    at = 0
    for start, end in extents:
        out[start:end] = item[at : at + end - start]
        at += end - start
