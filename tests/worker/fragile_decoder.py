"""A decoder with bugs, for tests: `python fragile_decoder.py DESCRIPTOR`. The colour in a photo's middle says which.

Red ends it as a codec with a bug would, green never comes back, blue fills the memory; any other is decoded.
"""

from __future__ import annotations

import os
import signal

from core.messages import Box
from index.pictures import RGB, decode_to_pixels
from worker.decoder import main


def fragile(data: bytes, size: int, box: Box | None) -> RGB:
    pixels = decode_to_pixels(data, size, box)
    red, green, blue = (int(channel) for channel in pixels[size // 2, size // 2])
    if red > 240 and green < 15 and blue < 15:
        os.kill(os.getpid(), signal.SIGSEGV)
    if green > 240 and red < 15 and blue < 15:
        signal.pause()
    if blue > 240 and red < 15 and green < 15:
        return b"x" * (64 << 30)  # type: ignore[return-value]
    return pixels


if __name__ == "__main__":
    main(fragile)
