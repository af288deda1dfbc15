"""The embedded Redis dies with its parent, loses nothing that it acknowledged and belongs to one process at a time."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from core.connection import client
from core.embedded import LOG_MAX, AlreadyRunning, EmbeddedRedis, WrongServer, find_server, redis_for
from core.errors import SettingsError, Unavailable
from core.settings import Settings
from tests.paths import ROOT

PARENT = """
import asyncio, pathlib, sys
from core.connection import client
from core.embedded import EmbeddedRedis

async def main():
    server = EmbeddedRedis(pathlib.Path(sys.argv[1]))
    address = await server.start()
    redis = client(address)
    print(server.server_pid, flush=True)
    number = 0
    while True:
        number += 1
        await redis.rpush("written", number)
        print(number, flush=True)

asyncio.run(main())
"""


@dataclass
class Parent:
    """A process with an embedded server that writes numbers and says each once it was acknowledged."""

    process: subprocess.Popen[bytes]
    server_pid: int

    def acknowledged(self, count: int) -> None:
        assert self.process.stdout is not None
        for _ in range(count):
            assert self.process.stdout.readline()

    def kill(self) -> int:
        """`kill -9`; gives the last number that it said."""
        self.process.kill()
        assert self.process.stdout is not None
        said = self.process.stdout.read().split()
        self.process.wait()
        return int(said[-1]) if said else 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "redis"


@pytest.fixture
def parent(folder: Path) -> Iterator[Parent]:
    command = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Parent(process, int(process.stdout.readline()))
        process.kill()


def exists(path: Path) -> bool:
    return path.exists()


def open_to_others(path: Path) -> int:
    """The bits that let anybody but the owner in."""
    return path.stat().st_mode & 0o077


def recorded(folder: Path, name: str, version: list[int]) -> Path:
    """A folder whose data this server has written."""
    folder.mkdir()
    record = folder / "server.json"
    record.write_text(json.dumps({"name": name, "version": version}))
    return record


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int, within_s: float = 30) -> None:
    """The end of a process that is no child of ours can't be awaited, only looked for."""
    descriptor = os.pidfd_open(pid) if is_running(pid) else None
    if descriptor is None:
        return
    gone, _, _ = select.select([descriptor], [], [], within_s)
    os.close(descriptor)
    assert gone, "the server outlived its parent"


async def test_kill_9_of_the_parent_leaves_no_server_and_loses_no_acknowledged_write(
    parent: Parent, folder: Path
) -> None:
    assert is_running(parent.server_pid)
    parent.acknowledged(50)
    last = parent.kill()
    wait_until_gone(parent.server_pid)

    again = EmbeddedRedis(folder)
    redis = client(await again.start())
    written = [int(number) for number in await redis.lrange("written", 0, -1)]
    await redis.aclose()
    await again.stop()
    assert written == list(range(1, len(written) + 1))
    assert len(written) >= max(last, 50)


async def test_a_start_right_after_kill_9_waits_for_the_old_server_and_loses_nothing(
    parent: Parent, folder: Path
) -> None:
    """Two servers over one append-only file would spoil it, and the old one takes the socket's file with it."""
    parent.acknowledged(50)
    os.kill(parent.server_pid, signal.SIGSTOP)  # a server that takes its time to end
    last = parent.kill()
    again = EmbeddedRedis(folder)
    start = asyncio.create_task(again.start())
    done, _ = await asyncio.wait([start], timeout=0.5)
    os.kill(parent.server_pid, signal.SIGCONT)
    redis = client(await start)
    assert not done
    assert not is_running(parent.server_pid)
    assert await redis.llen("written") >= max(last, 50)
    await redis.aclose()
    await again.stop()


async def test_kill_9_of_the_supervisor_stops_the_server_too(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    await server.start()
    assert server._supervisor is not None
    server._supervisor.send_signal(signal.SIGKILL)
    wait_until_gone(server.server_pid)
    await server.stop()


async def test_a_server_that_dies_is_started_anew_with_what_it_had_acknowledged(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    redis = client(await server.start())
    await redis.set("kept", "yes")
    first = server.server_pid
    with capture_logs() as lines:
        os.kill(first, signal.SIGKILL)
        wait_until_gone(first)
        await server._wait_until_it_answers()
        assert await redis.get("kept") == b"yes"
        assert not server.ended()
    assert [(line["log_level"], line["exit_code"]) for line in lines] == [("warning", -signal.SIGKILL)]
    assert server.server_pid != first
    assert is_running(server.server_pid)
    await redis.aclose()
    await server.stop()


async def test_data_that_no_server_can_read_are_one_sentence_that_names_the_log(folder: Path) -> None:
    damaged(folder)
    server = EmbeddedRedis(folder)
    with pytest.raises(Unavailable, match=r"^The embedded Redis did not start: see .*redis\.log\.$"):
        await server.start()
    assert "Bad file format" in (folder / "redis.log").read_text()


def damaged(folder: Path) -> None:
    """An append-only file with rubbish in its middle."""
    parts = folder / "appendonlydir"
    parts.mkdir(parents=True)
    (parts / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    (parts / "appendonly.aof.1.incr.aof").write_text("rubbish\r\n" * 99)


async def test_stopped_it_is_gone_and_lets_its_folder_go(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    await server.start()
    await server.stop()
    assert not is_running(server.server_pid)
    assert not (folder / "address").exists()
    await server.start()
    await server.stop()


async def test_a_second_start_over_the_same_folder_is_refused_naming_the_first(parent: Parent, folder: Path) -> None:
    with pytest.raises(AlreadyRunning, match=rf"process {parent.process.pid}, since 20.*: stop that one first\.$"):
        await EmbeddedRedis(folder).start()
    assert is_running(parent.server_pid)
    parent.acknowledged(10)


async def test_a_command_attaches_to_the_server_that_runs(parent: Parent, folder: Path) -> None:
    parent.acknowledged(5)
    async with redis_for(Settings(data_dir=folder.parent)) as settings:
        redis = client(settings.redis_url.get_secret_value())
        assert await redis.llen("written") >= 5
        await redis.aclose()
    assert is_running(parent.server_pid)


async def test_a_command_that_comes_while_the_server_starts_gets_one_sentence(parent: Parent, folder: Path) -> None:
    forget(folder / "address")
    with pytest.raises(Unavailable, match=r"\.$"):
        async with redis_for(Settings(data_dir=folder.parent)):
            pass
    assert is_running(parent.server_pid)


def forget(path: Path) -> None:
    path.unlink()


async def test_a_command_brings_its_own_server_when_none_runs(folder: Path) -> None:
    async with redis_for(Settings(data_dir=folder.parent)) as settings:
        assert (folder / "address").read_text() == settings.redis_url.get_secret_value()
        redis = client(settings.redis_url.get_secret_value())
        assert await redis.ping()
        await redis.aclose()
    assert not (folder / "address").exists()


async def test_a_server_that_is_set_is_taken_as_it_is(folder: Path) -> None:
    given = Settings(data_dir=folder.parent, redis_url=SecretStr("redis://elsewhere"))
    async with redis_for(given) as settings:
        assert settings == given
    assert not exists(folder)


async def test_a_folder_whose_path_is_too_long_for_a_socket_works(tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 30) / "redis"
    assert len(os.fsencode(folder)) > 107
    server = EmbeddedRedis(folder)
    redis = client(await server.start())
    await redis.set("a", "b")
    await redis.aclose()
    socket = Path(server.address.removeprefix("unix://"))
    await server.stop()
    assert not socket.parent.exists()
    redis = client(await server.start())
    assert await redis.get("a") == b"b"
    await redis.aclose()
    await server.stop()


async def test_it_writes_every_acknowledged_thing_to_disk_and_evicts_nothing(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    redis = client(await server.start())
    told = {name: (await redis.config_get(name))[name] for name in ("appendonly", "appendfsync", "maxmemory-policy")}
    await redis.aclose()
    await server.stop()
    assert told == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


async def test_the_folder_is_for_its_owner_alone(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    await server.start()
    assert [open_to_others(path) for path in (folder, folder / "redis.sock")] == [0, 0]
    await server.stop()


@pytest.mark.parametrize(
    ("name", "version"),
    [("the same", [99, 0, 0]), ("Another", [1, 0, 0])],
    ids=["an older server", "a server of another kind"],
)
async def test_data_of_a_newer_or_other_server_are_refused_with_one_sentence_and_left_alone(
    name: str, version: list[int], folder: Path
) -> None:
    here = find_server()
    name = here.name if name == "the same" else name
    record = recorded(folder, name, version)
    with pytest.raises(SettingsError) as caught:
        await EmbeddedRedis(folder).start()
    sentence = str(caught.value)
    assert name in sentence
    assert here.label in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert json.loads(record.read_text()) == {"name": name, "version": version}
    assert not (folder / "appendonlydir").exists()


def fake_server(folder: Path, name: str, banner: str) -> None:
    """A program that says that it is this server."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{banner}'\n")
    program.chmod(0o755)


OLD, NEW, OTHER = "Redis server v=6.0.16 sha=0", "Redis server v=7.2.1 sha=0", "Valkey server v=7.2.5 sha=0"


@pytest.mark.parametrize(
    ("banners", "written", "chosen"),
    [
        ({}, None, "Valkey 8"),
        ({"redis-server": NEW}, None, "Redis 7.2.1"),
        ({"redis-server": OLD}, None, "Valkey 8"),
        ({"redis-server": OLD, "valkey-server": OTHER}, None, "Valkey 7.2.5"),
        ({"redis-server": NEW}, ["Valkey", [8, 1, 0]], "Valkey 8"),
        ({"redis-server": NEW}, ["Redis", [7, 0, 0]], "Redis 7.2.1"),
        ({"redis-server": "no version"}, None, "Valkey 8"),
    ],
    ids=["none in PATH", "one in PATH", "too old", "the second", "installed later", "its own", "none at all"],
)
def test_the_first_server_that_may_open_the_data_is_chosen(
    banners: dict[str, str],
    written: list[object] | None,
    chosen: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, banner in banners.items():
        fake_server(tmp_path / "bin", name, banner)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    if written:
        recorded(tmp_path / "redis", str(written[0]), written[1])  # type: ignore[arg-type]
    assert find_server(tmp_path / "redis").label.startswith(chosen)


def test_a_server_beside_our_own_python_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests install there would shut a shop out as soon as somebody activates the environment."""
    fake_server(tmp_path / "bin", "redis-server", NEW)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_server().name == "Valkey"


def test_a_damaged_record_is_one_sentence(folder: Path) -> None:
    folder.mkdir()
    (folder / "server.json").write_text("{")
    with pytest.raises(WrongServer, match=r"server\.json is damaged: .*\.$"):
        find_server(folder)


async def test_data_of_an_older_server_are_opened_and_the_record_moves_on(folder: Path) -> None:
    here = find_server()
    recorded(folder, here.name, [1, 0, 0])
    server = EmbeddedRedis(folder)
    await server.start()
    await server.stop()
    assert tuple(json.loads((folder / "server.json").read_text())["version"]) == here.version


async def test_it_starts_within_seconds(folder: Path) -> None:
    started = time.monotonic()
    server = EmbeddedRedis(folder)
    await asyncio.wait_for(server.start(), 10)
    await server.stop()
    assert time.monotonic() - started < 10


def grown_log(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "redis.log").write_bytes(b"x" * (LOG_MAX + 1))


async def test_a_log_that_grew_large_is_put_aside_at_the_next_start(folder: Path) -> None:
    grown_log(folder)
    server = EmbeddedRedis(folder)
    await server.start()
    await server.stop()
    assert (folder / "redis.log").stat().st_size < LOG_MAX
    assert (folder / "redis.log.1").stat().st_size > LOG_MAX
