"""The one thing that we read from EXIF and ever write: which way up a picture is.

An EXIF block is a small TIFF: byte order, then a directory of 12-byte entries (EXIF 2.32, 4.6.2).
"""

from __future__ import annotations

import struct

PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112
_ONE_VALUE = {1: "B", 3: "H", 4: "I"}
"""TIFF types that an orientation is found in: BYTE and LONG are wrong there, and met all the same."""


def orientation(block: bytes) -> int:
    """The Orientation (1 to 8) of an EXIF block, with or without its `Exif` prefix; 1 for none or nonsense."""
    while block.startswith(PREFIX):
        block = block[len(PREFIX) :]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 10:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, values = struct.unpack_from(f"{order}HHI", block, entry)
            if tag == ORIENTATION:
                return _value(block, order, entry, kind, values)
    except struct.error:
        pass  # the directory points beyond the block: then no orientation was told
    return 1


def _value(block: bytes, order: str, entry: int, kind: int, values: int) -> int:
    code = _ONE_VALUE.get(kind)
    if code is None or values != 1:
        return 1
    (value,) = struct.unpack_from(f"{order}{code}", block, entry + 8)
    return int(value) if 1 <= value <= 8 else 1


def minimal(value: int) -> bytes:
    """A TIFF block (26 bytes, no `Exif` prefix) that says nothing but this Orientation."""
    return struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, ORIENTATION, 3, 1, value, 0, 0)
