"""The parts of a bots process that a lone terminal needs: conversation, senders, clock; no web server."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from bots.conversation import Conversation
from bots.outbox import Outbox
from bots.services import Services
from core.connection import redis_errors
from core.keys import CONVERSATION, SENDERS
from core.settings import Settings
from core.streams import PartitionConsumer, Promoter

UNLINKED_AT_ONCE = 500


async def run_conversation(services: Services, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish what is in hand.

    It takes whatever stands behind the prefix of `services`, so that must be `a_prefix_of_its_own`: what waits in the
    shop's inbox is for channels that no terminal has open.
    """
    name, streams = f"console-{os.getpid()}", services.streams
    conversation, outbox = Conversation(services), Outbox(services)
    inbox = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name=name, handle=conversation.handle)
    replies = PartitionConsumer(streams, kind="replies", group=SENDERS, name=name, handle=outbox.handle)
    try:
        await asyncio.gather(inbox.run(stop), replies.run(stop), Promoter(streams).run(stop))
    finally:
        await conversation.close()


@asynccontextmanager
async def a_prefix_of_its_own(settings: Settings, redis: Redis) -> AsyncIterator[Settings]:
    """Settings whose keys nobody else reads; leaving forgets them all.

    Ours stands before the shop's: the same hash slot on a Redis Cluster, and no pattern of the shop's finds it.
    """
    own = f"console-{uuid.uuid4().hex}:"
    try:
        yield settings.model_copy(update={"redis_prefix": f"{own}{settings.redis_prefix}"})
    finally:
        with redis_errors():
            keys = [key async for key in redis.scan_iter(match=f"{own}*", count=1_000)]
            for first in range(0, len(keys), UNLINKED_AT_ONCE):
                await redis.unlink(*keys[first : first + UNLINKED_AT_ONCE])
