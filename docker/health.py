"""Whether the process of this container is well: `health.py bots`, `health.py worker`; with `--ready` if it serves.

It needs the standard library alone, so that asking every few seconds costs little. Exit code 0 or 1, with one line.
"""

from __future__ import annotations

import os
import re
import sys
import time
import urllib.error
import urllib.request

TIMEOUT_S = 4
SILENT_S = 60
"""A worker tells every 3 s that it is alive; its event loop has stood still for so long then."""


def main(what: str, ready: bool) -> str | None:
    """What is wrong, or None."""
    if what == "bots":
        return _answers(f"http://127.0.0.1:{_port('PORT', 8080)}/{'readyz' if ready else 'healthz'}")
    metrics = _port("METRICS_PORT", 9108)
    if not metrics:
        return "no metrics to ask: set SNAPSHELF_METRICS_PORT"
    return _worker(_text(f"http://127.0.0.1:{metrics + 1}/metrics"), ready)


def _port(name: str, default: int) -> int:
    return int(os.environ.get(f"SNAPSHELF_{name}") or default)


def _answers(url: str) -> str | None:
    _text(url)
    return None


def _text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310 - our own address
        return str(response.read().decode())


def _worker(metrics: str, ready: bool) -> str | None:
    beat = re.search(r"^snapshelf_heartbeat_timestamp_seconds (\S+)$", metrics, re.MULTILINE)
    if beat is None or time.time() - float(beat[1]) > SILENT_S:
        return "it has not told for a minute that it is alive"
    if ready and not re.search(r"^snapshelf_generation\{.*\} 1\.0$", metrics, re.MULTILINE):
        return "it has no index to answer from"
    return None


if __name__ == "__main__":
    try:
        wrong = main(sys.argv[1], "--ready" in sys.argv)
    except (OSError, urllib.error.URLError) as error:
        wrong = f"it does not answer ({type(error).__name__})"
    if wrong:
        print(wrong)  # noqa: T201
        sys.exit(1)
