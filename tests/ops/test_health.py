"""`docker/health.py`: what a container says of itself, asked as Docker and Kubernetes do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prometheus_client import generate_latest

from core import metrics
from tests.paths import ROOT


class Process:
    """What answers on the ports of a container's process."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers.get(self.path, (404, b""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def asked(self, *arguments: str) -> tuple[int, str]:
        """Exit code and line of the script, with this as the process of its container."""
        port = self.server.server_port
        settings = {"SNAPSHELF_PORT": str(port), "SNAPSHELF_METRICS_PORT": str(port - 1)}
        command = [sys.executable, str(ROOT / "docker" / "health.py"), *arguments]
        ended = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
        assert ended.stderr == ""
        return ended.returncode, ended.stdout.strip()


@pytest.fixture
def process() -> Iterator[Process]:
    made = Process()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def exported(*, beat_s_ago: float, generation: str | None) -> bytes:
    """As a worker's own metrics are written."""
    metrics.HEARTBEAT.set(time.time() - beat_s_ago)
    metrics.GENERATION.clear()
    if generation:
        metrics.GENERATION.labels(generation).set(1)
    return generate_latest()


def test_bots_are_well_while_they_answer_and_ready_when_they_say_so(process: Process) -> None:
    process.answers |= {"/healthz": (200, b"ok"), "/readyz": (503, b"{}")}
    assert process.asked("bots") == (0, "")
    code, said = process.asked("bots", "--ready")
    assert (code, said) == (1, "it does not answer (HTTPError)")
    process.answers["/readyz"] = (200, b"{}")
    assert process.asked("bots", "--ready") == (0, "")


@pytest.mark.parametrize(
    ("beat_s_ago", "generation", "well", "ready"),
    [(1, "20261121T080254606636Z-25c84b", 0, 0), (1, None, 0, 1), (90, "20261121T080254606636Z-25c84b", 1, 1)],
)
def test_a_worker_is_well_while_its_heart_beats_and_ready_with_an_index(
    process: Process, beat_s_ago: float, generation: str | None, well: int, ready: int
) -> None:
    process.answers["/metrics"] = (200, exported(beat_s_ago=beat_s_ago, generation=generation))
    assert process.asked("worker")[0] == well
    assert process.asked("worker", "--ready")[0] == ready


def test_a_process_that_is_not_there_is_not_well(process: Process) -> None:
    assert process.asked("worker") == (1, "it does not answer (HTTPError)")
    process.server.server_close()
    assert process.asked("bots")[0] == 1
