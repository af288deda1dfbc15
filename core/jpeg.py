"""A JPEG as a row of segments (ITU-T T.81, annex B): what its header says, and its bytes without metadata.

Nothing is decoded here; the compressed picture is copied as it is.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core import exif

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: C0 baseline, C1 extended, C2 progressive; the others are lossless or arithmetic."""
DISPLAYABLE = frozenset({0xC0, 0xC1, 0xC2})
"""The frames that every browser and messenger shows."""

SCANS_MAX = 100
"""A progressive picture has some ten. Each is a pass over all its pixels and may be as short as 75 bytes."""
SEGMENTS_MAX = 5_000
"""A profile takes up to 255, a panorama's notes some hundred."""

# In compressed data FF is followed by 00 (a stuffed FF), a restart (D0 to D7) or another FF (fill).
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
_ICC = b"ICC_PROFILE\0"


class NoJpeg(ValueError):
    """The bytes are no row of JPEG segments."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker with what belongs to it: bytes `start` to `end` of the file, for SOS its compressed data too."""

    marker: int
    start: int
    body: int
    """Where its payload begins, behind marker and length."""
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What the segments before the picture say."""

    frame: int
    """Its start-of-frame marker."""
    precision: int
    width: int
    height: int
    components: int
    orientation: int
    adobe: bool
    profile_bytes: int


def segments(data: bytes) -> Iterator[Segment]:
    """The segments in order, EOI included where there is one. Raises NoJpeg at one that makes no sense."""
    if not data.startswith(b"\xff\xd8"):
        raise NoJpeg("no JPEG")
    at, size = 2, len(data)
    while at + 1 < size:
        start = at = data.find(b"\xff", at)  # bytes between segments belong to none; decoders pass over them too
        if at < 0:
            return
        while at < size and data[at] == 0xFF:
            at += 1
        if at >= size:
            return
        marker, body = data[at], at + 1
        if marker == EOI:
            yield Segment(marker, start, body, body)
            return
        if marker in _BARE:
            at = body
            continue
        if body + 2 > size:
            return
        length = int.from_bytes(data[body : body + 2], "big")
        if length < 2:
            raise NoJpeg("a segment without length")
        at = min(body + length, size)
        if marker == SOS:
            found = _NEXT_MARKER.search(data, at)
            at = found.start() if found is not None else size
        yield Segment(marker, start, body + 2, at)


def is_endless(data: bytes) -> bool:
    """Whether it has more scans or segments than any camera writes, so that decoding it might take hours."""
    scans = 0
    try:
        for number, segment in enumerate(segments(data)):
            scans += segment.marker == SOS
            if scans > SCANS_MAX or number > SEGMENTS_MAX:
                return True
    except NoJpeg:
        pass  # decoders end there too
    return False


def header(data: bytes) -> Header:
    """What the file says of itself. Raises NoJpeg when there is no frame."""
    orientation, adobe, profile = 1, False, 0
    for segment in segments(data):
        if segment.marker == APP1 and data.startswith(exif.PREFIX, segment.body) and orientation == 1:
            orientation = exif.orientation(data[segment.body : segment.end])
        elif segment.marker == APP2 and data.startswith(_ICC, segment.body):
            profile += segment.end - segment.body
        elif segment.marker == APP14:
            adobe = adobe or data.startswith(b"Adobe", segment.body)
        elif segment.marker in FRAMES:
            frame = data[segment.body : segment.body + 6]
            if len(frame) < 6:
                break
            precision, height, width, components = struct.unpack(">BHHB", frame)
            return Header(segment.marker, precision, width, height, components, orientation, adobe, profile)
    raise NoJpeg("no frame")


def without_metadata(data: bytes, *, keep_orientation: bool = True, keep_profile: bool = True) -> bytes:
    """The same picture without EXIF, XMP, IPTC, comments, previews and whatever stands behind its end.

    Kept: JFIF, Adobe's note on colours, the ICC profile, and an orientation other than upright in 36 bytes of EXIF.
    Raises NoJpeg.
    """
    out = [b"\xff\xd8"]
    turned = 1
    insert_at = 1
    for segment in segments(data):
        if segment.marker == APP1 and turned == 1 and data.startswith(exif.PREFIX, segment.body):
            turned = exif.orientation(data[segment.body : segment.end])
        if _is_kept(data, segment, keep_profile):
            out.append(data[segment.start : segment.end])
            if segment.marker == APP0:
                insert_at = len(out)
    if keep_orientation and turned != 1:
        block = exif.PREFIX + exif.minimal(turned)
        out.insert(insert_at, struct.pack(">BBH", 0xFF, APP1, len(block) + 2) + block)
    return b"".join(out)


def _is_kept(data: bytes, segment: Segment, keep_profile: bool) -> bool:
    if segment.marker == APP0:
        return data.startswith(b"JFIF\0", segment.body)
    if segment.marker == APP2:
        return keep_profile and data.startswith(_ICC, segment.body)
    if segment.marker == APP14:
        return data.startswith(b"Adobe", segment.body)
    return segment.marker != COM and not APP0 <= segment.marker <= APP15
