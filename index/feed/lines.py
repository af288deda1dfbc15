"""A feed's bytes as text: unpacked, decoded, cut into lines, never more than a few MiB in memory."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from index.feed.row import FeedError

CHUNK = 1 << 16
UNPACKED_MAX = 64 << 30
"""Bytes; a feed of 50 million products has some 20 GB. Two gigabytes of gzip may hold two terabytes of nothing."""
LINE_MAX = 4 << 20
"""Characters of one line; a longer one is passed over."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_TEXT_ENCODINGS = re.compile(
    r"utf-?(8|16|32)(-?[lb]e)?|us-ascii|iso-?8859-?\d+|latin-?\d|windows-125\d|cp125\d|koi8-[ru]|shift_?jis|euc-(jp|kr)"
    r"|gb2312|gbk|gb18030|big5",
    re.I,
)


def open_bytes(path: Path) -> IO[bytes]:
    """The feed's bytes, unpacked when it is gzip. Raises FeedError when it can't be read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")
    except OSError as error:
        raise FeedError(f"The feed {path.name} can't be opened: {error.strerror}.") from None


def chunks(path: Path) -> Iterator[bytes]:
    """The bytes in pieces. Raises FeedError for a packed feed that is cut short, damaged or a bomb."""
    told = 0
    with open_bytes(path) as file:
        while True:
            try:
                piece = file.read(CHUNK)
            except (EOFError, OSError, zlib.error):
                raise FeedError(f"The feed {path.name} ends early or is damaged: please fetch it again.") from None
            if not piece:
                return
            told += len(piece)
            if told > UNPACKED_MAX:
                raise FeedError(f"The feed {path.name} unpacks to more than {UNPACKED_MAX >> 30} GiB: please split it.")
            yield piece


def encoding_of(path: Path) -> tuple[str, str | None]:
    """How the feed's text is encoded, and a note when that had to be guessed. Reads the file once if it has no mark."""
    start = next(chunks(path), b"")
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name, None
    if len(start) > 3 and (start[1:4:2] == b"\0\0" or start[0:3:2] == b"\0\0"):
        return ("utf-16-le" if start[1] == 0 else "utf-16-be"), None
    declared = _DECLARED.match(start)
    if declared is not None:
        name = declared[1].decode("ascii").lower()
        if _TEXT_ENCODINGS.fullmatch(name) and not name.startswith(("utf-16", "utf16")) and _decodes(path, name):
            return name, None
    if _decodes(path, "utf-8"):
        return "utf-8", None
    return "cp1252", "the feed is not UTF-8: it was read as Windows-1252 (Latin-1)"


def _decodes(path: Path, name: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(name)()
        for piece in chunks(path):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def text_pieces(path: Path, encoding: str) -> Iterator[str]:
    """The feed's text in pieces; what can't be decoded becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for piece in chunks(path):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def lines(path: Path, encoding: str) -> Iterator[tuple[int, str | None]]:
    """Each line with its number from 1, without its end (`\\n`, `\\r\\n` or `\\r`); None for one over LINE_MAX."""
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    number, rest, too_long = 1, "", False
    for piece in text_pieces(path, encoding):
        first, *others = ends.decode(piece).split("\n")
        if not too_long:
            rest += first
            if len(rest) > LINE_MAX:
                rest, too_long = "", True
        for other in others:
            yield number, (None if too_long else rest)
            number, rest, too_long = number + 1, other, False
    rest += ends.decode("", final=True)
    if rest or too_long:
        yield number, (None if too_long else rest)
