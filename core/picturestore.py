"""Where the pictures of products lie: `‹root›/‹2 hex›/‹64 hex›.jpg`, named by the SHA-256 of their bytes.

A picture is at its name whole or not at all: it is written aside, fsynced, then renamed. `PictureWriter` waits with the
fsyncs until `flush()`, once a batch, because one fsync costs more than decoding a small picture.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

MANY = 32
"""Files from which on a flush syncs the whole file system at once."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"/pictures/([0-9a-f]{64})\.jpg")


def digest_of(data: bytes) -> str:
    """The name of a picture: 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    """Whether this is 64 lower-case hex digits, hence safe in a path."""
    return _DIGEST.fullmatch(text) is not None


def path_of(root: Path, digest: str) -> Path:
    """Where the picture of this digest lies. Raises ValueError for anything but 64 lower-case hex digits."""
    if not is_digest(digest):
        raise ValueError("a picture's digest is 64 hex digits")
    return root / digest[:2] / f"{digest}.jpg"


def url_of(digest: str) -> str:
    """The path under which the web server gives this picture. Raises ValueError for no digest."""
    if not is_digest(digest):
        raise ValueError("a picture's digest is 64 hex digits")
    return f"/pictures/{digest}.jpg"


def digest_of_url(url: str) -> str | None:
    """The digest in the path of a picture's URL (with or without scheme and host before it); None for other URLs."""
    found = _URL.search(url)
    return found.group(1) if found is not None and found.end() == len(url) else None


class PictureWriter:
    """Writes pictures under their digests, many with one `flush()`; not for several threads at once.

    A picture that is there already is not written again; its time of change is renewed, so that a clean-up of old
    pictures running beside us leaves it alone. Until `flush()` returns, none of the new ones can be relied on.
    """

    def __init__(self, root: Path) -> None:
        # Paths as text: pathlib would take as long as writing a small picture.
        self._root = str(root)
        self._mark = secrets.token_hex(8)
        self._waiting: dict[str, str] = {}
        self._folders: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self.discard()

    def put(self, jpeg: bytes, digest: str | None = None) -> str:
        """Take a JPEG, and its digest where that is known; gives the digest. OSError when the disk is full."""
        digest = digest_of(jpeg) if digest is None else digest
        folder = f"{self._root}/{digest[:2]}"
        path = f"{folder}/{digest}.jpg"
        if path in self._waiting:
            return digest
        try:
            os.utime(path)
        except FileNotFoundError:
            self._waiting[path] = self._write(folder, digest, jpeg)
        return digest

    def flush(self) -> None:
        """Make what was put durable: fsync all, then rename all, then fsync the folders."""
        many = len(self._waiting) >= MANY
        if not (many and _sync_filesystem(self._root)):
            for aside in self._waiting.values():
                _fsync(aside)
        for path, aside in self._waiting.items():
            os.replace(aside, path)
        self._waiting.clear()
        if not (many and _sync_filesystem(self._root)):
            for folder in self._folders:
                _fsync(folder)
        self._folders.clear()

    def discard(self) -> None:
        """Forget what was put since the last flush."""
        for aside in self._waiting.values():
            with suppress(FileNotFoundError):
                os.unlink(aside)
        self._waiting.clear()

    def _write(self, folder: str, digest: str, jpeg: bytes) -> str:
        """The picture beside the name that it will have."""
        aside = f"{folder}/.{digest[:16]}-{self._mark}.tmp"
        try:
            _write(aside, jpeg)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            self._folders.add(self._root)
            _write(aside, jpeg)
        self._folders.add(folder)
        return aside


def store(root: Path, jpeg: bytes) -> str:
    """Keep one picture durably; gives its digest. For many use PictureWriter."""
    return store_many(root, [jpeg])[0]


def store_many(root: Path, jpegs: Iterable[bytes]) -> list[str]:
    """Keep pictures durably with one round of fsyncs; gives their digests in order."""
    with PictureWriter(root) as writer:
        return [writer.put(jpeg) for jpeg in jpegs]


def _write(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def _sync_filesystem(folder: str) -> bool:
    """One `syncfs` (Linux) for all files of a batch: it costs a tenth of an fsync each. False where there is none."""
    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError):
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return int(syncfs(handle)) == 0  # else fsync names the file and the error
    finally:
        os.close(handle)


def _fsync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
