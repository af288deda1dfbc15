"""A disk that is full is told in one sentence, and what answered before still does."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index.model.fake import FakeEmbedder
from index.store import GenerationStore
from snapshelf import cli
from tests.paths import ROOT
from tests.standins.shop import open_shop


def no_file_grows() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))


@pytest.mark.slow
def test_a_reindex_without_room_ends_with_one_sentence_and_the_index_stays(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    before = shop.publish(embedder=FakeEmbedder())
    done = subprocess.run(
        [sys.executable, "-m", "snapshelf", "reindex", str(shop.feed)],
        check=False, cwd=tmp_path, capture_output=True, text=True, preexec_fn=no_file_grows,
        env=os.environ | {"SNAPSHELF_DATA_DIR": str(shop.settings.data_dir), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"snapshelf: {cli.FULL}")
    assert "Traceback" not in done.stderr
    with GenerationStore(shop.settings.index_dir) as store:
        assert store.current().name == before


def _sqlite_full() -> None:
    database = sqlite3.connect(":memory:")
    try:
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE t (a)")
    finally:
        database.close()


def _no_space() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fill", [_sqlite_full, _no_space])
def test_whoever_finds_the_disk_full_the_sentence_is_the_same(
    fill: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "cli", fill)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == cli.FAILED
    assert capsys.readouterr().err == f"snapshelf: {cli.FULL}\n"
