"""A process that does nothing but decode photos, one after the other, for `worker.decoding`.

What a codec may do to it (crash, loop, fill the memory) it does to this process alone, which knows no secret: its
environment is bare. Requests come on standard input, answers go to standard output, the photo and then its pixels lie
in a shared mapping. It ends when standard input does, whatever happened to the worker.
"""

from __future__ import annotations

import contextlib
import mmap
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core.errors import Reason, Refused
from core.messages import Box
from index.pictures import RGB, decode_to_pixels

Decode = Callable[[bytes, int, Box | None], RGB]

REQUEST = struct.Struct("<IH?4d")
"""Bytes of the photo, side of the model's square, whether there is a box, the box."""
DONE = 0
REASONS = tuple(Reason)
"""An answer is one byte: DONE, or one more than the index of a reason."""
CPU_S = 15
"""For one photo, on all its threads: the slowest that we take, of 50 megapixels, needs some three."""
MEMORY_BYTES = 4 << 30
"""Of addresses: 50 megapixels with transparency need some 1.5 GiB."""


def serve(decode: Decode, shared: mmap.mmap, requests: BinaryIO, answers: BinaryIO) -> None:
    """Decode until the requests end."""
    while len(request := requests.read(REQUEST.size)) == REQUEST.size:
        length, side, boxed, *box = REQUEST.unpack(request)
        _allow_time()
        answers.write(bytes([_answer(decode, shared, length, side, Box(*box) if boxed else None)]))
        answers.flush()


def _answer(decode: Decode, shared: mmap.mmap, length: int, side: int, box: Box | None) -> int:
    try:
        pixels = decode(shared[:length], side, box)
    except Refused as refused:
        return 1 + REASONS.index(refused.reason)
    except MemoryError:
        return 1 + REASONS.index(Reason.BROKEN_PICTURE)
    np.frombuffer(shared, np.uint8, pixels.size)[:] = pixels.reshape(-1)
    return DONE


def _allow_time() -> None:
    """The system ends this process when one photo takes longer than any sound one does."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + CPU_S, hard))


def _prepare() -> None:
    """The worker ends us by closing the pipe: signals for its whole group must not cut a photo off."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # where memory runs out, the kernel shall end this process and not the worker
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the photo
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main(decode: Decode = decode_to_pixels) -> None:
    """The descriptor of the shared mapping is the only argument."""
    _prepare()
    with mmap.mmap(int(sys.argv[1]), 0) as shared:
        serve(decode, shared, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
