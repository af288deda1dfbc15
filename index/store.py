"""All generations of a folder: which one answers, who still reads it, which one stands in when it is broken."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import structlog

from core.errors import SnapshelfError, Unavailable
from index.catalogue import is_damage
from index.generation import CATALOGUE, Generation
from index.longcodes import BrokenGeneration
from index.manifest import Manifest

CURRENT = "current"
_log = structlog.get_logger("index")


class NoGeneration(Unavailable):
    """There is nothing to search in."""


def _log_alarm(sentence: str) -> None:
    _log.error("generation_broken", problem=sentence)


class GenerationStore:
    """`DATA_DIR/index`. Thread-safe; any number of processes may read while one publishes."""

    def __init__(self, folder: Path, *, alarm: Callable[[str], None] = _log_alarm) -> None:
        self.folder = folder
        self._alarm = alarm
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._target: str | None = None
        """What `current` named when `_open` was opened: the two differ after a fall back."""
        self._readers: dict[str, int] = {}
        self._retired: dict[str, Generation] = {}
        self._broken: set[str] = set()
        self._closed = False

    # --- reading ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lease(self) -> Iterator[Generation]:
        """The generation that answers now; it stays open until the block ends, whatever is published meanwhile.

        Raises NoGeneration where there is none, BrokenGeneration where none of them can be opened.
        """
        generation = self._enter()
        try:
            yield generation
        except BrokenGeneration:
            self._found_broken(generation)
            raise
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._found_broken(generation)
            raise BrokenGeneration(f"{generation.name}: {CATALOGUE} is damaged.") from None
        finally:
            self._leave(generation)

    def current(self) -> Generation:
        """The generation that answers now, for a look at it; searches go through `lease`. Raises as `lease`."""
        with self._lock:
            return self._refresh()

    def names(self) -> list[str]:
        """All whole generations, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if p.is_dir() and not p.is_symlink() and p.name[0] != ".")

    def current_name(self) -> str | None:
        """What `current` names; None where nothing was published yet."""
        try:
            return os.readlink(self.folder / CURRENT)
        except OSError:
            return None

    def manifest(self, name: str) -> Manifest:
        """What a generation says about itself. Raises BrokenGeneration."""
        return Manifest.read(self.folder / name)

    def close(self) -> None:
        """Close what is open for good; no search may run any more."""
        with self._lock:
            for generation in [*self._retired.values(), *([self._open] if self._open else [])]:
                generation.close()
            self._retired.clear()
            self._open = self._target = None
            self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _enter(self) -> Generation:
        with self._lock:
            generation = self._refresh()
            self._readers[generation.name] = self._readers.get(generation.name, 0) + 1
            return generation

    def _leave(self, generation: Generation) -> None:
        with self._lock:
            self._readers[generation.name] -= 1
            if self._readers[generation.name] == 0:
                del self._readers[generation.name]
                retired = self._retired.pop(generation.name, None)
                if retired is not None:
                    retired.close()

    def _refresh(self) -> Generation:
        if self._closed:
            raise NoGeneration("This process is leaving.")
        target = self.current_name()
        if self._open is not None and target == self._target:
            return self._open
        if target is None:
            raise NoGeneration("There is no index yet: run `snapshelf reindex FEED`.")
        opened = self._open_best(target)
        self._retire()
        self._open, self._target = opened, target
        return opened

    def _open_best(self, target: str) -> Generation:
        """The one that `current` names, else the one before it, and so on."""
        earlier = [name for name in self.names() if name < target]
        for name in [target, *reversed(earlier)]:
            if name in self._broken:
                continue
            try:
                return self._retired.pop(name, None) or Generation(self.folder / name)
            except BrokenGeneration as error:
                self._broken.add(name)
                self._alarm(f"{error} The generation before it answers; run `snapshelf reindex` to make a new one.")
        raise BrokenGeneration("No generation of the index can be opened: run `snapshelf reindex FEED`.")

    def _retire(self) -> None:
        if self._open is None:
            return
        if self._readers.get(self._open.name):
            self._retired[self._open.name] = self._open
        else:
            self._open.close()

    def _found_broken(self, generation: Generation) -> None:
        """A search met damage: the next lease takes the generation before."""
        with self._lock:
            if generation.name in self._broken:
                return
            self._broken.add(generation.name)
            if self._open is generation:
                self._retire()
                self._open = self._target = None
        self._alarm(f"Generation {generation.name} is damaged and was left; run `snapshelf reindex` to make a new one.")

    # --- publishing ---------------------------------------------------------------------------------------

    def point(self, name: str) -> None:
        """Let `current` name this generation, by one rename."""
        aside = self.folder / f".current-{secrets.token_hex(4)}"
        os.symlink(name, aside)
        os.replace(aside, self.folder / CURRENT)
        sync_folder(self.folder)

    def rollback(self, to: str | None = None) -> str:
        """Let the generation before (or the one named) answer again; gives its name. Raises SnapshelfError."""
        current = self.current_name()
        earlier = [name for name in self.names() if current is not None and name < current]
        target = to or (earlier[-1] if earlier else None)
        if target is None:
            raise SnapshelfError("There is no earlier generation to go back to.")
        if target not in self.names():
            raise SnapshelfError(f"There is no generation {target}: see `snapshelf generations`.")
        Generation(self.folder / target).close()
        self.point(target)
        return target

    def prune(self, keep: int) -> list[str]:
        """Delete all but the newest `keep` generations and the one that answers; gives the names deleted."""
        names = self.names()
        gone = [name for name in names[:-keep] if name != self.current_name()]
        for name in gone:
            aside = self.folder / f".gone-{name}"
            os.replace(self.folder / name, aside)
            shutil.rmtree(aside)
        return gone


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
