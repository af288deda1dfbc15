"""The parts of a bots process that a lone terminal needs: conversation, senders, clock; no web server."""

from __future__ import annotations

import asyncio
import os

from bots.conversation import Conversation
from bots.outbox import Outbox
from bots.services import Services
from core.keys import CONVERSATION, SENDERS
from core.streams import PartitionConsumer, Promoter


async def run_conversation(services: Services, stop: asyncio.Event) -> None:
    """Work until `stop`, then finish what is in hand."""
    name, streams = f"console-{os.getpid()}", services.streams
    conversation, outbox = Conversation(services), Outbox(services)
    inbox = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name=name, handle=conversation.handle)
    replies = PartitionConsumer(streams, kind="replies", group=SENDERS, name=name, handle=outbox.handle)
    try:
        await asyncio.gather(inbox.run(stop), replies.run(stop), Promoter(streams).run(stop))
    finally:
        await conversation.close()
