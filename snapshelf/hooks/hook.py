"""What `snapshelf webhooks` asks of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a provider brings updates to."""

    lines: tuple[str, ...]
    """For a terminal."""
    data: Mapping[str, object]
    """For --json."""


class Hook(Protocol):
    """The webhook of one channel. Each method raises SettingsError before it asks anybody, else SnapshelfError."""

    def is_on(self, settings: Settings) -> bool:
        """Whether the channel has its token."""
        ...

    async def set(self, settings: Settings) -> str:
        """Let the provider bring updates to PUBLIC_URL; a sentence that says so."""
        ...

    async def show(self, settings: Settings) -> Shown: ...

    async def delete(self, settings: Settings) -> str:
        """Let the provider bring nothing any more; a sentence that says what follows from that."""
        ...
