"""From a feed's reference to a picture's bytes: a file inside the feed's folder, or the web as `core.fetch` allows."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp

from core.errors import SnapshelfError
from core.fetch import FetchFailed, FetchRefused, FetchRules, fetch, guarded_session
from index.feed import is_url
from index.pictures import SHOPPER_LIMITS

FETCH_TIMEOUT_S = 30
RETRY_AFTER_MAX_S = 30
_NOT_THERE = "its picture is not there"
_OUTSIDE = "its picture is outside the feed's folder"
_Key = TypeVar("_Key")


class NoPicture(SnapshelfError):
    """A reference that gives no picture; the text is the reason for `skipped.tsv`, without path or URL."""


class PictureSource:
    """Reads references of one feed. `read` and `signature` may be called from any thread.

    What the web gives comes through one event loop in a thread of its own, started when the first URL is met.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        hosts: tuple[str, ...] = (),
        in_flight: int = 8,
        attempts: int = 3,
        retry_ms: int = 500,
        max_bytes: int = SHOPPER_LIMITS.max_bytes,
    ) -> None:
        """`folder`: where local references begin, None for a feed from the web, which has none."""
        self._folder = None if folder is None else folder.resolve()
        self._in_flight = in_flight
        self._attempts = attempts
        self._retry_ms = retry_ms
        self._max_bytes = max_bytes
        self._rules = FetchRules(hosts=hosts, max_bytes=max_bytes, timeout_s=FETCH_TIMEOUT_S)
        self._web: _Web | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections to the web; fetches in flight fail."""
        with self._lock:
            web, self._web = self._web, None
        if web is not None:
            web.close()

    def signature(self, reference: str) -> str | None:
        """What changes when a local file changes (`size-mtime`); None for the web and for what can't be read."""
        if is_url(reference):
            return None
        try:
            # Following every step of 50,000 paths takes seconds; a plain path inside the folder needs none of it here,
            # and `read` looks closely before it opens anything.
            plain = self._folder is not None and not reference.startswith("/") and ".." not in reference
            told = os.stat(f"{self._folder}/{reference}") if plain else self._local(reference).stat()
        except (NoPicture, OSError, ValueError):
            return self._followed(reference)
        return f"{told.st_size}-{told.st_mtime_ns}"

    def _followed(self, reference: str) -> str | None:
        try:
            told = self._local(reference).stat()
        except (NoPicture, OSError):
            return None
        return f"{told.st_size}-{told.st_mtime_ns}"

    def read(self, reference: str) -> bytes:
        """The bytes of one picture, at most `max_bytes`. Raises NoPicture."""
        if is_url(reference):
            return self._the_web().fetch(reference)
        plain = self._plain(reference)
        return self._read_file(self._local(reference) if plain is None else plain)

    def read_many(self, references: Iterable[tuple[_Key, str]]) -> Iterator[tuple[_Key, bytes | NoPicture]]:
        """Each key with its picture or why there is none, in order; `in_flight` are read side by side."""
        waiting: deque[tuple[_Key, Future[bytes | NoPicture]]] = deque()
        with ThreadPoolExecutor(self._in_flight, thread_name_prefix="pictures") as pool:
            try:
                for key, reference in references:
                    waiting.append((key, pool.submit(self._read_or_not, reference)))
                    if len(waiting) > 2 * self._in_flight:
                        first, future = waiting.popleft()
                        yield first, future.result()
                while waiting:
                    first, future = waiting.popleft()
                    yield first, future.result()
            finally:
                for _, future in waiting:
                    future.cancel()

    def _read_or_not(self, reference: str) -> bytes | NoPicture:
        try:
            return self.read(reference)
        except NoPicture as error:
            return error

    def _plain(self, reference: str) -> str | None:
        """The path of a reference whose every step is seen at once to lie inside; None where `_local` must look.

        Resolving a path costs as much as reading the small picture at its end, and nearly all of them are plain.
        """
        if self._folder is None or reference.startswith("/") or ".." in reference or ":" in reference:
            return None
        path = str(self._folder)
        *folders, name = reference.split("/")
        try:
            for folder in folders:
                path = f"{path}/{folder}"
                if not stat.S_ISDIR(os.lstat(path).st_mode):
                    return None
            path = f"{path}/{name}"
            return path if stat.S_ISREG(os.lstat(path).st_mode) else None
        except (OSError, ValueError):
            return None

    def _local(self, reference: str) -> Path:
        """The file's real path, which lies in the feed's folder. Raises NoPicture."""
        if self._folder is None:
            raise NoPicture("its picture is a path, but the feed comes from the web")
        if "://" in reference or reference.startswith(("data:", "file:")):
            raise NoPicture("its picture is neither a path nor an http or https address")
        try:
            path = (self._folder / reference).resolve(strict=True)
        except FileNotFoundError:
            if "\\" in reference:  # written on Windows
                return self._local(reference.replace("\\", "/"))
            # Whether a file outside is there is nobody's business.
            inside = Path(os.path.normpath(self._folder / reference)).is_relative_to(self._folder)
            raise NoPicture(_NOT_THERE if inside else _OUTSIDE) from None
        except (OSError, ValueError, RuntimeError):
            raise NoPicture("its picture's path can't be followed") from None
        if not path.is_relative_to(self._folder):
            raise NoPicture(_OUTSIDE)
        return path

    def _read_file(self, path: str | Path) -> bytes:
        try:
            # O_NONBLOCK: a pipe in the folder must not hold up a reindex for ever.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                told = os.fstat(handle)
                if not stat.S_ISREG(told.st_mode):
                    raise NoPicture("its picture is not a file")
                if told.st_size > self._max_bytes:
                    raise NoPicture(f"its picture is larger than {self._max_bytes >> 20} MiB")
                return os.read(handle, told.st_size)
            finally:
                os.close(handle)
        except IsADirectoryError:
            raise NoPicture("its picture is not a file") from None
        except OSError as error:
            raise NoPicture(f"its picture can't be read: {error.strerror}") from None

    def _the_web(self) -> _Web:
        with self._lock:
            if self._web is None:
                self._web = _Web(self._rules, self._in_flight, self._attempts, self._retry_ms)
            return self._web


class _Web:
    """An event loop in a thread, with one guarded session."""

    def __init__(self, rules: FetchRules, in_flight: int, attempts: int, retry_ms: int) -> None:
        self._rules = rules
        self._in_flight = in_flight
        self._attempts = attempts
        self._retry_ms = retry_ms
        self._session: aiohttp.ClientSession | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="picture-fetches", daemon=True)
        self._thread.start()

    def fetch(self, url: str) -> bytes:
        try:
            return asyncio.run_coroutine_threadsafe(self._fetch(url), self._loop).result()
        except CancelledError:
            raise NoPicture("its picture was not fetched: reading was ended") from None

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _fetch(self, url: str) -> bytes:
        if self._session is None:
            self._session = guarded_session(self._rules.hosts, limit_per_host=self._in_flight)
        for attempt in range(1, self._attempts + 1):
            try:
                return await fetch(self._session, url, self._rules)
            except FetchRefused as error:
                raise NoPicture(f"its picture is not fetched: {error}") from None
            except FetchFailed as error:
                if not error.transient or attempt == self._attempts:
                    tries = f" ({attempt} tries)" if attempt > 1 else ""
                    raise NoPicture(f"its picture can't be fetched: {error}{tries}") from None
                pause_s = error.retry_after_s or self._retry_ms * 4 ** (attempt - 1) / 1000
                await asyncio.sleep(min(pause_s, RETRY_AFTER_MAX_S))
        raise AssertionError("the loop above returns or raises")
