"""Takes the generation that another machine answers from: copied aside, verified, then published in one step.

What is on disk already is not fetched again, whole files of an interrupted pull and pictures of earlier generations
alike. Shoppers are answered from the generation before until the new one is complete.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from core.errors import SnapshelfError
from core.fetch import FetchFailed, FetchRefused, FetchRules, fetch, fetch_into, guarded_session
from core.picturestore import PictureWriter, digest_of, path_of
from core.settings import Settings
from index.catalogue import Catalogue
from index.generation import CATALOGUE, Generation
from index.lock import reindex_lock
from index.longcodes import BrokenGeneration
from index.manifest import NAME as MANIFEST
from index.manifest import Manifest, sha256
from index.serving import FILE, NAME
from index.store import GenerationStore, sync_folder
from index.tidy import tidy

SIDE_BY_SIDE = 16
"""Pictures that are fetched together, and kept with one round of fsyncs."""
PICTURE_BYTES = 4 * 1024 * 1024
FILE_BYTES = 1 << 42
FILE_S = 6 * 3600.0
SMALL_BYTES = 16 * 1024 * 1024
ANSWER_S = 60.0
Progress = Callable[[str, int, int], None]


class PullFailed(SnapshelfError):
    """Nothing was published; the text says why."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought."""

    generation: str
    changed: bool
    """Whether another generation answers than before."""
    files: int = 0
    pictures: int = 0
    """Both: fetched now."""

    def public(self) -> dict[str, Any]:
        return asdict(self)


def pull(
    url: str,
    settings: Settings,
    *,
    owner: str = "",
    known: str = "",
    progress: Progress = lambda stage, done, total: None,
) -> Pulled:
    """Take the generation that `url` (`snapshelf generations serve`) answers from, and let it answer here.

    `known`: the one that the last pull found; while it is the same and answers here too, nothing is looked at.
    Raises PullFailed, and Busy while a reindex or another pull works on this folder.
    """
    source = _Source(url)
    with reindex_lock(settings.index_dir, owner):
        try:
            return asyncio.run(_pull(source, settings, known, progress))
        except (FetchFailed, FetchRefused) as error:
            raise PullFailed(f"{error}. Nothing was changed: run it again, it goes on where it stopped.") from None
        except BrokenGeneration as error:
            raise PullFailed(f"What came is damaged ({error}) and was not published: run it again.") from None


class _Source:
    """The other machine. Its address was written by an operator, so it may be private, and http."""

    def __init__(self, url: str) -> None:
        try:
            self._base = URL(url.rstrip("/") + "/")
            host, port = self._base.host, self._base.port
        except ValueError:
            host = None
        if not host or self._base.scheme not in ("http", "https"):
            raise PullFailed("The address of a pull is written http://host:port.")
        self.hosts = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}",)

    def address(self, *steps: str) -> str:
        return str(self._base.joinpath(*steps))

    def rules(self, most_bytes: int, timeout_s: float) -> FetchRules:
        return FetchRules(self.hosts, most_bytes, timeout_s, max_redirects=0, only_listed=True)


async def _pull(source: _Source, settings: Settings, known: str, progress: Progress) -> Pulled:
    store = GenerationStore(settings.index_dir)
    async with guarded_session(source.hosts, limit_per_host=SIDE_BY_SIDE) as session:
        name = await _current(session, source)
        before = store.current_name()
        if name == known == before:
            return Pulled(name, False)
        if name in store.names():
            if name != before:
                await asyncio.to_thread(_verify, settings.index_dir / name)
            pictures = await _pictures(session, source, settings.index_dir / name, settings.pictures_dir, progress)
            return _published(store, settings, name, before, Pulled(name, name != before, 0, pictures))
        aside = settings.index_dir / f".pull-{name}"
        aside.mkdir(parents=True, exist_ok=True)
        files = await _files(session, source, aside, name, progress)
        pictures = await _pictures(session, source, aside, settings.pictures_dir, progress)
    await asyncio.to_thread(_verify, aside)
    os.replace(aside, settings.index_dir / name)
    sync_folder(settings.index_dir)
    return _published(store, settings, name, before, Pulled(name, name != before, files, pictures))


def _published(store: GenerationStore, settings: Settings, name: str, before: str | None, pulled: Pulled) -> Pulled:
    if name != before:
        store.point(name)
    tidy(store, settings)
    for left in store.folder.glob(".pull-*"):  # of generations that were never pulled to the end
        shutil.rmtree(left)
    return pulled


async def _current(session: aiohttp.ClientSession, source: _Source) -> str:
    name = (await fetch(session, source.address("current"), source.rules(1000, ANSWER_S))).decode("ascii", "replace")
    if not NAME.fullmatch(name):
        raise PullFailed("That is not the address of `snapshelf generations serve`: it names no generation.")
    return name


async def _files(session: aiohttp.ClientSession, source: _Source, aside: Path, name: str, progress: Progress) -> int:
    """Every file of the manifest, each under its checksum; how many were fetched."""
    address = source.address("generations", name, MANIFEST)
    _write(aside / MANIFEST, await fetch(session, address, source.rules(SMALL_BYTES, ANSWER_S)))
    manifest = Manifest.read(aside)
    if manifest.name != name or not all(FILE.fullmatch(file) for file in manifest.files):
        raise PullFailed("The manifest that came is that of something else: nothing was changed.")
    fetched = 0
    for at, (file, digest) in enumerate(manifest.files.items()):
        progress("files", at, len(manifest.files))
        if (aside / file).is_file() and await asyncio.to_thread(sha256, aside / file) == digest:
            continue
        await _file(session, source, aside / file, source.address("generations", name, file), digest)
        fetched += 1
    progress("files", len(manifest.files), len(manifest.files))
    sync_folder(aside)
    return fetched


async def _file(session: aiohttp.ClientSession, source: _Source, path: Path, address: str, digest: str) -> None:
    seen, part = hashlib.sha256(), path.with_name(f"{path.name}.part")
    with part.open("wb") as out:

        def take(piece: bytes) -> None:
            seen.update(piece)
            out.write(piece)

        await fetch_into(session, address, source.rules(FILE_BYTES, FILE_S), take)
        out.flush()
        await asyncio.to_thread(os.fsync, out.fileno())
    if seen.hexdigest() != digest:
        part.unlink()
        raise PullFailed(f"{path.name} did not come as it was written: nothing was published, run it again.")
    os.replace(part, path)


async def _pictures(
    session: aiohttp.ClientSession, source: _Source, generation: Path, root: Path, progress: Progress
) -> int:
    """The pictures of its products that are not here yet; how many were fetched."""
    missing = await asyncio.to_thread(_missing, generation, root)
    total, done, left = len(missing), 0, iter(missing)

    async def one(digest: str) -> bytes:
        address = source.address("pictures", f"{digest}.jpg")
        data = await fetch(session, address, source.rules(PICTURE_BYTES, ANSWER_S))
        if digest_of(data) != digest:
            raise PullFailed("A picture did not come as it was written: nothing was published, run it again.")
        return data

    while batch := list(islice(left, SIDE_BY_SIDE)):
        progress("pictures", done, total)
        with PictureWriter(root) as writer:
            for digest, data in zip(batch, await _together(one, batch), strict=True):
                writer.put(data, digest)
        done += len(batch)
    progress("pictures", done, total)
    return done


async def _together(one: Callable[[str], Any], digests: list[str]) -> list[bytes]:
    """All of them, or the first error once the others have ended."""
    came = await asyncio.gather(*(one(digest) for digest in digests), return_exceptions=True)
    for result in came:
        if isinstance(result, BaseException):
            raise result
    return [result for result in came if isinstance(result, bytes)]


def _missing(generation: Path, root: Path) -> list[str]:
    catalogue = Catalogue(generation / CATALOGUE)
    try:
        return [digest for digest in _digests(catalogue) if not path_of(root, digest).is_file()]
    finally:
        catalogue.close()


def _digests(catalogue: Catalogue) -> Iterator[str]:
    yield from dict.fromkeys(picture.digest for picture in catalogue.every_picture())


def _verify(folder: Path) -> None:
    """Raises BrokenGeneration."""
    with Generation(folder) as generation:
        generation.verify()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
