"""A feed of any kind, told by its content and not by its name, as one stream of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from index.feed.lines import encoding_of
from index.feed.row import FeedError, Row, Skipped, build_row
from index.feed.tables import Record, read_table

_MARKUP = re.compile(r"\A[\s\ufeff\0]*<")


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
        return self.path.resolve().parent

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
        return read_table(self.path, encoding)


def is_url(source: str | Path) -> bool:
    """Whether the feed lies elsewhere: `https://...` or `http://...`."""
    return isinstance(source, str) and source.lower().startswith(("https://", "http://"))


def read_feed(source: str | Path, *, currency: str = "USD") -> Feed:
    """Read a feed from a file (for a URL see `download_feed`); `currency` is for prices that name none.

    Raises FeedError, here or while reading: no such file, a required column missing, damaged, no feed at all.
    """
    if is_url(source):
        raise FeedError("A feed from the web is downloaded first.")
    path = Path(source)
    if not path.is_file():
        raise FeedError(f"There is no feed at {path}: please name a TSV, CSV or XML file.")
    return Feed(path, currency=currency)


async def download_feed(url: str, folder: Path, *, hosts: tuple[str, ...] = ()) -> Path:
    """Fetch a feed into the folder; gives its path. Raises FeedError. (Follows with core.fetch.)"""
    raise FeedError("A feed from the web can't be read yet.")
