"""A desk for tests of the conversation: one fake channel, updates handed in one at a time, what comes out looked at."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bots.actions import Action, mint_all
from bots.channel import Channels
from bots.conversation import Conversation
from bots.delivery import Delivery
from bots.services import Services
from bots.typing_signal import TypingSignals
from core.blobs import Blobs
from core.keys import CONVERSATION, PARTITIONS, SENDERS, WORKERS, Keys, partition_of
from core.leases import Lease, acquire_lease
from core.messages import (
    Button,
    Content,
    Lane,
    Notice,
    Reply,
    Search,
    Update,
    decode_outgoing,
    decode_search,
)
from core.settings import load_settings
from core.spool import Spool
from core.streams import Entry, Streams
from core.streams.reading import read_new
from tests.standins.channel import FakeChannel

CHAT, USER = "fake:1", "fake:u1"
PHOTO = b"\xff\xd8\xff not really a picture"


class Desk:
    """A bots process's conversation with one fake channel; a test hands it updates one at a time."""

    def __init__(self, redis: Redis, keys: Keys, folder: Path, **settings: Any) -> None:
        self.redis: Any = redis
        self.keys = keys
        self.channel = FakeChannel()
        self.channel.photos["one"] = PHOTO
        self.settings = load_settings(data_dir=folder, _env_file=None, **settings)
        self.streams, self.blobs = Streams(redis, keys), Blobs(redis, keys)
        services = Services(
            self.settings,
            redis,
            keys,
            self.streams,
            self.blobs,
            Channels({"fake": self.channel}),
            Delivery(self.streams, Spool(folder / "spool")),
        )
        self.typing = TypingSignals(every_s=0.02)
        self.conversation = Conversation(services, typing=self.typing, slow_s=0.0)
        self._leases: dict[str, Lease] = {}
        self._count = 0

    def update(self, content: Content, *, chat: str = CHAT, user: str = USER, language: str = "en") -> Update:
        self._count += 1
        return Update("fake", f"u{self._count}", chat, user, content, int(time.time() * 1000), language)

    async def accept(self, update: Update) -> Entry:
        """Through the door, and into the hands of the consumer."""
        assert await self.streams.claim_and_append(update)
        [entry] = await read_new(
            self.streams, CONVERSATION, "me", [self.keys.inbox(partition_of(update.chat))], count=1, block_ms=None
        )
        return entry

    async def lease(self, stream: str) -> Lease:
        if stream not in self._leases:
            lease = await acquire_lease(self.redis, self.keys.lease(stream), ms=60_000)
            assert lease is not None
            self._leases[stream] = lease
        return self._leases[stream]

    async def handle(self, entry: Entry) -> None:
        await self.conversation.handle(entry, await self.lease(entry.stream))

    async def say(self, content: Content, **whose: str) -> Update:
        update = self.update(content, **whose)
        await self.handle(await self.accept(update))
        return update

    async def searches(self) -> list[Search]:
        """What waits for the workers; reading it leaves nothing behind."""
        lanes = [self.keys.searches(lane) for lane in Lane.ALL]
        entries = await read_new(self.streams, WORKERS, "w", lanes, count=100, block_ms=None)
        return [decode_search(entry.data) for entry in entries]

    async def said(self) -> list[Reply | Notice]:
        """What waits for the senders."""
        partitions = [self.keys.replies(number) for number in range(PARTITIONS)]
        entries = await read_new(self.streams, SENDERS, "s", partitions, count=100, block_ms=None)
        outgoing = [decode_outgoing(entry.data) for entry in entries]
        return [one for one in outgoing if isinstance(one, Reply | Notice)]

    async def search(self) -> Search:
        [search] = await self.searches()
        return search

    async def answer(self) -> Reply | Notice:
        [answer] = await self.said()
        return answer


async def tap(desk: Desk, action: Action, *, chat: str = CHAT) -> Update:
    [token] = await mint_all(desk.redis, desk.keys, CHAT, "job", [action])
    return await desk.say(Button(token, "callback-1"), chat=chat)
