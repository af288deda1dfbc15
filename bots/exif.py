"""A shopper's photo without what it tells of the shopper: where, when and with whose camera it was taken.

The picture itself is not decoded: its compressed bytes stay as they are. Only which way up it is, and how its colours
are meant, is kept. What can't be read as its format is given back unchanged; the worker refuses it later.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from bots.exif_boxes import blank_boxes
from bots.exif_tiff import blank_tiff
from core import exif, jpeg

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    [b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"acTL", b"fcTL", b"fdAT"]
)
_WEBP_KEPT = frozenset([b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"])
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
"""Flags of the VP8X chunk (WebP container specification, "Extended File Format")."""


def strip_metadata(data: bytes) -> bytes:
    """The same picture without EXIF (but its orientation), XMP, IPTC, comments and whatever trails it. Never raises.

    JPEG, PNG and WebP lose the bytes; in HEIC, AVIF and TIFF, which are full of offsets, they are blanked in place.
    """
    try:
        return _strip(data)
    except (jpeg.NoJpeg, struct.error, IndexError):
        return data


def _strip(data: bytes) -> bytes:
    if data.startswith(b"\xff\xd8"):
        return data if jpeg.is_endless(data) else jpeg.without_metadata(data)
    if data.startswith(_PNG):
        return _strip_png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _strip_webp(data)
    if data.startswith((b"II*\0", b"MM\0*")):
        return blank_tiff(data)
    return blank_boxes(data) if data[4:8] == b"ftyp" else data


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    """Type, start, payload and end of each chunk; the last may be cut short."""
    at = len(_PNG)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        end = min(at + 12 + length, len(data))
        yield kind, at, at + 8, end
        if kind == b"IEND":
            return
        at = end


def _strip_png(data: bytes) -> bytes:
    out = [_PNG]
    turned, insert_at = 1, 0
    for kind, start, payload, end in _png_chunks(data):
        if kind == b"eXIf":
            turned = exif.orientation(data[payload : end - 4])
        elif kind[:1].isupper() or kind in _PNG_KEPT:
            if kind in (b"PLTE", b"IDAT") and not insert_at:
                insert_at = len(out)
            out.append(data[start:end])
    if turned != 1 and insert_at:
        body = b"eXIf" + exif.minimal(turned)
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        out.insert(insert_at, chunk)
    return b"".join(out)


def _strip_webp(data: bytes) -> bytes:
    size = min(int.from_bytes(data[4:8], "little") + 8, len(data))
    out: list[bytes] = []
    turned, at, extended = 1, 12, False
    while at + 8 <= size:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + (length & 1)
        if kind == b"EXIF" and turned == 1:
            turned = exif.orientation(data[at + 8 : at + 8 + length])
        elif kind == b"VP8X" and length >= 10:
            extended = True
            out.append(data[at : at + 8] + bytes([data[at + 8] & ~(_WEBP_EXIF | _WEBP_XMP)]) + data[at + 9 : end])
        elif kind in _WEBP_KEPT:
            out.append(data[at:end])
        at = end
    if turned != 1 and extended:
        block = exif.minimal(turned)
        out[0] = out[0][:8] + bytes([out[0][8] | _WEBP_EXIF]) + out[0][9:]
        out.append(b"EXIF" + struct.pack("<I", len(block)) + block)
    body = b"".join(out)
    # A file cut short keeps the length that it promised, so that the worker sees it is not whole.
    promised = len(body) + 4 if at <= len(data) else int.from_bytes(data[4:8], "little")
    return b"RIFF" + struct.pack("<I", promised) + b"WEBP" + body
