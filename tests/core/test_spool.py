"""The spool: what a webhook wrote while Redis was away comes back whole, in order, and is forgotten only when taken."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.spool import Spool, SpoolFull
from tests.paths import ROOT

RECORDS = [b"first", b"", b"third \xff\x00", b"x" * 100_000]


class Taken:
    """Takes records; fails from the one numbered `fails_at` on."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.records: list[bytes] = []
        self.fails_at = fails_at

    async def __call__(self, record: bytes) -> None:
        if self.fails_at is not None and len(self.records) >= self.fails_at:
            raise ConnectionError("Redis is away again")
        self.records.append(record)


def filled(root: Path, records: list[bytes] = RECORDS) -> Spool:
    spool = Spool(root)
    for record in records:
        spool.append(record)
    return spool


async def test_records_come_back_whole_and_in_order(tmp_path: Path) -> None:
    spool, taken = filled(tmp_path), Taken()
    assert not spool.is_empty()
    assert await spool.replay(taken) == len(RECORDS)
    assert taken.records == RECORDS
    assert spool.is_empty()
    assert spool.bytes_used() == 0
    spool.close()


OTHER = """
import pathlib, sys
from core.spool import Spool
spool = Spool(pathlib.Path(sys.argv[1]))
spool.append(b"one")
spool.append(b"two")
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has written two records."""
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


async def test_records_outlive_a_kill_9_of_the_process_that_wrote_them(
    other: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    other.kill()
    other.wait()
    spool, taken = Spool(tmp_path), Taken()
    await spool.replay(taken)
    assert taken.records == [b"one", b"two"]
    spool.close()


async def test_an_error_stops_the_replay_and_nothing_is_forgotten(tmp_path: Path) -> None:
    spool = filled(tmp_path)
    with pytest.raises(ConnectionError):
        await spool.replay(Taken(fails_at=2))
    assert not spool.is_empty()
    taken = Taken()
    await spool.replay(taken)
    assert taken.records == RECORDS
    spool.close()


async def test_what_comes_after_a_failed_replay_stays_behind_what_waited(tmp_path: Path) -> None:
    spool = filled(tmp_path, [b"1", b"2"])
    with pytest.raises(ConnectionError):
        await spool.replay(Taken(fails_at=1))
    spool.append(b"3")
    taken = Taken()
    assert await spool.replay(taken) == 3
    assert taken.records == [b"1", b"2", b"3"]
    spool.close()


async def test_what_comes_during_a_replay_is_taken_by_it_too(tmp_path: Path) -> None:
    spool, seen = filled(tmp_path, [b"1"]), []

    async def take(record: bytes) -> None:
        seen.append(record)
        if record == b"1":
            spool.append(b"2")

    assert await spool.replay(take) == 2
    assert seen == [b"1", b"2"]
    spool.close()


@pytest.mark.parametrize("cut", [1, 4, 7, 8, 9, 12])
async def test_a_torn_tail_costs_only_the_torn_record(cut: int, tmp_path: Path) -> None:
    """A record of 5 bytes takes 13: a power cut may leave any part of it. It was never acknowledged."""
    filled(tmp_path, [b"whole", b"again", b"torn."]).close()
    path = tmp_path / "0" / "spool.log"
    path.write_bytes(path.read_bytes()[:-cut])
    spool, taken = Spool(tmp_path), Taken()
    spool.append(b"new")
    await spool.replay(taken)
    assert taken.records == [b"whole", b"again", b"new"]
    spool.close()


async def test_a_damaged_record_is_not_delivered(tmp_path: Path) -> None:
    filled(tmp_path, [b"whole", b"harmed"]).close()
    path = tmp_path / "0" / "spool.log"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    spool, taken = Spool(tmp_path), Taken()
    await spool.replay(taken)
    assert taken.records == [b"whole"]
    spool.close()


async def test_what_stands_behind_a_damaged_record_is_kept_and_said_at_the_start(tmp_path: Path) -> None:
    filled(tmp_path, [b"whole", b"harmed", b"behind"]).close()
    harm(tmp_path / "0" / "spool.log", b"harmed")
    with capture_logs() as lines:
        spool = Spool(tmp_path)
    [kept] = (tmp_path / "0").glob("damaged-*.log")
    assert kept.read_bytes().endswith(b"behind")
    assert [(line["log_level"], line["bytes"], line["kept"]) for line in lines] == [("warning", 28, str(kept))]
    taken = Taken()
    await spool.replay(taken)
    assert taken.records == [b"whole"]
    spool.close()


async def test_what_the_disk_damages_before_the_replay_is_kept_and_said(tmp_path: Path) -> None:
    spool, taken = filled(tmp_path, [b"whole", b"harmed", b"behind"]), Taken()
    harm(tmp_path / "0" / "spool.log", b"harmed")
    with capture_logs() as lines:
        await spool.replay(taken)
    [kept] = (tmp_path / "0").glob("damaged-*.log")
    assert kept.read_bytes().endswith(b"behind")
    assert [(line["log_level"], line["bytes"], line["kept"]) for line in lines] == [("error", 28, str(kept))]
    assert taken.records == [b"whole"]
    assert spool.is_empty()
    spool.close()


async def test_a_sound_spool_says_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    filled(tmp_path).close()
    with capture_logs() as lines:
        spool = Spool(tmp_path)
        await spool.replay(Taken())
    assert (lines, logs_under(tmp_path)) == ([], [])
    spool.close()


def harm(path: Path, record: bytes) -> None:
    """One byte of a record goes wrong."""
    path.write_bytes(path.read_bytes().replace(record, b"!" + record[1:]))


async def test_a_length_that_promises_more_than_there_is_ends_the_file(tmp_path: Path) -> None:
    filled(tmp_path, [b"whole"]).close()
    with (tmp_path / "0" / "spool.log").open("ab") as file:
        file.write(struct.pack(">II", 2**32 - 1, 0) + b"abc")
    spool, taken = Spool(tmp_path), Taken()
    await spool.replay(taken)
    assert taken.records == [b"whole"]
    spool.close()


async def test_at_the_cap_it_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=30)
    spool.append(b"0123456789")
    with pytest.raises(SpoolFull):
        spool.append(b"0123456789ABC")
    spool.append(b"abcd")
    taken = Taken()
    await spool.replay(taken)
    assert taken.records == [b"0123456789", b"abcd"]
    spool.append(b"0123456789")
    spool.close()


def test_what_waits_for_a_replay_counts_against_the_cap(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=30)
    spool.append(b"0123456789")
    (tmp_path / "0" / "spool.log").rename(tmp_path / "0" / "replay.log")
    with pytest.raises(SpoolFull):
        spool.append(b"0123456789")
    spool.close()


async def test_two_processes_get_folders_of_their_own_and_a_left_one_is_taken_over(
    other: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    mine = Spool(tmp_path)
    assert mine.is_empty()
    mine.append(b"mine")
    assert {str(path.relative_to(tmp_path)) for path in logs_under(tmp_path)} == {"0/spool.log", "1/spool.log"}
    other.kill()
    other.wait()
    left, taken = Spool(tmp_path), Taken()
    await left.replay(taken)
    assert taken.records == [b"one", b"two"]
    assert not mine.is_empty()
    left.close()
    mine.close()


def logs_under(root: Path) -> list[Path]:
    return sorted(root.rglob("*.log"))


FULL_DISK = """
import pathlib, resource, sys
from core.spool import Spool, SpoolFull
spool = Spool(pathlib.Path(sys.argv[1]))
spool.append(b"before")
resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
try:
    spool.append(b"more than the disk takes")
except SpoolFull as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.append(b"after")
"""


def on_a_full_disk(root: Path) -> str:
    command = [sys.executable, "-c", FULL_DISK, str(root)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


async def test_a_disk_that_refuses_is_said_and_leaves_no_half_record_behind(tmp_path: Path) -> None:
    assert on_a_full_disk(tmp_path).startswith("The spool cannot be written: ")
    spool, taken = Spool(tmp_path), Taken()
    await spool.replay(taken)
    assert taken.records == [b"before", b"after"]
    spool.close()


def test_the_spool_is_for_its_owner_alone(tmp_path: Path) -> None:
    filled(tmp_path).close()
    assert (tmp_path / "0").stat().st_mode & 0o077 == 0
