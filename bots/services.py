"""What the parts of a bots process share, put together once (`bots/service.py`) and handed to each."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from bots.channel import Channels
from bots.delivery import Delivery
from core.blobs import Blobs
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams


@dataclass(frozen=True)
class Services:
    """Settings and connections of one bots process."""

    settings: Settings
    redis: Redis
    keys: Keys
    streams: Streams
    blobs: Blobs
    channels: Channels
    delivery: Delivery
