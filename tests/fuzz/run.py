"""Every target (or those named) for some seconds each: `python -m tests.fuzz.run --seconds 60 [TARGET...]`.

What led to new paths stays in `build/fuzz/‹target›` for the next run; `--keep N` copies the N smallest of a minimised
set into the kept corpus. A finding is written beside it and shown, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.make_corpus import CORPUS, corpus_of
from tests.fuzz.targets import TARGETS
from tests.paths import ROOT

WORK = ROOT / "build" / "fuzz"
INPUT_MAX = 8192
"""Bytes: what is found in more than this hides more than it shows."""
KEPT_MAX = 2048
ONE_RUN_S = 10
"""An input that takes longer is a finding."""
MEMORY_MB = 2048
_STATS = re.compile(r"stat::(number_of_executed_units|peak_rss_mb):\s+(\d+)")
_COVERED = re.compile(r"\bcov: (\d+)")


def _drive(target: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz.drive", *arguments]
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="snapshelf-fuzz-", dir=memory if memory.is_dir() else None) as folder:
        environment = os.environ | {"TARGET": target, "PYTHONPATH": str(ROOT), "FUZZ_FOLDER": folder}
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=False, text=True, capture_output=True, errors="replace"
        )


def _work(target: str) -> Path:
    folder = WORK / target
    folder.mkdir(parents=True, exist_ok=True)
    for data in corpus_of(target).values():
        (folder / hashlib.sha256(data).hexdigest()[:20]).write_bytes(data)
    return folder


def fuzz(target: str, seconds: int) -> bool:
    """Whether the target held for so long."""
    folder, findings = _work(target), WORK / "findings"
    findings.mkdir(exist_ok=True)
    options = (f"-max_total_time={seconds}", f"-max_len={INPUT_MAX}", f"-timeout={ONE_RUN_S}", "-print_final_stats=1")
    ended = _drive(
        target, str(folder), *options, f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={findings}/{target}-"
    )
    stats = dict(_STATS.findall(ended.stderr))
    covered = _COVERED.findall(ended.stderr)
    print(
        f"{target:18} {int(stats.get('number_of_executed_units', 0)):>9,} inputs, {covered[-1] if covered else '?':>5} "
        f"edges, {stats.get('peak_rss_mb', '?')} MB: {'held' if ended.returncode == 0 else 'BROKEN'}",
        flush=True,
    )
    if ended.returncode != 0:
        print("\n".join(ended.stdout.splitlines()[-30:]))
        print("\n".join(line for line in ended.stderr.splitlines() if "Test unit" in line or "ERROR" in line))
    return ended.returncode == 0


def keep(target: str, count: int) -> None:
    """The smallest inputs of a minimised set that the kept corpus lacks, into it."""
    known = {hashlib.sha256(data).digest() for data in corpus_of(target).values()}
    with tempfile.TemporaryDirectory() as least:
        _drive(target, "-merge=1", least, str(_work(target)))
        found = sorted((path for path in Path(least).iterdir()), key=lambda path: path.stat().st_size)
        new = [path for path in found if 0 < path.stat().st_size <= KEPT_MAX]
        new = [path for path in new if hashlib.sha256(path.read_bytes()).digest() not in known][:count]
        for path in new:
            (CORPUS / target).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, CORPUS / target / f"path-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}")
    print(f"{target}: {len(new)} kept")


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz by coverage.")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", type=int, default=0, metavar="N", help="add N inputs a target to the kept corpus")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (its wheels are for x86-64 Linux): run `make fuzz` there.")
        return 2
    targets = asked.targets or list(TARGETS)
    held = [fuzz(target, asked.seconds) for target in targets]
    for target in targets if asked.keep else ():
        keep(target, asked.keep)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
