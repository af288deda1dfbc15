"""Holds the embedded server: starts it, and stops it when the pipe to our parent ends, `kill -9` included.

Run as a script with the descriptor of the folder's lock and the server's command as arguments. The server inherits the
lock, so that nobody starts another one over the same data before it has ended. This imports nothing of ours so that it
starts at once. The server itself dies with this process too, where the system can arrange that (Linux).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
STOP_S = 30


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main(lock: int, command: list[str]) -> int:
    """Returns the server's exit code."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    server = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
        restore_signals=True,
        pass_fds=(lock,),
    )
    os.write(1, b"%d\n" % server.pid)
    while os.read(0, 1024):  # ends when every holder of the pipe's other end is gone
        continue
    server.terminate()
    try:
        return server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
