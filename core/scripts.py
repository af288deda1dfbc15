"""Our Lua scripts, called by name; a server that does not know one, or forgot it, gets it again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError


@cache
def source(name: str) -> str:
    """The text of `core/lua/‹name›.lua`."""
    return (resources.files("core") / "lua" / f"{name}.lua").read_text()


@cache
def _sha(name: str) -> str:
    return hashlib.sha1(source(name).encode(), usedforsecurity=False).hexdigest()  # the protocol's name of a script


class Scripts:
    """The scripts on one client."""

    def __init__(self, redis: Redis) -> None:
        self.redis: Any = redis

    async def run(self, name: str, keys: Sequence[str], args: Sequence[str | bytes | int | float]) -> Any:
        """What the script returns. Scripts without a shebang may finish at the memory limit once they wrote.

        An unknown one goes along with the call: a server that restarts between load and call would forget it again.
        """
        try:
            return await self.redis.evalsha(_sha(name), len(keys), *keys, *args)
        except NoScriptError:
            return await self.redis.eval(source(name), len(keys), *keys, *args)
