"""Photos decoded in processes of their own, so that a crash of a codec costs one photo and not the worker.

Measured in `benchmarks/decoding.py`: it takes some tenths of a millisecond a photo more than decoding in this process.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self, cast

import numpy as np

from core import metrics
from core.errors import Reason, Refused
from core.messages import Box
from core.telemetry import get_logger
from index.pictures import RGB, SHOPPER_LIMITS
from worker.decoder import DONE, REASONS, REQUEST

log = get_logger(__name__)

ANSWER_S = 45.0
"""For a photo; the decoder's own limit, of processor time, ends it earlier on a machine that is not overloaded."""
TRIES = 2
"""A decoder may be ended by others, too (the kernel, out of memory): a photo is given up after its second one."""
_COMMAND = (sys.executable, "-P", "-m", "worker.decoder")
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")
"""Of our environment: no setting and no secret."""


class DecoderEnded(Exception):
    """A decoder ended, or was ended, in the middle of a photo; the text says how."""


class Decoders:
    """As many processes as threads call `decode` at once, started when they are needed. Thread-safe."""

    def __init__(self, command: Sequence[str] = _COMMAND, *, answer_s: float = ANSWER_S) -> None:
        self._command, self._answer_s = command, answer_s
        self._idle: list[_Decoder] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; none may be decoding."""
        with self._lock:
            ending, self._idle = self._idle, []
        for decoder in ending:
            decoder.end()

    def warm(self) -> None:
        """Start the first one before the first photo comes."""
        self._give_back(self._take())

    def pids(self) -> list[int]:
        """Of the processes that wait for a photo."""
        with self._lock:
            return [decoder.pid for decoder in self._idle]

    def decode(self, data: bytes, size: int, box: Box | None = None) -> RGB:
        """As `index.pictures.decode_to_pixels`. Raises Refused; a photo that ends two decoders is a broken one."""
        if len(data) > SHOPPER_LIMITS.max_bytes:
            raise Refused(Reason.TOO_LARGE)
        for _ in range(TRIES):
            decoder = self._take()
            try:
                pixels = decoder.decode(data, size, box, self._answer_s)
            except DecoderEnded as ended:
                decoder.end()
                metrics.DECODERS_ENDED.inc()
                log.warning("a decoder ended in the middle of a photo", how=str(ended), bytes=len(data))
                continue
            except Refused:
                self._give_back(decoder)
                raise
            self._give_back(decoder)
            return pixels
        raise Refused(Reason.BROKEN_PICTURE)

    def _take(self) -> _Decoder:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Decoder(self._command)

    def _give_back(self, decoder: _Decoder) -> None:
        with self._lock:
            self._idle.append(decoder)


def _shared_file() -> IO[bytes]:
    """In memory where the system has such files (Linux), else one without a name on disk."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("photo"), "r+b")
    return tempfile.TemporaryFile()


def _bare_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"OPENBLAS_NUM_THREADS": "1"}


class _Decoder:
    """One process with its mapping."""

    def __init__(self, command: Sequence[str]) -> None:
        with _shared_file() as file:
            file.truncate(SHOPPER_LIMITS.max_bytes)
            self._shared = mmap.mmap(file.fileno(), 0)
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*command, str(file.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # libtiff tells there what it thinks of a photo
                pass_fds=(file.fileno(),),
                env=_bare_environment(),
            )
        self._requests, self._answers = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    def decode(self, data: bytes, size: int, box: Box | None, answer_s: float) -> RGB:
        """Raises Refused, DecoderEnded."""
        self._shared[: len(data)] = data
        where = (box.x, box.y, box.width, box.height) if box is not None else (0.0, 0.0, 0.0, 0.0)
        try:
            self._requests.write(REQUEST.pack(len(data), size, box is not None, *where))
            self._requests.flush()
        except BrokenPipeError:
            raise DecoderEnded(self._how()) from None
        answer = self._read(answer_s)
        if answer != DONE:
            raise Refused(REASONS[answer - 1])
        return np.frombuffer(self._shared, np.uint8, size * size * 3).reshape(size, size, 3).copy()

    def _read(self, answer_s: float) -> int:
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        if not poll.poll(answer_s * 1000):
            self._process.kill()
            raise DecoderEnded(f"no answer in {answer_s:.0f} s")
        answer = os.read(self._answers.fileno(), 1)
        if not answer:
            raise DecoderEnded(self._how())
        return answer[0]

    def _how(self) -> str:
        code = self._process.wait()
        try:
            return signal.Signals(-code).name if code < 0 else f"exit code {code}"
        except ValueError:
            return f"signal {-code}"

    def end(self) -> None:
        """Close the pipe, upon which it leaves; it is not decoding, or was killed."""
        with contextlib.suppress(BrokenPipeError):  # it has left already
            self._requests.close()
        self._process.wait()
        self._answers.close()
        self._shared.close()
