"""Gets published weights and believes them only when their checksum is right."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import aiohttp

from core.errors import Unavailable
from index.model.contract import ModelFileError
from index.model.registry import Published

CHUNK = 1 << 18
MOST_BYTES = 700 * 1024 * 1024
"""The largest published file (torchvision's, with all dense layers) has 553 MB."""
TIMEOUTS = aiohttp.ClientTimeout(total=3600, sock_connect=15, sock_read=60)

Progress = Callable[[int, int | None], None]
"""Called with bytes so far and in all (None: not told)."""


async def download(
    published: Published, target: Path, *, url: str | None = None, progress: Progress | None = None
) -> None:
    """Fetch to `target`, which is there afterwards only if the checksum was right.

    `url`: a mirror; the checksum stays the published one. Raises `Unavailable` where the network does not give the
    file, `ModelFileError` where it gives another one.
    """
    address = url or published.url
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        await _stream(published, address, part, progress or (lambda done, total: None))
        part.replace(target)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(
            f"{address} can't be reached from here ({type(error).__name__}): download it on another machine, copy it "
            f"here and run `snapshelf model export {target.name} -o {published.name}.onnx`."
        ) from None
    finally:
        part.unlink(missing_ok=True)


async def _stream(published: Published, address: str, part: Path, progress: Progress) -> None:
    digest = hashlib.new(published.algorithm, usedforsecurity=False)
    done = 0
    async with (
        aiohttp.ClientSession(timeout=TIMEOUTS, trust_env=True) as session,
        session.get(address, raise_for_status=True) as response,
    ):
        with part.open("wb") as file:
            async for chunk in response.content.iter_chunked(CHUNK):
                done += len(chunk)
                if done > (published.bytes or MOST_BYTES):
                    raise _other_file(address, published)
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
                progress(done, published.bytes or response.content_length)
    if published.bytes not in (None, done) or not digest.hexdigest().startswith(published.digest):
        raise _other_file(address, published)


def _other_file(address: str, published: Published) -> ModelFileError:
    return ModelFileError(
        f"{address} gave another file than the published {published.name} weights (its {published.algorithm} differs): "
        "nothing was kept; try again or use another address."
    )
