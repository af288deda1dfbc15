"""The counted way from Open to a product's page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from bots.actions import Action, More, Open, mint_all
from bots.server import build_app
from bots.service import build_services
from core.keys import Keys
from core.settings import load_settings
from core.spool import Spool

LINK = "https://shop.example/a?b=1&c=ü"


async def get(redis: Redis, folder: Path, path: str, **settings: Any) -> tuple[int, str | None]:
    chosen = load_settings(_env_file=None, data_dir=folder, public_url="https://bot.example", **settings)
    services = build_services(chosen, redis, Spool(folder / "spool"))
    async with TestClient(TestServer(build_app(services))) as client:
        response = await client.get(path, allow_redirects=False)
        return response.status, response.headers.get("Location")


async def token(redis: Redis, keys: Keys, action: Action) -> str:
    return (await mint_all(redis, keys, "telegram:1", "job", [action]))[0]


async def test_open_leads_to_the_product_and_is_counted(redis: Redis, keys: Keys, tmp_path: Path) -> None:
    minted = await token(redis, keys, Open("p1", LINK, "telegram"))
    status, location = await get(redis, tmp_path, f"/go/{minted}", count_taps=True)
    assert (status, location) == (302, LINK)
    counted: Any = await redis.hgetall(keys.counts(datetime.now(UTC).date().isoformat()))
    assert counted == {b"telegram:opened": b"1"}


@pytest.mark.parametrize("wrong", ["aaaaaaaaaaaaaaaa", "short", "..%2f..%2fetc"])
async def test_an_unknown_link_leads_nowhere(redis: Redis, tmp_path: Path, wrong: str) -> None:
    assert await get(redis, tmp_path, f"/go/{wrong}", count_taps=True) == (404, None)


async def test_another_buttons_token_is_no_link(redis: Redis, keys: Keys, tmp_path: Path) -> None:
    minted = await token(redis, keys, More("p1"))
    assert await get(redis, tmp_path, f"/go/{minted}", count_taps=True) == (404, None)


async def test_without_the_setting_there_is_no_redirect(redis: Redis, keys: Keys, tmp_path: Path) -> None:
    minted = await token(redis, keys, Open("p1", LINK, "telegram"))
    assert await get(redis, tmp_path, f"/go/{minted}") == (404, None)
