"""The shopper's side of the stand-in: what people send, and how Telegram brings it to a bot.

As in the real server's source: one FIFO a chat (callback queries have one for each user), a refused update comes
again at once, then after 2, 4, 8 ... s, any 2xx ends it; a callback query lives for 150 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.telegram_faults import ApiError

if TYPE_CHECKING:
    from tests.standins.telegram import Bot, TelegramServer

SIDES = (90, 320, 800, 1280)
"""Longer sides of the sizes in which Telegram keeps a photo."""
CALLBACK_LIVES_S = 150.0
Json = dict[str, Any]


def sizes_of(data: bytes) -> list[tuple[bytes, int, int]]:
    """The photo as Telegram keeps it: small ones first, re-encoded, the original's size at most."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    longest = max(image.size)
    sides = [side for side in SIDES if side < longest] + ([longest] if longest < SIDES[-1] else [SIDES[-1]])
    kept = []
    for side in sides:
        smaller = image.copy()
        smaller.thumbnail((side, side))
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=85)
        kept.append((out.getvalue(), *smaller.size))
    return kept


@dataclass
class Pending:
    """An update on its way."""

    update: Json
    queue: str
    since: float = field(default_factory=time.monotonic)
    tries: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Pusher:
    """Keeps a bot's updates and delivers them by webhook, or hands them to getUpdates."""

    def __init__(self, server: TelegramServer, bot: Bot) -> None:
        self._server, self._bot = server, bot
        self._ids = itertools.count(700_000_000)
        self._message_ids = itertools.count(1)
        self._waiting: list[Pending] = []
        self._changed = asyncio.Condition()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._poll = 0
        self._session: aiohttp.ClientSession | None = None
        self.duplicates = 0
        """Deliver every update so many times more, although it was accepted."""
        self.statuses: list[int] = []
        """What the webhook answered."""
        self.resend_s = (0.0, 2.0, 4.0, 8.0)

    def pending(self) -> int:
        return len(self._waiting)

    def webhook_changed(self, *, drop: bool) -> None:
        if drop:
            self._waiting.clear()
        for pending in self._waiting:
            self._start(pending.queue)

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    # --- what people do ---------------------------------------------------------------------------------------

    async def photo(self, chat: int, data: bytes, **more: Any) -> Pending:
        """A photo, in the sizes that Telegram makes of it; `caption`, `album`, `thread`, `user` as wanted."""
        return await self.message(chat, {"photo": self.sizes(data)}, **more)

    def sizes(self, data: bytes) -> list[Json]:
        """A photo as a message names it, its bytes kept for getFile."""
        return [size for kept in sizes_of(data) for size in self._server.keep(*kept)]

    async def document(self, chat: int, data: bytes, mime: str, name: str, **more: Any) -> Pending:
        """A picture sent as a file."""
        file_id = self._server.keep(data, 0, 0)[0]["file_id"]
        document = {"file_id": file_id, "file_unique_id": file_id[-8:], "mime_type": mime, "file_name": name}
        return await self.message(chat, {"document": document | {"file_size": len(data)}}, **more)

    async def text(self, chat: int, text: str, **more: Any) -> Pending:
        """Words, or a command."""
        content: Json = {"text": text}
        if text.startswith("/"):
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        return await self.message(chat, content, **more)

    async def message(
        self,
        chat: int,
        content: Json,
        *,
        user: int | None = None,
        caption: str | None = None,
        album: str | None = None,
        thread: int | None = None,
        language: str | None = "en",
    ) -> Pending:
        """Any message."""
        self._bot.known.add(chat)
        sender = {"id": user or abs(chat), "is_bot": False, "first_name": "A"}
        message: Json = {
            "message_id": next(self._message_ids),
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": sender | ({"language_code": language} if language else {}),
        } | content
        message |= {"caption": caption} if caption else {}
        message |= {"media_group_id": album} if album else {}
        if thread is not None:
            self._bot.threads.add((chat, thread))
            message |= {"message_thread_id": thread, "is_topic_message": True}
        return await self.push({"message": message}, f"chat:{chat}")

    async def tap(self, chat: int, data: str, *, message: Json | None = None) -> Pending:
        """A button of a message of ours."""
        query = str(next(self._ids) * 1000)
        self._bot.callbacks[query] = time.monotonic()
        about = message or self._bot.messages[chat][-1]
        sender = {"id": abs(chat), "is_bot": False, "first_name": "A", "language_code": "en"}
        content = {"id": query, "from": sender, "message": about, "chat_instance": "1", "data": data}
        return await self.push({"callback_query": content}, f"user:{chat}")

    async def block(self, chat: int, *, unblock: bool = False) -> Pending:
        """The user blocks the bot, or takes it back."""
        (self._bot.blocked.discard if unblock else self._bot.blocked.add)(chat)
        user = {"id": chat, "is_bot": False, "first_name": "A"}
        bot = {"id": self._bot.id, "is_bot": True, "first_name": "Shelf"}
        away: Json = {"user": bot, "status": "kicked", "until_date": 0}
        there: Json = {"user": bot, "status": "member"}
        change: Json = {"chat": {"id": chat, "type": "private"}, "from": user, "date": int(time.time())}
        change |= {"old_chat_member": away if unblock else there, "new_chat_member": there if unblock else away}
        return await self.push({"my_chat_member": change}, f"chat:{chat}")

    async def push(self, content: Json, queue: str) -> Pending:
        """Any update."""
        pending = Pending({"update_id": next(self._ids)} | content, queue)
        async with self._changed:
            self._waiting.append(pending)
            self._changed.notify_all()
        if self._bot.webhook is not None:
            self._start(queue)
        return pending

    async def delivered(self) -> None:
        """Returns when nothing waits any more."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting)

    # --- webhook ----------------------------------------------------------------------------------------------

    def _start(self, queue: str) -> None:
        task = self._tasks.get(queue)
        if task is None or task.done():
            self._tasks[queue] = asyncio.create_task(self._deliver(queue))

    async def _deliver(self, queue: str) -> None:
        while self._bot.webhook is not None:
            pending = next((p for p in self._waiting if p.queue == queue), None)
            if pending is None:
                return
            if "callback_query" in pending.update and time.monotonic() - pending.since > CALLBACK_LIVES_S:
                await self._end(pending)
                continue
            if await self._post(pending.update):
                for _ in range(self.duplicates):
                    await self._post(pending.update)
                await self._end(pending)
                continue
            await asyncio.sleep(self.resend_s[min(pending.tries, len(self.resend_s) - 1)])
            pending.tries += 1

    async def _post(self, update: Json) -> bool:
        hook = self._bot.webhook
        if hook is None:
            return False
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=hook["max"]))
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
        try:
            async with self._session.post(hook["url"], json=update, headers=headers) as answer:
                self.statuses.append(answer.status)
                return 200 <= answer.status < 300
        except aiohttp.ClientError:
            self.statuses.append(0)
            return False

    async def _end(self, pending: Pending) -> None:
        async with self._changed:
            with contextlib.suppress(ValueError):
                self._waiting.remove(pending)
            pending.done.set()
            self._changed.notify_all()

    # --- polling ----------------------------------------------------------------------------------------------

    async def poll(self, offset: int | None, limit: int, timeout_s: float) -> list[Json]:
        """getUpdates; a second one ends the first with 409."""
        self._poll += 1
        mine = self._poll
        if offset is not None:
            for pending in [p for p in self._waiting if p.update["update_id"] < offset]:
                await self._end(pending)
        async with self._changed:
            self._changed.notify_all()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: self._waiting or self._poll != mine or self._bot.webhook), timeout_s
                )
        if self._poll != mine:
            text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            raise ApiError(409, text)
        return [pending.update for pending in self._waiting[:limit]]


def grouped(messages: list[Json]) -> dict[str, list[Json]]:
    """Messages of a chat by album; those that stand alone under their id."""
    groups: dict[str, list[Json]] = defaultdict(list)
    for message in messages:
        groups[str(message.get("media_group_id") or message["message_id"])].append(message)
    return dict(groups)
