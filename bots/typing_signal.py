"""“Typing …” while a search is open: best effort, never in anybody's way, not durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from bots.channel import Channel
from core.tasks import end

EVERY_S = 4.0
"""Telegram shows it for 5 s."""
LONGEST_S = 60.0
AT_ONCE = 500
"""More chats than this see no signal; the answers matter more."""

IsOpen = Callable[[], Awaitable[bool]]


class TypingSignals:
    """The signals that this process shows."""

    def __init__(self, *, every_s: float = EVERY_S, longest_s: float = LONGEST_S) -> None:
        self._every_s, self._longest_s = every_s, longest_s
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def show(self, channel: Channel, chat: str, still_open: IsOpen) -> None:
        """Show it in this chat until the question is answered; once at a time however often it is asked for."""
        if chat in self._tasks or len(self._tasks) >= AT_ONCE:
            return
        task = asyncio.create_task(self._show(channel, chat, still_open))
        self._tasks[chat] = task
        task.add_done_callback(lambda _: self._tasks.pop(chat, None))

    async def idle(self) -> None:
        """Returns when none is shown."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop all of them."""
        await end(*self._tasks.values())

    async def _show(self, channel: Channel, chat: str, still_open: IsOpen) -> None:
        # Suppressed broadly: nothing that goes wrong here may reach a shopper, or the log in a flood.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._longest_s):
                await channel.typing(chat)
                while True:
                    await asyncio.sleep(self._every_s)
                    if not await still_open():
                        return
                    await channel.typing(chat)
