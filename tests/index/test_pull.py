"""A generation taken from another machine: whole, verified, or not at all."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from core.picturestore import path_of
from core.settings import Settings
from index.generation import CATALOGUE, LONG, SHORT
from index.lock import Busy, reindex_lock
from index.manifest import NAME as MANIFEST
from index.pull import Pulled, PullFailed, pull
from index.serving import build_app
from index.store import GenerationStore
from tests.index.shop import Shop

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Source:
    """The other machine: what it serves, and what it is made to get wrong."""

    def __init__(self, shop: Shop) -> None:
        self.asked: list[str] = []
        self.spoilt: dict[str, Callable[[bytes], bytes | None]] = {}
        """By the end of a path: what becomes of the bytes; None closes the connection."""
        self.app = build_app(shop.settings.index_dir, shop.settings.pictures_dir)
        self.app.middlewares.append(self._middleware)
        self.url = ""

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(request.path)
        response = await handler(request)
        for end, spoil in self.spoilt.items():
            if request.path.endswith(end) and isinstance(response, web.FileResponse):
                data = spoil(response._path.read_bytes())
                if data is None:
                    assert request.transport is not None
                    request.transport.close()
                    raise web.HTTPServiceUnavailable
                return web.Response(body=data)
        return response

    def fetched(self, part: str) -> list[str]:
        return [path for path in self.asked if part in path]


@asynccontextmanager
async def serving(shop: Shop) -> AsyncIterator[Source]:
    source = Source(shop)
    async with TestServer(source.app, host="127.0.0.1") as server:
        source.url = str(server.make_url("/"))
        yield source


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with an index, made once and copied for each test."""
    made = Shop.of(tmp_path_factory.mktemp("indexed"), 6)
    made.reindex()
    return made.folder


@pytest.fixture
def shop(tmp_path: Path, indexed: Path) -> Iterator[Shop]:
    shutil.copytree(indexed, tmp_path / "a", symlinks=True)
    made = Shop.of(tmp_path / "a", 6)
    yield made
    made.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "b", generations_kept=2, _env_file=None)


async def take(source: Source, settings: Settings, known: str = "") -> Pulled:
    return await asyncio.to_thread(pull, source.url, settings, known=known)


async def test_a_pull_brings_a_generation_with_its_pictures_and_lets_it_answer(shop: Shop, elsewhere: Settings) -> None:
    async with serving(shop) as source:
        pulled = await take(source, elsewhere)
    name = shop.store.current_name()
    store = GenerationStore(elsewhere.index_dir)
    assert store.current_name() == name == pulled.generation
    assert pulled == Pulled(str(name), True, len(store.manifest(str(name)).files), 6)
    with store.lease() as here, shop.store.lease() as there:
        here.verify()
        probe = shop.embedder.embed(np.zeros((1, shop.embedder.input_size, shop.embedder.input_size, 3), np.uint8))
        assert here.search(probe, want=6) == there.search(probe, want=6)
        digests = [picture.digest for picture in there.catalogue.every_picture()]
    store.close()
    assert all(path_of(elsewhere.pictures_dir, digest).is_file() for digest in digests)
    assert [path.name for path in elsewhere.index_dir.glob(".pull-*")] == []


async def test_what_is_here_already_is_not_fetched_again(shop: Shop, elsewhere: Settings) -> None:
    async with serving(shop) as source:
        first = await take(source, elsewhere)
        assert await take(source, elsewhere) == Pulled(first.generation, False, 0, 0)
        source.asked.clear()
        assert await take(source, elsewhere, known=first.generation) == Pulled(first.generation, False)
        assert source.asked == ["/current"]
        shop.add("p006", 6)
        shop.reindex()
        source.asked.clear()
        second = await take(source, elsewhere, known=first.generation)
        assert (second.changed, second.pictures) == (True, 1)
        assert len(source.fetched("/pictures/")) == 1
    store = GenerationStore(elsewhere.index_dir)
    assert store.names() == [first.generation, second.generation]
    assert store.current_name() == second.generation


async def test_a_rollback_over_there_is_followed_without_fetching(shop: Shop, elsewhere: Settings) -> None:
    async with serving(shop) as source:
        first = await take(source, elsewhere)
        shop.add("p006", 6)
        shop.reindex()
        await take(source, elsewhere)
        shop.store.rollback()
        assert await take(source, elsewhere) == Pulled(first.generation, True, 0, 0)
    assert GenerationStore(elsewhere.index_dir).current_name() == first.generation


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("what", [SHORT, LONG, CATALOGUE, MANIFEST, ".jpg"])
@pytest.mark.parametrize("how", [flipped, lambda data: data[: len(data) // 2], lambda data: None])
async def test_what_is_damaged_on_the_way_is_not_published_and_the_next_pull_goes_on(
    shop: Shop, elsewhere: Settings, what: str, how: Callable[[bytes], bytes | None]
) -> None:
    async with serving(shop) as source:
        source.spoilt[what] = how
        with pytest.raises(PullFailed):
            await take(source, elsewhere)
        store = GenerationStore(elsewhere.index_dir)
        assert store.names() == []
        assert store.current_name() is None
        kept = {path.name for folder in elsewhere.index_dir.glob(".pull-*") for path in folder.iterdir()}
        source.spoilt.clear()
        source.asked.clear()
        await take(source, elsewhere)
        again = {path.rpartition("/")[2] for path in source.fetched("/generations/")} - {MANIFEST}
        assert not again & {name for name in kept if not name.endswith(".part")}
    with store.lease() as generation:
        generation.verify()
    store.close()


async def test_a_manifest_that_names_files_elsewhere_is_refused(shop: Shop, elsewhere: Settings) -> None:
    """Its checksum proves no more than that it came whole."""
    name = str(shop.store.current_name())
    manifest = shop.store.manifest(name)
    evil = dataclasses.replace(manifest, files={"../../escaped": "0" * 64})
    async with serving(shop) as source:
        source.spoilt[MANIFEST] = lambda _: evil.to_json()
        with pytest.raises(PullFailed, match="something else"):
            await take(source, elsewhere)
    assert not (elsewhere.data_dir / "escaped").exists()


@pytest.mark.parametrize(
    "path",
    [
        "generations/{name}/..%2f..%2fpictures",
        "generations/..%2f{name}/manifest.json",
        "generations/current/manifest.json",
        "generations/{name}/.hidden",
        "generations/{name}/",
        "pictures/..%2f..%2ffeed.tsv.jpg",
        "pictures/.jpg",
        ".lock",
        "index/.lock",
        "",
    ],
)
async def test_nothing_but_files_of_generations_and_pictures_is_served(shop: Shop, path: str) -> None:
    name = str(shop.store.current_name())
    (shop.settings.index_dir / name / ".hidden").write_text("no")
    async with serving(shop) as source, aiohttp.ClientSession() as session:
        url = URL(source.url + path.format(name=name), encoded=True)
        async with session.get(url) as response:
            assert response.status == 404


async def test_a_pull_waits_for_no_reindex_and_no_other_machine(shop: Shop, elsewhere: Settings) -> None:
    async with serving(shop) as source:
        with reindex_lock(elsewhere.index_dir, "somebody"), pytest.raises(Busy, match="somebody"):
            await take(source, elsewhere)
    with pytest.raises(PullFailed, match="it goes on where it stopped"):
        await take(source, elsewhere)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("shop.example:8090", "is written http://host:port"),
        ("ftp://shop.example", "is written http://host:port"),
        ("http://", "is written http://host:port"),
        ("http://user:secret@shop.example", "user name or password"),
    ],
)
def test_an_address_that_is_none_is_told_in_one_sentence(elsewhere: Settings, url: str, says: str) -> None:
    with pytest.raises(PullFailed, match=says) as caught:
        pull(url, elsewhere)
    assert "secret" not in str(caught.value)


def test_a_pull_is_told_as_json() -> None:
    assert json.loads(json.dumps(Pulled("g", True, 3, 4).public())) == {
        "generation": "g",
        "changed": True,
        "files": 3,
        "pictures": 4,
    }
