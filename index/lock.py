"""One reindex at a time on a data folder: a lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import SnapshelfError


class Busy(SnapshelfError):
    """Another reindex is running; the text says whose and since when."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who reindexes where since when."""

    owner: str
    started: str
    place: str
    """Machine and lock file: whoever holds that lock knows that no other claim of this place is alive."""
    token: str

    def to_json(self) -> str:
        """As it stands in the lock file and in Redis."""
        return json.dumps(asdict(self))


@contextlib.contextmanager
def reindex_lock(folder: Path, owner: str = "") -> Iterator[Claim]:
    """Hold `‹folder›/.lock`. Raises Busy."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = owner or f"process {os.getpid()}"
    with (folder / ".lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(_sentence_of(folder / ".lock")) from None
        file.seek(0)
        file.truncate()
        started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        about = os.fstat(file.fileno())
        place = f"{socket.gethostname()}:{about.st_dev}:{about.st_ino}"
        claim = Claim(owner, started, place, secrets.token_hex(8))
        file.write(claim.to_json())
        file.flush()
        yield claim


def _sentence_of(path: Path) -> str:
    try:
        return sentence(path.read_text(encoding="utf-8"))
    except OSError:
        return sentence("")


def sentence(claim: str) -> str:
    """What is told to whoever comes second; `claim` as JSON."""
    try:
        told = json.loads(claim)
        return f"A reindex by {told['owner']} has been running since {told['started']}: wait for its end."
    except (ValueError, KeyError, TypeError):
        return "A reindex is running already: wait for its end."
