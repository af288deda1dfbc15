"""Pictures that a decoder would read for minutes: lists of tiny parts without end, each of which costs it something.

Bytes, pixels and memory are bounded elsewhere. Here only the container is walked, and no further than its limit.
"""

from __future__ import annotations

from core import jpeg

PNG_CHUNKS_MAX = 1_000
"""Other than those of the picture itself; a PNG with long texts has some ten."""
PNG_PIECES_MAX = 100_000
"""Of the picture: encoders write 8 KiB or more into each."""
GIF_BLOCKS_MAX = 20_000
"""Before the first picture, 255 bytes each: the longest notes have some thousand."""

_PNG_PIECES = frozenset({b"IDAT", b"fdAT", b"fcTL"})


def is_endless(name: str, data: bytes) -> bool:
    """Whether a picture of this format (as `sniff` names it) holds more parts than any encoder writes."""
    match name:
        case "JPEG":
            return jpeg.is_endless(data)
        case "PNG":
            return _is_endless_png(data)
        case "GIF":
            return _is_endless_gif(data)
        case _:
            return False


def _is_endless_png(data: bytes) -> bool:
    """A second profile is one too many as well: decoders unpack each, and a mebibyte of zeros packs into a kibibyte."""
    at, pieces, others, profiles = 8, 0, 0, 0
    while at + 8 <= len(data):
        kind = data[at + 4 : at + 8]
        if kind in _PNG_PIECES:
            pieces += 1
        else:
            others += 1
            profiles += kind == b"iCCP"
        if pieces > PNG_PIECES_MAX or others > PNG_CHUNKS_MAX or profiles > 1:
            return True
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return False


def _is_endless_gif(data: bytes) -> bool:
    """Up to the first picture (or the end sign): extensions in blocks, and bytes that decoders pass over."""
    table = data[10] if len(data) > 10 else 0
    at = 13 + (3 << (table & 7) + 1 if table & 0x80 else 0)
    blocks = 0
    while at < len(data) and data[at] not in b",;" and blocks <= GIF_BLOCKS_MAX:
        is_extension = data[at] == 0x21
        at += 2 if is_extension else 1
        while is_extension and at < len(data) and data[at] and blocks <= GIF_BLOCKS_MAX:
            at += 1 + data[at]
            blocks += 1
        at += is_extension
        blocks += 1
    return blocks > GIF_BLOCKS_MAX
