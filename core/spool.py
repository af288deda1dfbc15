"""Where webhooks write while Redis is away: length-prefixed, checksummed, fsynced, replayed in order."""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from core.errors import SnapshelfError
from core.telemetry import get_logger

log = get_logger(__name__)

SPOOL_MAX_BYTES = 256 * 1024 * 1024
_HEADER = struct.Struct(">II")
_INSTANCES = 64


class SpoolFull(SnapshelfError):
    """Neither Redis nor the spool takes more: the provider is told to come again (503)."""


class Spool:
    """One process's spool: `root/‹n›`, the first that no other process holds. What a former process left is ours."""

    def __init__(self, root: Path, max_bytes: int = SPOOL_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._guard = threading.Lock()
        self._folder, self._lock = _first_free(root)
        self._new = self._folder / "spool.log"
        self._old = self._folder / "replay.log"
        _set_torn_tail_aside(self._new)

    def append(self, data: bytes) -> None:
        """On disk when this returns. Raises SpoolFull at the cap or when the disk refuses."""
        record = _HEADER.pack(len(data), zlib.crc32(data)) + data
        with self._guard:
            if self.bytes_used() + len(record) > self._max_bytes:
                raise SpoolFull("The spool is full.")
            created = not self._new.exists()
            try:
                with self._new.open("ab") as file:
                    start = file.tell()
                    _write_all(file.fileno(), record, start)
                if created:
                    _sync_folder(self._folder)
            except OSError as error:
                raise SpoolFull(f"The spool cannot be written: {error.strerror}.") from None

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._new.exists() and not self._old.exists()

    def bytes_used(self) -> int:
        """Bytes that wait."""
        return sum(path.stat().st_size for path in (self._new, self._old) if path.exists())

    async def replay(self, deliver: Callable[[bytes], Awaitable[None]]) -> int:
        """Deliver what waits, in order; how many. What `deliver` raises stops it, and nothing is forgotten.

        A record may be delivered again after a crash: delivery is idempotent.
        """
        count = 0
        while not self.is_empty():
            with self._guard:
                if not self._old.exists():
                    self._new.rename(self._old)
                    _sync_folder(self._folder)
            read = 0
            for record in _records(self._old):
                await deliver(record)
                count += 1
                read += _HEADER.size + len(record)
            harmed = self._old.stat().st_size - read
            if harmed:  # damaged by the disk: what follows is kept for a person
                kept = _damaged(self._folder)
                self._old.rename(kept)
                log.error("the spool is damaged, the rest of it is not delivered", bytes=harmed, kept=str(kept))
            else:
                self._old.unlink()
            _sync_folder(self._folder)
        return count

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._lock)


def _write_all(descriptor: int, record: bytes, start: int) -> None:
    """Write and fsync; a half-written record is cut off again, so that the next one can be read."""
    try:
        written = 0
        while written < len(record):
            written += os.write(descriptor, record[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, start)
        raise


def _records(path: Path) -> Iterator[bytes]:
    """Whole records; a torn or damaged one ends the file."""
    data = path.read_bytes()
    at = 0
    while at + _HEADER.size <= len(data):
        size, checksum = _HEADER.unpack_from(data, at)
        record = data[at + _HEADER.size : at + _HEADER.size + size]
        if len(record) < size or zlib.crc32(record) != checksum:
            return
        yield record
        at += _HEADER.size + size


def _set_torn_tail_aside(path: Path) -> None:
    """Cut off what a power cut or the disk left behind the last whole record, or nobody could read what is appended.

    It may hold whole records behind a damaged one, so a copy is kept. Raises SpoolFull when the disk takes none.
    """
    if not path.exists():
        return
    data, whole = path.read_bytes(), sum(_HEADER.size + len(record) for record in _records(path))
    if whole == len(data):
        return
    kept = _damaged(path.parent)
    try:
        with kept.open("wb") as file:
            _write_all(file.fileno(), data[whole:], 0)
        _sync_folder(path.parent)
    except OSError as error:
        raise SpoolFull(f"The damaged end of {path} cannot be copied, make room: {error.strerror}.") from None
    os.truncate(path, whole)
    log.warning("the end of the spool is torn or damaged, it is set aside", bytes=len(data) - whole, kept=str(kept))


def _damaged(folder: Path) -> Path:
    """A name for what a person may look at; it is never delivered."""
    return folder / f"damaged-{time.time_ns()}.log"


def _first_free(root: Path) -> tuple[Path, int]:
    for number in range(_INSTANCES):
        folder = root / str(number)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        return folder, descriptor
    raise SpoolFull(f"More than {_INSTANCES} processes share the spool in {root}.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
