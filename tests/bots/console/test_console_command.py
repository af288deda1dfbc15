"""`snapshelf console` as a person starts it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from core.messages import Photo, Update
from core.streams import AdminQueue, Streams
from index.model.runtime import Embedder
from tests.paths import ROOT
from tests.standins.shop import open_shop, photo_of

pytestmark = pytest.mark.slow


async def console(redis_url: str, data_dir: Path, typed: str, *photos: Path) -> tuple[int | None, str, str]:
    """Exit code, output and error output."""
    environment = os.environ | {"SNAPSHELF_REDIS_URL": redis_url, "SNAPSHELF_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "snapshelf", "console", *map(str, photos)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate(typed.encode())
    return process.returncode, out.decode(), err.decode()


async def test_a_console_without_an_index_says_what_to_run(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    code, _, said = await console(redis_url, tmp_path, "")
    assert code == 1
    assert "snapshelf reindex FEED" in said
    assert "Traceback" not in said


async def test_a_console_answers_with_the_built_in_model_and_leaves_at_an_empty_line(
    streams: Streams, redis_url: str, tmp_path: Path
) -> None:
    shop = open_shop(tmp_path)
    await asyncio.to_thread(shop.publish, embedder=Embedder.load(threads=1))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(photo_of(4))
    await streams.claim_and_append(Update("telegram", "1:1", "telegram:7", "telegram:7", Photo("file"), at=1))
    code, out, said = await console(redis_url, shop.settings.data_dir, f"{photo}\nnext\n\n")
    assert (code, said.strip()) == (0, "Loading the model …")
    assert "  1. Product 4 in wool" in out
    assert out.count("This comes closest") + out.count("the nearest are") == 2
    assert [item.state for item in await AdminQueue(streams).list()] == ["waiting"], "it is for a bot, not for us"
    assert await streams.redis.keys("console-*") == []
