"""A picture is at its name whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core import picturestore
from core.picturestore import PictureWriter, digest_of_url, path_of, store, store_many, url_of

DIGEST = "ab" * 32


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_path_and_url_are_named_by_the_digest() -> None:
    assert path_of(Path("p"), DIGEST) == Path("p/ab") / f"{DIGEST}.jpg"
    assert url_of(DIGEST) == f"/pictures/{DIGEST}.jpg"


@pytest.mark.parametrize(
    "digest", ["", "ab", "../" + DIGEST[3:], DIGEST.upper(), DIGEST + "\n", DIGEST + "0", "é" * 64]
)
def test_nothing_but_a_digest_becomes_a_path(digest: str) -> None:
    for call in (lambda: path_of(Path("p"), digest), lambda: url_of(digest)):
        with pytest.raises(ValueError, match="64 hex digits"):
            call()


@pytest.mark.parametrize(
    ("url", "digest"),
    [
        (f"/pictures/{DIGEST}.jpg", DIGEST),
        (f"https://shop.example/pictures/{DIGEST}.jpg", DIGEST),
        (f"/pictures/{DIGEST}.jpg?x=1", None),
        (f"/pictures/{DIGEST}.png", None),
        (f"/pictures/{DIGEST[1:]}.jpg", None),
        ("https://cdn.example/a.jpg", None),
        ("", None),
    ],
)
def test_a_url_gives_its_digest_back(url: str, digest: str | None) -> None:
    assert digest_of_url(url) == digest


def test_what_was_stored_is_there_under_the_digest_of_its_bytes(tmp_path: Path) -> None:
    digests = store_many(tmp_path / "new", [b"one", b"two", b"one"])
    assert digests[0] == digests[2] == picturestore.digest_of(b"one")
    assert path_of(tmp_path / "new", digests[1]).read_bytes() == b"two"
    assert len(files(tmp_path)) == 2


def test_until_flush_nothing_stands_under_a_name(tmp_path: Path) -> None:
    writer = PictureWriter(tmp_path)
    digest = writer.put(b"one")
    assert not path_of(tmp_path, digest).exists()
    writer.flush()
    assert path_of(tmp_path, digest).read_bytes() == b"one"
    assert files(tmp_path) == [path_of(tmp_path, digest)]


def test_a_batch_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def half_a_batch() -> None:
        with PictureWriter(tmp_path) as writer:
            writer.put(b"one")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_a_batch()
    assert files(tmp_path) == []


def test_a_picture_that_is_there_is_not_written_again_but_looks_new(tmp_path: Path) -> None:
    path = path_of(tmp_path, store(tmp_path, b"one"))
    before = path.stat().st_ino
    os.utime(path, (1, 1))
    store(tmp_path, b"one")
    assert path.stat().st_ino == before
    assert path.stat().st_mtime > 1_000_000


def test_each_picture_is_fsynced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        events.append("fsync")
        fsync(handle)

    def noted_replace(source: Path, target: Path) -> None:
        events.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    store_many(tmp_path, [b"one", b"two"])
    assert events[:4] == ["fsync", "fsync", "rename", "rename"]
    assert set(events[4:]) == {"fsync"}
