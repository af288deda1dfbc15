"""The two channels that end in our own HTTP server: the web chat (`web`) and the search API (`api`).

Their "provider" is Redis: whoever holds the browser's or the program's connection reads there, so that any bots
process may answer what another one took in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from redis.asyncio import Redis

from bots.channel import FORBIDDEN, Outcome, Part, Received, RenderContext, Sent
from bots.web.render import render_message
from core.blobs import Blobs
from core.errors import Reason, Refused
from core.keys import ANSWER_S, WEB_STREAM_S, Keys
from core.limits import Bucket
from core.marks import pass_on
from core.messages import Button, Notice, Progress, Reply, encode


class _OwnServer:
    """What both have in common: nothing to open, to verify, to limit or to acknowledge."""

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        """Requests come through `bots/web/pages.py` and `api.py`, never as a webhook."""
        return FORBIDDEN

    def limits(self, part: Part) -> list[Bucket]:
        """None: our own server sets no rate."""
        return []

    async def typing(self, chat: str) -> None:
        """The page shows that it waits by itself."""

    async def acknowledge(self, button: Button) -> None:
        """The 202 was it."""


class WebChannel(_OwnServer):
    """The web chat."""

    name = "web"
    shows_typing = True
    groups_photos = True

    def __init__(self, redis: Redis, keys: Keys, blobs: Blobs) -> None:
        self._redis, self._keys, self._blobs = redis, keys, blobs

    async def fetch(self, media: str) -> bytes:
        """The photo as the page sent it: `media` is its blob. Raises Refused (photo_expired)."""
        data = await self._blobs.get(media)
        if data is None:
            raise Refused(Reason.PHOTO_EXPIRED)
        return data

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        """One event for the page."""
        return render_message(outgoing, context)

    async def send(self, part: Part) -> Outcome:
        """Append to the session's stream, which the page's connection follows."""
        key = self._keys.web(part.chat.removeprefix("web:"))
        event = json.dumps(part.payload, ensure_ascii=False, separators=(",", ":"))
        await pass_on(self._redis, key, event, into="stream", seconds=WEB_STREAM_S)
        return Sent()


class ApiChannel(_OwnServer):
    """`/api/search`: the answer goes to the list that its request waits on."""

    name = "api"
    shows_typing = True
    groups_photos = True

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    async def fetch(self, media: str) -> bytes:
        """The API's photos are blobs from the start; there is nothing to fetch."""
        raise Refused(Reason.PHOTO_EXPIRED)

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        """The Reply itself."""
        payload = {"reply": encode(outgoing).decode()}
        return [Part(chat=outgoing.chat, job=outgoing.job, number=0, kind="answer", payload=payload)]

    async def send(self, part: Part) -> Outcome:
        """Push to the waiting list; nobody waiting any more means that it expires."""
        key = self._keys.answer(part.job)
        await pass_on(self._redis, key, part.payload["reply"], into="list", seconds=ANSWER_S)
        return Sent()
