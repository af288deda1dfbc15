"""What a person can mend is told in one sentence, whatever command meets it; never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import PREFIX, load_settings


def snapshelf(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Exit code and error output of the program as a person starts it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = plain | {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "snapshelf", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stderr


def test_an_address_that_is_none_is_told_by_the_name_of_its_setting(tmp_path: Path) -> None:
    code, said = snapshelf(tmp_path, "queue", "list", redis_url="nonsense")
    assert code == 1
    assert said.startswith("snapshelf: SNAPSHELF_REDIS_URL: an address of Redis is written redis://")
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", [("reindex", "feed.tsv"), ("up",), ("console",)], ids=lambda words: words[0])
def test_a_data_dir_that_cannot_be_is_told_by_its_path(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "feed.tsv").write_text("id\ttitle\timage_link\n1\tBoot\tboot.jpg\n")
    (tmp_path / "file").write_text("no folder")
    code, said = snapshelf(tmp_path, *words, data_dir=str(tmp_path / "file" / "data"))
    assert code == 1
    assert "Traceback" not in said
    last = said.splitlines()[-1]
    assert str(tmp_path / "file") in last
    assert "SNAPSHELF_DATA_DIR" in last


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_is_none_is_wrong_use(tmp_path: Path, port: str) -> None:
    code, said = snapshelf(tmp_path, "demo", "--port", port)
    assert code == 2
    assert "0<=x<=65535" in said


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis://localhost",
        "redis:///3",
        "rediss://user:pass@[::1]:6380/2?socket_timeout=3",
        "redis://:p%2Fss@redis.example:6379/0",
        "unix:///run/redis.sock?db=1",
        "unix://:secret@/run/redis.sock",
    ],
)
def test_an_address_that_redis_py_takes_is_taken(url: str) -> None:
    assert load_settings(_env_file=None, redis_url=url).redis_url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    ["nonsense", "localhost:6379", "http://localhost:6379", "redis:localhost", "redis://", "unix://", "redis://h:70000",
     "redis://:hush/hush@localhost:6379", "redis://[::1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^SNAPSHELF_REDIS_URL: [^\n]*redis://host:6379/0") as refused:
        load_settings(_env_file=None, redis_url=url)
    assert "hush" not in str(refused.value)
