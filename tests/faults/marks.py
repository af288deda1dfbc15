"""What Redis remembers of jobs and messages when all is over."""

from __future__ import annotations

import json
from typing import Any

from core.keys import Keys
from core.messages import decode_search
from core.streams import Streams
from core.streams.entry import photos_in


class Marks:
    """Read once everything has come to its end."""

    def __init__(self, streams: Streams) -> None:
        self._redis: Any = streams.redis
        self._keys: Keys = streams.keys

    async def letters(self) -> dict[str, tuple[str, int]]:
        """Job → why it was given up and how many photos it stands for; unparsed bodies under their entry's id."""
        rows = await self._redis.xrange(self._keys.dead)
        return {
            row[b"job"].decode() or entry_id.decode(): (row[b"reason"].decode(), photos_in(row[b"data"]))
            for entry_id, row in rows
        }

    async def parts(self, job: str) -> list[str]:
        """The states of the parts of its answer."""
        return [state.decode() for state in await self._redis.hvals(self._keys.parts(job))]

    async def photos(self, job: str) -> int:
        """How many photos were searched by under this job; 0 where it never came to a search."""
        kept = await self._redis.get(self._keys.query(job))
        return decode_search(kept).photos if kept else 0

    async def job_of(self, provider_id: str | None) -> str | None:
        """The job that a message was sent for; None when its process died before it could note that."""
        kept = await self._redis.get(self._keys.sent(provider_id)) if provider_id else None
        return json.loads(kept)[0] if kept else None
