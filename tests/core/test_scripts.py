"""A script runs on a server that has just restarted, however often it does."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.scripts import Scripts


async def test_a_server_that_forgets_its_scripts_before_every_call_gets_them_with_it(
    redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = redis.evalsha

    async def restarted(*args: Any) -> Any:
        await redis.script_flush()
        return await call(*args)

    monkeypatch.setattr(redis, "evalsha", restarted)
    assert await Scripts(redis).run("lease_take", [keys.singleton("it")], ["me", 1000]) == 1
    assert await Scripts(redis).run("lease_take", [keys.singleton("it")], ["you", 1000]) == 0
