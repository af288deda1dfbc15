"""What a file is, told from its first bytes: before a decoder sees it, and never from its name."""

from __future__ import annotations

import re

from core.errors import Reason, Refused

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_KNOWN_BUT_CLOSED = (
    b"%PDF",
    b"%!PS",
    b"\xc5\xd0\xd3\xc6",  # EPS with a preview
    b"8BPS",
    b"\0\0\0\x0cjP  ",  # JPEG 2000
    b"\xff\x4f\xff\x51",  # its code stream
    b"\xff\x0a",  # JPEG XL
    b"\0\0\0\x0cJXL ",
    b"\0\0\1\0",  # ICO
    b"\0\0\2\0",  # CUR
    b"icns",
    b"gimp xcf",
    b"DDS ",
    b"qoif",
    b"v/1\x01",  # OpenEXR
    b"#?RADIANCE",
    b"FUJIFILMCCD-RAW",
    b"IIRO",  # Olympus
    b"IIU\0",  # Panasonic
    b"\xd7\xcd\xc6\x9a",  # WMF
    b"AT&TFORM",  # DjVu
    b"\x59\xa6\x6a\x95",  # Sun raster
)
_NETPBM = re.compile(rb"P[1-7][\s#]")
_SVG = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(?:\w+:)?svg\b", re.S | re.I)


def sniff(data: bytes) -> str:
    """The name under which Pillow knows the format. Raises Refused: unsupported_format or not_a_picture."""
    name = _sniff(data)
    if name is not None:
        return name
    raise Refused(Reason.UNSUPPORTED_FORMAT if _is_closed_picture(data) else Reason.NOT_A_PICTURE)


def _sniff(data: bytes) -> str | None:  # noqa: PLR0911 - a table in the form of code
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return _box_format(data) if data[4:8] == b"ftyp" else None


def _box_format(data: bytes) -> str | None:
    size = int.from_bytes(data[:4], "big")
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, min(size, 256), 4))]
    if _AVIF_BRANDS.intersection(brands):
        return "AVIF"
    return "HEIF" if _HEIC_BRANDS.intersection(brands) else None


def _is_closed_picture(data: bytes) -> bool:
    if data.startswith(_KNOWN_BUT_CLOSED) or _NETPBM.match(data):
        return True
    if data[4:12] == b"ftypcrx ":  # Canon CR3
        return True
    return _SVG.match(data[:4096]) is not None


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in a WebP's header, or None; Pillow's decoder takes its memory before it tells them."""
    chunk = data[12:16]
    if chunk == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L" and len(data) >= 25 and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if chunk == b"VP8 " and len(data) >= 30 and data[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None
