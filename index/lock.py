"""One reindex at a time on a data folder: a lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import SnapshelfError


class Busy(SnapshelfError):
    """Another reindex is running; the text says whose and since when."""


@contextlib.contextmanager
def reindex_lock(folder: Path, owner: str = "") -> Iterator[None]:
    """Hold `‹folder›/.lock`. Raises Busy."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = owner or f"process {os.getpid()}"
    with (folder / ".lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(_sentence(folder / ".lock")) from None
        file.seek(0)
        file.truncate()
        started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"owner": owner, "started": started}))
        file.flush()
        yield


def _sentence(path: Path) -> str:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f"A reindex by {told['owner']} has been running since {told['started']}: wait for its end."
    except (OSError, ValueError, KeyError, TypeError):
        return "A reindex is running already: wait for its end."
