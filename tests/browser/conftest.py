"""A running shop and a real browser; without a browser these tests fail, they do not skip."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Shop:
    """A demo shop that runs: its address, its data and its shoppers' photos."""

    address: str
    folder: Path

    def photo(self, number: int) -> Path:
        return self.folder / "shopper" / "photos" / f"{number:03d}.jpg"

    def product_of(self, number: int) -> str:
        line = (self.folder / "shopper" / "answers.csv").read_text().splitlines()[number]
        return line.split(",")[1]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """`snapshelf demo`, as a person starts it."""
    folder = tmp_path_factory.mktemp("shop")
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "snapshelf", "demo", "--data-dir", str(folder), "--port", "18080"]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield Shop(_address(process, folder / "log"), folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith("Snapshelf is at "):
                address = line.removeprefix("Snapshelf is at ").strip()
                with urllib.request.urlopen(f"{address}/readyz") as answer:
                    assert answer.status == 200
                return address
        time.sleep(0.2)
    pytest.fail(f"the demo did not come up:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)
    assert path is not None, "No Chromium here: install it (Debian: apt-get install chromium) or set CHROMIUM."
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()
    asyncio.set_event_loop(None)
