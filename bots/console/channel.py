"""The channel of the terminal. Its "provider" is Redis, so that any bots process may answer a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping

from redis.asyncio import Redis

from bots.channel import FORBIDDEN, Outcome, Part, Received, RenderContext, Sent
from bots.console.render import render_message
from core.blobs import Blobs
from core.errors import Reason, Refused
from core.keys import WEB_STREAM_S, Keys
from core.limits import Bucket
from core.marks import pass_on
from core.messages import Button, Notice, Progress, Reply

NAME = "console"


def stream_of(keys: Keys, chat: str) -> str:
    """Where the terminal of a chat reads its answers."""
    return keys.web(chat.replace(":", "-", 1))


class ConsoleChannel:
    """See bots.channel.Channel."""

    name = NAME
    shows_typing = True
    groups_photos = True

    def __init__(self, redis: Redis, keys: Keys, blobs: Blobs) -> None:
        self._redis, self._keys, self._blobs = redis, keys, blobs

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        """There is no webhook: the terminal appends its updates itself."""
        return FORBIDDEN

    async def fetch(self, media: str) -> bytes:
        """The photo as the terminal read it: `media` is its blob. Raises Refused (photo_expired)."""
        data = await self._blobs.get(media)
        if data is None:
            raise Refused(Reason.PHOTO_EXPIRED)
        return data

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        """One part of text."""
        return render_message(outgoing, context)

    async def send(self, part: Part) -> Outcome:
        """Append to the stream that the terminal follows."""
        key = stream_of(self._keys, part.chat)
        await pass_on(self._redis, key, json.dumps(part.payload), into="stream", seconds=WEB_STREAM_S)
        return Sent()

    def limits(self, part: Part) -> list[Bucket]:
        """None."""
        return []

    async def typing(self, chat: str) -> None:
        """The terminal shows that it waits by itself."""

    async def acknowledge(self, button: Button) -> None:
        """Nothing waits for it."""
