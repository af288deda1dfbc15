"""A process that does nothing but decode pictures, one after the other, for `index.decoding`.

What a codec may do to it (crash, loop, fill the memory) it does to this process alone, which knows no secret: its
environment is bare. Requests come on standard input, answers go to standard output, the pictures and then what was made
of them lie in a shared mapping. It ends when standard input does, whatever happened to who started it.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import resource
import signal
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from core.box import Box
from core.errors import Reason, Refused
from index.memory import keep_freed_memory
from index.pictures import RGB, Prepared, decode_to_pixels, prepare

_Made = TypeVar("_Made")

REQUEST = struct.Struct("<HIH?4d")
"""How many pictures to prepare (0: one photo to decode), bytes of all, side of the model's square, whether there is a
box, the box. Of pictures to prepare the lengths follow."""
LENGTH = struct.Struct("<I")
ANSWER = struct.Struct("<BI")
"""For each picture: DONE, or one more than the index of a reason; bytes of the JPEG to keep."""
DONE = 0
REASONS = tuple(Reason)
CPU_S = 15
"""For one picture, on all its threads: the slowest that we take, of 50 megapixels, needs some three."""
MEMORY_BYTES = 4 << 30
"""Of addresses: 50 megapixels with transparency need some 1.5 GiB."""


@dataclass(frozen=True, slots=True)
class Codecs:
    """What is done with the bytes: replaced by tests."""

    decode: Callable[[bytes, int, Box | None], RGB] = decode_to_pixels
    prepare: Callable[[bytes, int], Prepared] = prepare


def serve(codecs: Codecs, shared: mmap.mmap, requests: BinaryIO, answers: BinaryIO) -> None:
    """Decode until the requests end."""
    while len(request := requests.read(REQUEST.size)) == REQUEST.size:
        count, length, side, boxed, *box = REQUEST.unpack(request)
        if count:
            lengths = [LENGTH.unpack(requests.read(LENGTH.size))[0] for _ in range(count)]
            told = _prepared(codecs, shared, lengths, side)
        else:
            told = _decoded(codecs, shared, length, side, Box(*box) if boxed else None)
        answers.write(told)
        answers.flush()


def _decoded(codecs: Codecs, shared: mmap.mmap, length: int, side: int, box: Box | None) -> bytes:
    pixels = _or_reason(partial(codecs.decode, shared[:length], side, box))
    if isinstance(pixels, Reason):
        return _refusal(pixels)
    np.frombuffer(shared, np.uint8, pixels.size)[:] = pixels.reshape(-1)
    return ANSWER.pack(DONE, 0)


def _prepared(codecs: Codecs, shared: mmap.mmap, lengths: list[int], side: int) -> bytes:
    """Of each picture its pixels and its JPEG, one behind the other from the start of the mapping."""
    ends = itertools.accumulate(lengths)
    pictures = [shared[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    told, at = [], 0
    for data in pictures:
        made = _or_reason(partial(codecs.prepare, data, side))
        if isinstance(made, Reason):
            told.append(_refusal(made))
            continue
        told.append(ANSWER.pack(DONE, len(made.jpeg)))
        for piece in (np.ascontiguousarray(made.pixels).data.cast("B"), made.jpeg):
            shared[at : at + len(piece)] = piece
            at += len(piece)
    return b"".join(told)


def _or_reason(make: Callable[[], _Made]) -> _Made | Reason:
    _allow_time()
    try:
        return make()
    except Refused as refused:
        return refused.reason
    except MemoryError:
        return Reason.BROKEN_PICTURE


def _refusal(reason: Reason) -> bytes:
    return ANSWER.pack(1 + REASONS.index(reason), 0)


def _allow_time() -> None:
    """The system ends this process when one picture takes longer than any sound one does."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + CPU_S, hard))


def _prepare_process() -> None:
    """Who started us ends us by closing the pipe: signals for its whole group must not cut a picture off."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # where memory runs out, the kernel shall end this process and not its parent
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the picture
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    keep_freed_memory()


def main(codecs: Codecs = Codecs()) -> None:
    """The descriptor of the shared mapping is the only argument."""
    _prepare_process()
    with mmap.mmap(int(sys.argv[1]), 0) as shared:
        serve(codecs, shared, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
