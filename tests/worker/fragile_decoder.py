"""A decoder with bugs, for tests: `python fragile_decoder.py DESCRIPTOR`. The colour in a photo's middle says which.

Red ends it as a codec with a bug would, green never comes back, blue fills the memory; any other is decoded.
"""

from __future__ import annotations

import os
import signal

from core.messages import Box
from index import pictures
from index.decoder import Codecs, main
from index.pictures import RGB, Prepared, decode_to_pixels


def decode(data: bytes, size: int, box: Box | None) -> RGB:
    pixels = decode_to_pixels(data, size, box)
    _stumble(pixels)
    return pixels


def prepare(data: bytes, side: int) -> Prepared:
    made = pictures.prepare(data, side)
    _stumble(made.pixels)
    return made


def _stumble(pixels: RGB) -> None:
    red, green, blue = (int(channel) for channel in pixels[len(pixels) // 2, len(pixels) // 2])
    if red > 240 and green < 15 and blue < 15:
        os.kill(os.getpid(), signal.SIGSEGV)
    if green > 240 and red < 15 and blue < 15:
        signal.pause()
    if blue > 240 and red < 15 and green < 15:
        bytes(64 << 30)


if __name__ == "__main__":
    main(Codecs(decode, prepare))
