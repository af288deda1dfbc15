"""A reference gives a picture from the feed's folder or from the web as the rules allow, and nothing else."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from index.feed import FeedError, Row, download_feed, read_feed
from index.picture_source import NoPicture, PictureSource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A feed's folder with one picture, and a secret beside it."""
    feed = tmp_path / "feed"
    (feed / "images").mkdir(parents=True)
    (feed / "images" / "a, b.jpg").write_bytes(b"picture")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (tmp_path / "feed-beside").mkdir()
    (tmp_path / "feed-beside" / "x.jpg").write_bytes(b"secret")
    return feed


@pytest.mark.parametrize(
    "reference", ["images/a, b.jpg", "./images/../images/a, b.jpg", "images\\a, b.jpg", "{folder}/images/a, b.jpg"]
)
def test_a_path_inside_the_feeds_folder_gives_its_bytes(folder: Path, reference: str) -> None:
    with PictureSource(folder) as source:
        assert source.read(reference.format(folder=folder)) == b"picture"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("../secret.txt", "outside the feed's folder"),
        ("images/../../secret.txt", "outside the feed's folder"),
        ("{folder}/../secret.txt", "outside the feed's folder"),
        ("../feed-beside/x.jpg", "outside the feed's folder"),
        ("../no-such-file", "outside the feed's folder"),
        ("/etc/passwd", "outside the feed's folder"),
        ("/etc/no-such-file", "outside the feed's folder"),
        ("..\\secret.txt", "outside the feed's folder"),
        ("link-to-secret", "outside the feed's folder"),
        ("folder-link/secret.txt", "outside the feed's folder"),
        ("images/none.jpg", "is not there"),
        ("images", "is not a file"),
        ("pipe", "is not a file"),
        ("loop", "path can't be followed"),
        ("a\0b", "path can't be followed"),
        ("x" * 5000, "path can't be followed"),
        ("big", "larger than 1 MiB"),
        ("file:///etc/passwd", "neither a path nor an http"),
        ("ftp://shop.example/a.jpg", "neither a path nor an http"),
        ("data:image/png;base64,AA", "neither a path nor an http"),
        ("http://shop.example/a.jpg", "only https is fetched"),
        ("https://127.0.0.1/a.jpg", "not public"),
        ("https://u:p@shop.example/a.jpg", "user name or password"),
    ],
)
def test_what_is_elsewhere_is_not_read_and_the_reason_says_why(folder: Path, reference: str, reason: str) -> None:
    (folder / "link-to-secret").symlink_to("../secret.txt")
    (folder / "folder-link").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    (folder / "big").write_bytes(bytes((1 << 20) + 1))
    os.mkfifo(folder / "pipe")
    with PictureSource(folder, max_bytes=1 << 20) as source:
        with pytest.raises(NoPicture, match=reason) as refused:
            source.read(reference.format(folder=folder))
        assert "passwd" not in str(refused.value)
        assert "secret" not in str(refused.value)


def test_a_link_that_stays_inside_is_followed(folder: Path) -> None:
    (folder / "link").symlink_to("images/a, b.jpg")
    with PictureSource(folder) as source:
        assert source.read("link") == b"picture"


def test_a_feed_from_the_web_has_no_local_pictures() -> None:
    with PictureSource(None) as source, pytest.raises(NoPicture, match="comes from the web"):
        source.read("images/a.jpg")


def test_the_signature_changes_with_the_file_and_tells_nothing_of_others(folder: Path) -> None:
    with PictureSource(folder) as source:
        before = source.signature("images/a, b.jpg")
        assert before is not None
        assert before == source.signature("images/a, b.jpg")
        (folder / "images" / "a, b.jpg").write_bytes(b"another picture")
        assert source.signature("images/a, b.jpg") not in (None, before)
        for reference in ("../secret.txt", "images/none.jpg", "https://shop.example/a.jpg", "a\0b"):
            assert source.signature(reference) is None


# --- the web ----------------------------------------------------------------------------------------------------


class Shop:
    """A shop's picture server in a thread, on loopback, with failures on demand."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._gate = asyncio.Event()
        self.gate_size = 1

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def hosts(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self.port}",)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        application = web.Application()
        application.router.add_get("/{kind}/{name}", self._answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        kind, name = request.match_info["kind"], request.match_info["name"]
        self.asked[request.path] += 1
        if kind == "missing":
            return web.Response(status=404)
        if kind == "down" or (kind == "shaky" and self.asked[request.path] < 3):
            return web.Response(status=503)
        if kind == "together":
            return await self._together(name)
        if kind == "feed":
            return web.Response(text=f"id\ttitle\timage_link\n1\tOne\t{self.url('/fine/1')}\n")
        return web.Response(body=name.encode())

    async def _together(self, name: str) -> web.StreamResponse:
        """Answers only once `gate_size` requests are in flight: proves that they are."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.most_at_once >= self.gate_size:
            self._gate.set()
        await self._gate.wait()
        self.at_once -= 1
        return web.Response(body=name.encode())


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def make(shop: Shop) -> Iterator[Callable[..., PictureSource]]:
    sources: list[PictureSource] = []

    def source(folder: Path | None = None, **more: int) -> PictureSource:
        sources.append(PictureSource(folder, hosts=shop.hosts, retry_ms=1, **more))
        return sources[-1]

    yield source
    for one in sources:
        one.close()


def test_a_listed_host_gives_pictures_over_http(shop: Shop, make: Callable[..., PictureSource]) -> None:
    assert make().read(shop.url("/fine/a")) == b"a"


def test_a_passing_failure_is_tried_three_times_and_a_lasting_one_once(
    shop: Shop, make: Callable[..., PictureSource]
) -> None:
    source = make()
    assert source.read(shop.url("/shaky/a")) == b"a"
    with pytest.raises(NoPicture, match=r"answered 503 \(3 tries\)"):
        source.read(shop.url("/down/a"))
    with pytest.raises(NoPicture, match=r"answered 404$"):
        source.read(shop.url("/missing/a"))
    assert shop.asked == {"/shaky/a": 3, "/down/a": 3, "/missing/a": 1}


def test_many_are_read_side_by_side_and_given_in_order(
    shop: Shop, folder: Path, make: Callable[..., PictureSource]
) -> None:
    shop.gate_size = 4
    references = [(n, shop.url(f"/together/{n}")) for n in range(40)]
    references[7:9] = [(7, "images/a, b.jpg"), (8, "../secret.txt")]
    references[20] = (20, shop.url("/missing/x"))
    found = list(make(folder, in_flight=4).read_many(references))
    assert [key for key, _ in found] == list(range(40))
    assert found[7][1] == b"picture"
    assert isinstance(found[8][1], NoPicture)
    assert isinstance(found[20][1], NoPicture)
    assert found[39][1] == b"39"
    assert shop.most_at_once == 4


def test_no_more_is_read_ahead_than_fits(shop: Shop, make: Callable[..., PictureSource]) -> None:
    asked: list[int] = []

    def references() -> Iterator[tuple[int, str]]:
        for number in range(1000):
            asked.append(number)
            yield number, shop.url(f"/fine/{number}")

    pictures = make(in_flight=2).read_many(references())
    next(pictures)
    assert len(asked) <= 6
    pictures.close()  # type: ignore[attr-defined]


def test_reading_that_is_ended_leaves_no_thread_and_no_waiting_reader(folder: Path) -> None:
    before = threading.active_count()
    source = PictureSource(folder, hosts=("127.0.0.1",), retry_ms=60_000)
    ended: list[str] = []

    def read() -> None:
        try:
            source.read("http://127.0.0.1:9/a")
        except NoPicture as error:
            ended.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    while source._web is None or source._web._session is None:
        reader.join(0.005)
    source.close()
    reader.join(10)
    assert ended == ["its picture was not fetched: reading was ended"]
    assert threading.active_count() == before


async def test_a_feed_from_the_web_is_fetched_and_read(shop: Shop, tmp_path: Path) -> None:
    path = await download_feed(shop.url("/feed/f.tsv"), tmp_path / "new", hosts=shop.hosts)
    (found,) = read_feed(path)
    assert isinstance(found, Row)
    assert found.images == (shop.url("/fine/1"),)
    assert await download_feed(shop.url("/feed/f.tsv"), tmp_path / "new", hosts=shop.hosts) == path
    with pytest.raises(FeedError, match="answered 404"):
        await download_feed(shop.url("/missing/f.tsv"), tmp_path / "new", hosts=shop.hosts)
    assert os.listdir(tmp_path / "new") == [path.name]
