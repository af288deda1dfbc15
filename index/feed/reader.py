"""A feed of any kind, told by its content and not by its name, as one stream of rows."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from core.errors import SnapshelfError
from core.fetch import FetchRules, fetch_into
from index.feed.lines import encoding_of, text_pieces
from index.feed.markup import read_markup
from index.feed.row import FeedError, Row, Skipped, build_row
from index.feed.tables import Record, read_table

FEED_BYTES_MAX = 2 << 30
FEED_TIMEOUT_S = 900


class Feed(Iterator[Row | Skipped]):
    """The rows in the order of the file. `notes` are about the feed as a whole; complete once it was read."""

    def __init__(self, path: Path, *, currency: str = "USD") -> None:
        self.path = path
        self.notes: list[str] = []
        self._currency = currency
        self._rows = self._read()

    @property
    def folder(self) -> Path:
        """Where local pictures of this feed lie."""
        return self.path.parent.resolve()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row | Skipped:
        return next(self._rows)

    def _read(self) -> Iterator[Row | Skipped]:
        encoding, note = encoding_of(self.path)
        if note is not None:
            self.notes.append(note)
        for record in self._records(encoding):
            if isinstance(record, Skipped):
                yield record
            else:
                line, fields = record
                yield build_row(fields, line, currency=self._currency)

    def _records(self, encoding: str) -> Iterator[Record | Skipped]:
        start = next(text_pieces(self.path, encoding), "")
        read = read_markup if start.lstrip("\ufeff \t\r\n").startswith("<") else read_table
        return read(self.path, encoding)


def is_url(source: str | Path) -> bool:
    """Whether the feed lies elsewhere: `https://...` or `http://...`."""
    return isinstance(source, str) and source.lower().startswith(("https://", "http://"))


def read_feed(source: str | Path, *, currency: str = "USD") -> Feed:
    """Read a feed from a file (for a URL see `download_feed`); `currency` is for prices that name none.

    Raises FeedError, here or while reading: no such file, a required column missing, damaged, no feed at all.
    """
    if is_url(source):
        raise FeedError("A feed from the web is fetched first: see download_feed.")
    path = Path(source)
    if not path.is_file():
        raise FeedError(f"There is no feed at {path}: please name a TSV, CSV or XML file.")
    return Feed(path, currency=currency)


async def download_feed(url: str, folder: Path, *, hosts: tuple[str, ...] = ()) -> Path:
    """Fetch a feed (https, or http from one of `hosts`) into the folder; gives the path of the whole file.

    The name depends on the URL alone, so that a second download takes the place of the first. Raises FeedError.
    """
    name = f"feed-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    path, aside = folder / name, folder / f"{name}.part"
    rules = FetchRules(hosts=hosts, max_bytes=FEED_BYTES_MAX, timeout_s=FEED_TIMEOUT_S)
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        with aside.open("wb") as file:
            await fetch_into(None, url, rules, file.write)
    except SnapshelfError as error:
        aside.unlink(missing_ok=True)
        raise FeedError(f"The feed can't be fetched: {error}.") from None
    os.replace(aside, path)
    return path
