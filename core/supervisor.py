"""Holds the embedded server: starts it, starts it anew if it dies, and stops it when the pipe to our parent ends.

The pipe ends with the parent, `kill -9` included. Run as a script with the descriptor of the folder's lock and the
server's command as arguments. The server inherits the lock, so that nobody starts another one over the same data before
it has ended. This imports nothing of ours so that it starts at once. The server itself dies with this process too,
where the system can arrange that (Linux).
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

PR_SET_PDEATHSIG = 1
STOP_S = 30
STEADY_S = 10
"""A server that ran so long may die again without being given up."""
RESTART_S = (0.1, 0.5, 2.0)
"""Pauses before a server that died is started anew; after the last it is given up."""


def main(lock: int, command: list[str]) -> int:
    """Returns the server's exit code."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    deaths = _wake_at_deaths()
    server = _start(lock, command)
    os.write(1, b"%d\n" % server.pid)
    failures, started = 0, time.monotonic()
    while not _parent_ended(server, deaths):
        failures = 1 if time.monotonic() - started > STEADY_S else failures + 1
        if failures > len(RESTART_S) or _parent_ends_within(RESTART_S[failures - 1]):
            return server.returncode
        exit_code, server, started = server.returncode, _start(lock, command), time.monotonic()
        with suppress(BrokenPipeError):  # our parent just ended: the next look finds that out
            os.write(1, b"%d %d\n" % (server.pid, exit_code))
    server.terminate()
    try:
        return server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


def _start(lock: int, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
        restore_signals=True,
        pass_fds=(lock,),
    )


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wake_at_deaths() -> int:
    """A descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    return readable


def _parent_ended(server: subprocess.Popen[bytes], deaths: int) -> bool:
    """Waits for the end of the parent (True) or of the server (False)."""
    while server.poll() is None:
        ready, _, _ = select.select([0, deaths], [], [])
        if deaths in ready:
            os.read(deaths, 1024)
        if 0 in ready and not os.read(0, 1024):  # every holder of the pipe's other end is gone
            return True
    return False


def _parent_ends_within(seconds: float) -> bool:
    ready, _, _ = select.select([0], [], [], seconds)
    return bool(ready) and not os.read(0, 1024)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
