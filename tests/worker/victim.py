"""A real worker process that a test kills: `python -m tests.worker.victim REDIS_URL DATA_DIR hang|die|wait`.

It prints `embedding` when it embeds. hang: for ever; die: killed by the picture of product 5, as by a bug of a decoder
or runtime; wait: until a line comes on standard input.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from core.settings import load_settings
from index.model.contract import Descriptors, Pixels
from index.pictures import decode_to_pixels
from snapshelf.running import run_until_signal
from tests.standins.shop import GatedEmbedder, photo_of
from worker.service import run_worker


class _Victim(GatedEmbedder):
    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self._poison = decode_to_pixels(photo_of(5), self.input_size)

    def embed(self, pixels: Pixels) -> Descriptors:
        print("embedding", flush=True)
        if self._mode == "hang":
            signal.pause()
        if self._mode == "wait":
            sys.stdin.readline()
        if self._mode == "die" and (pixels == self._poison).all(axis=(1, 2, 3)).any():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(pixels)


def main() -> None:
    redis_url, data_dir, mode = sys.argv[1:]
    settings = load_settings(_env_file=None, redis_url=redis_url, data_dir=Path(data_dir), metrics_port=0)

    async def service(stop: asyncio.Event) -> None:
        await run_worker(settings, stop, embedder=_Victim(mode), claim_idle_ms=100)

    run_until_signal(service)


if __name__ == "__main__":
    main()
