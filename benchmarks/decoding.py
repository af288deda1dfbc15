"""What it costs to decode a photo in a process of its own: the same photos in this process and in a pooled other one.

python -m benchmarks.decoding
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from benchmarks import ground
from core.messages import Box
from index.pictures import RGB, decode_to_pixels
from tests.standins.shop import jpeg
from worker.decoding import Decoders

SEED = 11
PHOTOS = 40
ROUNDS = 20
"""Of each photo the quickest counts: what else the machine does is not asked here."""
SIDE_PX = 800
MODEL_PX = 224

Decode = Callable[[bytes, int, Box | None], RGB]


def run(quick: bool = False) -> dict[str, Any]:
    """Median and p95 of each way over the same photos, taken in turn so that the machine treats both alike."""
    count = 40 if quick else PHOTOS
    parameters = {
        "quick": quick,
        "photos": count,
        "rounds": ROUNDS,
        "side_px": SIDE_PX,
        "model_px": MODEL_PX,
        "seed": SEED,
    }
    photos = [_photo(number) for number in range(count)]
    parameters["bytes_median"] = int(statistics.median(map(len, photos)))
    ground.announce("decoding", parameters)
    with Decoders() as decoders:
        started = time.perf_counter()
        decoders.warm()
        decoders.decode(photos[0], MODEL_PX)
        start_ms = (time.perf_counter() - started) * 1000
        took: dict[str, list[float]] = {"in_process": [], "in_child": []}
        for photo in photos:
            rounds = [(_ms(decode_to_pixels, photo), _ms(decoders.decode, photo)) for _ in range(ROUNDS)]
            for way, values in zip(took, zip(*rounds, strict=True), strict=True):
                took[way].append(min(values))
    measured = {
        f"{way}_ms_{name}": round(value, 3)
        for way, values in took.items()
        for name, value in (("median", statistics.median(values)), ("p95", statistics.quantiles(values, n=20)[-1]))
    }
    more = [child - own for own, child in zip(took["in_process"], took["in_child"], strict=True)]
    measured |= {"more_ms_median": round(statistics.median(more), 3), "start_of_child_ms": round(start_ms)}
    return ground.finish("decoding", parameters, measured, quick=quick)


def _photo(number: int) -> bytes:
    """A photo as messengers bring them: smooth, with some grain, about 120 KB."""
    dice = random.Random(SEED * 1000 + number)
    small = Image.frombytes("RGB", (80, 60), dice.randbytes(80 * 60 * 3))
    return jpeg(small.resize((SIDE_PX, SIDE_PX * 3 // 4), Image.Resampling.BICUBIC), quality=dice.randrange(75, 92))


def _ms(decode: Decode, photo: bytes) -> float:
    started = time.perf_counter()
    decode(photo, MODEL_PX, None)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    run(ground.quick_wanted())
