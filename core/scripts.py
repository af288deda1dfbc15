"""Our Lua scripts, loaded once and called by name; a server that forgot one gets it again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from redis.asyncio import Redis
from redis.commands.core import AsyncScript


@cache
def source(name: str) -> str:
    """The text of `core/lua/‹name›.lua`."""
    return (resources.files("core") / "lua" / f"{name}.lua").read_text()


class Scripts:
    """The scripts on one client."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._loaded: dict[str, AsyncScript] = {}

    async def run(self, name: str, keys: Sequence[str], args: Sequence[str | bytes | int | float]) -> Any:
        """What the script returns. Scripts without a shebang may finish at the memory limit once they wrote."""
        script = self._loaded.get(name)
        if script is None:
            script = self._loaded[name] = self.redis.register_script(source(name))
        return await script(keys=keys, args=args)
