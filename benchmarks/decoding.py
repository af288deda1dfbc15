"""What it costs to decode a photo in a process of its own: the same photos in this process and in a pooled other one.

python -m benchmarks.decoding
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import ground
from core.messages import Box
from index.decoding import Decoders
from index.pictures import RGB, decode_to_pixels
from tests.standins.shop import jpeg

SEED = 11
PHOTOS = 200
SIDE_PX = 800
MODEL_PX = 224

Decode = Callable[[bytes, int, Box | None], RGB]


def run(quick: bool = False) -> dict[str, Any]:
    """Medians over the same photos, taken in turn, of the time that passes and of the time that processors work.

    On a busy machine the first tells mostly how long a process waits for its turn: the second does not.
    """
    count = 40 if quick else PHOTOS
    parameters: dict[str, Any] = {
        "quick": quick,
        "photos": count,
        "side_px": SIDE_PX,
        "model_px": MODEL_PX,
        "seed": SEED,
    }
    photos = [_photo(number) for number in range(count)]
    parameters["bytes_median"] = int(statistics.median(map(len, photos)))
    parameters["load_average"] = round(os.getloadavg()[0], 1)
    ground.announce("decoding", parameters)
    with Decoders() as decoders:
        started = time.perf_counter()
        decoders.decode(photos[0], MODEL_PX)
        start_ms = (time.perf_counter() - started) * 1000
        [pid] = decoders.pids()
        took = [(_took(decode_to_pixels, photo), _took(decoders.decode, photo, pid)) for photo in photos]
    measured: dict[str, float] = {"start_of_child_ms": round(start_ms)}
    for at, what in enumerate(("passed", "worked")):
        own, child = ([both[way][at] for both in took] for way in (0, 1))
        measured |= {
            f"in_process_{what}_ms_median": round(statistics.median(own), 3),
            f"in_child_{what}_ms_median": round(statistics.median(child), 3),
            f"more_{what}_ms_median": round(statistics.median(map(float.__sub__, child, own)), 3),
        }
    return ground.finish("decoding", parameters, measured, quick=quick)


def _photo(number: int) -> bytes:
    """A photo as messengers bring them: smooth, with some grain, about 120 KB."""
    dice = random.Random(SEED * 1000 + number)
    small = Image.frombytes("RGB", (80, 60), dice.randbytes(80 * 60 * 3))
    return jpeg(small.resize((SIDE_PX, SIDE_PX * 3 // 4), Image.Resampling.BICUBIC), quality=dice.randrange(75, 92))


def _took(decode: Decode, photo: bytes, child: int | None = None) -> tuple[float, float]:
    """Milliseconds that passed, and that this thread and the child worked."""
    passed, worked = time.perf_counter(), _worked_s(child)
    decode(photo, MODEL_PX, None)
    return (time.perf_counter() - passed) * 1000, (_worked_s(child) - worked) * 1000


def _worked_s(child: int | None) -> float:
    return time.thread_time() + (decoder_worked_s(child) if child is not None else 0.0)


def decoder_worked_s(pid: int) -> float:
    """Processor time of a decoder so far: it has one thread."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


if __name__ == "__main__":
    run(ground.quick_wanted())
