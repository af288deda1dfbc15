"""Redis Streams as this service uses them: `design` in docs/architecture.md, the promise in `streams.py`."""

from core.streams.admin import AdminQueue, Item
from core.streams.entry import Entry, Output, PartState, RetryState
from core.streams.group import GroupConsumer
from core.streams.partitions import PartitionConsumer
from core.streams.promoter import Promoter
from core.streams.streams import Streams

__all__ = [
    "AdminQueue",
    "Entry",
    "GroupConsumer",
    "Item",
    "Output",
    "PartState",
    "PartitionConsumer",
    "Promoter",
    "RetryState",
    "Streams",
]
