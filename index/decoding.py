"""Pictures decoded in processes of their own, so that a crash of a codec costs one picture and not the worker's others.

Measured in `benchmarks/decoding.py`: it takes some tenths of a millisecond a photo more than decoding in this process.
A reindex hands over several at once, which costs each of them next to nothing.
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
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import IO, Protocol, Self, TypeVar, cast

import numpy as np

from core import metrics
from core.box import Box
from core.errors import Reason, Refused
from core.telemetry import get_logger
from index.decoder import ANSWER, DONE, LENGTH, REASONS, REQUEST
from index.pictures import RGB, SHOPPER_LIMITS, STORED_BYTES, Prepared

log = get_logger(__name__)

ANSWER_S = 45.0
"""For a photo; the decoder's own limit, of processor time, ends it earlier on a machine that is not overloaded."""
TRIES = 2
"""A decoder may be ended by others, too (the kernel, out of memory): a photo is given up after its second one."""
_COMMAND = (sys.executable, "-P", "-m", "index.decoder")
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")
"""Of our environment: no setting and no secret."""


CAPACITY_BYTES = SHOPPER_LIMITS.max_bytes
"""Of the mapping: the largest picture that we take, or several smaller ones."""
PATIENCE_S = 0.5
"""For which a picture waits for a decoder that is busy before another one is started, where their number is limited."""
_Answer = TypeVar("_Answer")


class Prepares(Protocol):
    """What reindex needs of `Decoders`. Thread-safe."""

    def warm(self) -> None:
        """Get ready: pictures will come soon."""

    def prepare(self, pictures: Sequence[bytes], side: int) -> list[Prepared | Refused]:
        """What `index.pictures.prepare` makes of each, or why it makes nothing."""


class Crashed(Refused):
    """A picture that ended its decoder each time."""

    def __init__(self) -> None:
        super().__init__(Reason.BROKEN_PICTURE)


class DecoderEnded(Exception):
    """A decoder ended, or was ended, in the middle of a photo; the text says how."""


class Decoders:
    """As many processes as threads ask at once, or `most`, started when they are needed. Thread-safe."""

    def __init__(
        self, command: Sequence[str] = _COMMAND, *, answer_s: float = ANSWER_S, most: int | None = None
    ) -> None:
        self._command, self._answer_s, self._most = command, answer_s, most
        self._idle: list[_Decoder] = []
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; none may be decoding."""
        with self._changed:
            ending, self._idle = self._idle, []
        for decoder in ending:
            self._end(decoder)

    def warm(self) -> None:
        """Start the first one before the first picture comes."""
        self._give_back(self._take())

    def pids(self) -> list[int]:
        """Of the processes that wait for a picture."""
        with self._changed:
            return [decoder.pid for decoder in self._idle]

    def decode(self, data: bytes, size: int, box: Box | None = None) -> RGB:
        """As `index.pictures.decode_to_pixels`. Raises Refused; a photo that ends two decoders is a broken one."""
        if len(data) > CAPACITY_BYTES:
            raise Refused(Reason.TOO_LARGE)
        return self._ask(lambda decoder: decoder.decode(data, size, box, self._answer_s), TRIES)

    def prepare(self, pictures: Sequence[bytes], side: int) -> list[Prepared | Refused]:
        """As `index.pictures.prepare` of each; one that ends its decoder time after time costs the others nothing."""
        told: list[Prepared | Refused] = []
        for group in _groups(pictures, side):
            told += [Refused(Reason.TOO_LARGE)] if len(group[0]) > CAPACITY_BYTES else self._prepare(group, side)
        return told

    def _prepare(self, group: Sequence[bytes], side: int) -> list[Prepared | Refused]:
        alone = len(group) == 1
        try:
            return self._ask(lambda decoder: decoder.prepare(group, side, self._answer_s), TRIES if alone else 1)
        except Crashed as crashed:
            return [crashed] if alone else [self._prepare([data], side)[0] for data in group]

    def _ask(self, ask: Callable[[_Decoder], _Answer], tries: int) -> _Answer:
        for _ in range(tries):
            decoder = self._take()
            try:
                answer = ask(decoder)
            except DecoderEnded as ended:
                self._end(decoder)
                metrics.DECODERS_ENDED.inc()
                log.warning("a decoder ended in the middle of a picture", how=str(ended))
                continue
            except Refused:
                self._give_back(decoder)
                raise
            self._give_back(decoder)
            return answer
        raise Crashed

    def _take(self) -> _Decoder:
        with self._changed:
            if self._most is not None and self._count:
                free = self._changed.wait_for(lambda: self._idle, PATIENCE_S)
                if not free and self._count >= self._most:
                    self._changed.wait_for(lambda: self._idle or self._count < cast(int, self._most))
            if self._idle:
                return self._idle.pop()
            self._count += 1
        try:
            return _Decoder(self._command)
        except BaseException:
            self._forget_one()
            raise

    def _give_back(self, decoder: _Decoder) -> None:
        with self._changed:
            self._idle.append(decoder)
            self._changed.notify()

    def _end(self, decoder: _Decoder) -> None:
        decoder.end()
        self._forget_one()

    def _forget_one(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify()


def _groups(pictures: Sequence[bytes], side: int) -> Iterator[Sequence[bytes]]:
    """Pieces whose pictures, and what is made of them, have room in the mapping; too large a one is alone."""
    most = max(1, CAPACITY_BYTES // (side * side * 3 + STORED_BYTES))
    group: list[bytes] = []
    for data in pictures:
        if group and (len(group) == most or sum(map(len, group)) + len(data) > CAPACITY_BYTES):
            yield group
            group = []
        group.append(data)
    if group:
        yield group


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
            file.truncate(CAPACITY_BYTES)
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
        self._request(REQUEST.pack(0, len(data), size, box is not None, *where))
        [(answer, _)] = self._read(1, answer_s)
        if answer != DONE:
            raise Refused(REASONS[answer - 1])
        return np.frombuffer(self._shared, np.uint8, size * size * 3).reshape(size, size, 3).copy()

    def prepare(self, group: Sequence[bytes], side: int, answer_s: float) -> list[Prepared | Refused]:
        """Raises DecoderEnded."""
        data = b"".join(group)
        self._shared[: len(data)] = data
        lengths = b"".join(LENGTH.pack(len(one)) for one in group)
        self._request(REQUEST.pack(len(group), len(data), side, False, 0.0, 0.0, 0.0, 0.0) + lengths)
        told: list[Prepared | Refused] = []
        at, size = 0, side * side * 3
        for answer, jpeg_bytes in self._read(len(group), answer_s):
            if answer != DONE:
                told.append(Refused(REASONS[answer - 1]))
                continue
            pixels = np.frombuffer(self._shared, np.uint8, size, at).reshape(side, side, 3).copy()
            told.append(Prepared(pixels, self._shared[at + size : at + size + jpeg_bytes]))
            at += size + jpeg_bytes
        return told

    def _request(self, request: bytes) -> None:
        try:
            self._requests.write(request)
            self._requests.flush()
        except BrokenPipeError:
            raise DecoderEnded(self._how()) from None

    def _read(self, count: int, answer_s: float) -> Iterator[tuple[int, int]]:
        """Answers to one request: they are written at once, and fit into what a pipe takes whole."""
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        if not poll.poll(answer_s * 1000):
            self._process.kill()
            raise DecoderEnded(f"no answer in {answer_s:.0f} s")
        answers = os.read(self._answers.fileno(), count * ANSWER.size)
        if len(answers) < count * ANSWER.size:
            raise DecoderEnded(self._how())
        return ANSWER.iter_unpack(answers)

    def _how(self) -> str:
        code = self._process.wait()
        try:
            return signal.Signals(-code).name if code < 0 else f"exit code {code}"
        except ValueError:
            return f"signal {-code}"

    def end(self) -> None:
        """It is not decoding: it may go at once, even while it still starts."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):  # it has left already
            self._requests.close()
        self._process.wait()
        self._answers.close()
        self._shared.close()
