"""A channel without a provider: hands out photos it was given, records what is asked of it, fails when told to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from bots.channel import FORBIDDEN, Outcome, Part, Received, RenderContext, Sent
from bots.texts import notice_text, reply_text
from core.errors import Reason, Refused
from core.limits import Limit
from core.messages import Button, Notice, Progress, Reply


class FakeChannel:
    """See bots.channel.Channel. Its chats are `fake:‹anything›`, its media are the names in `photos`."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.shows_typing = True
        self.groups_photos = True
        self.photos: dict[str, bytes | list[bytes | Exception] | Exception] = {}
        """What `fetch` gives or raises; a list: one after the other, its last for good."""
        self.fetched: list[str] = []
        self.fetching: asyncio.Queue[str] = asyncio.Queue()
        """Each fetch as it begins, for a test to wait for."""
        self.sent: list[Part] = []
        self.typed: defaultdict[str, int] = defaultdict(int)
        self.typing_seen = asyncio.Event()
        self.acknowledged: list[Button] = []
        self.outcomes: list[Outcome] = []
        """What `send` says, one after the other, then Sent."""
        self.broken = False
        """Typing and acknowledging raise."""
        self.fetch_gate = asyncio.Event()
        self.fetch_gate.set()

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        return FORBIDDEN

    async def fetch(self, media: str) -> bytes:
        self.fetched.append(media)
        self.fetching.put_nowait(media)
        await self.fetch_gate.wait()
        photo = self.photos.get(media, Refused(Reason.PHOTO_EXPIRED))
        if isinstance(photo, list):
            photo = photo.pop(0) if len(photo) > 1 else photo[0]
        if isinstance(photo, Exception):
            raise photo
        return photo

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        match outgoing:
            case Reply():
                text = reply_text(outgoing)
            case Notice():
                text = notice_text(outgoing, context.shop_name)
            case Progress():
                text = outgoing.text
        return [Part(outgoing.chat, outgoing.job, 0, "text", {"text": text})]

    async def send(self, part: Part) -> Outcome:
        self.sent.append(part)
        return self.outcomes.pop(0) if self.outcomes else Sent((f"{self.name}-{len(self.sent)}",))

    def limits(self, part: Part) -> list[Limit]:
        return []

    async def typing(self, chat: str) -> None:
        self.typed[chat] += 1
        self.typing_seen.set()
        if self.broken:
            raise ConnectionError("no typing today")

    async def acknowledge(self, button: Button) -> None:
        self.acknowledged.append(button)
        if self.broken:
            raise ConnectionError("no acknowledging today")
