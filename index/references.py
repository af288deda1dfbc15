"""Which stored picture a feed's reference stands for, and whether it may have changed since.

A local file is known by its time of change and size. A URL stands for the same picture until `--only` or `--fetch`
asks again: shops give a new picture a new address, and asking for 50,000 takes longer than a reindex should.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class Loads(Protocol):
    """Where the bytes of a feed's pictures come from. Thread-safe."""

    def signature(self, reference: str) -> str | None:
        """What changes when the picture does; None where only reading it tells (the web)."""

    def read(self, reference: str) -> bytes:
        """The picture's bytes. Raises SnapshelfError (Refused, Unavailable ...) with a sentence for the list."""


class References:
    """`DATA_DIR/cache/references.sqlite`: (reference, stamp) → digest of the stored picture."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "references.sqlite", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS seen (reference TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def every(self) -> dict[str, tuple[str, str]]:
        """Stamp and digest by reference."""
        with closing(self._database.execute("SELECT reference, stamp, digest FROM seen")) as cursor:
            return {reference: (stamp, digest) for reference, stamp, digest in cursor}

    def put(self, entries: Iterable[tuple[str, str, str]]) -> None:
        """Keep (reference, stamp, digest)."""
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", entries)
        self._database.execute("COMMIT")


def absolute(reference: str, folder: Path) -> str:
    """A reference that means the same in another feed: a URL as it is, a path with its feed's folder."""
    return reference if "://" in reference else str(folder.absolute() / reference)
