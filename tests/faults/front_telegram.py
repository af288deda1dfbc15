"""Shoppers on Telegram: an answer is an album of pictures and a list with buttons."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from bots.exif import strip_metadata
from core.messages import job_id
from core.streams import Streams
from tests.faults.question import Harms, Question, Saw
from tests.standins.telegram import Bot, TelegramServer
from tests.standins.telegram_faults import Fault
from tests.standins.telegram_updates import sizes_of

ADMIN = 900_000_000
"""Asks for no photos, and is told of trouble too."""
UNFINISHED = ("Reading the feed", "Embedding pictures", "Fitting", "Writing", "Trouble with ")
"""What begins so is no end of what an admin asked for."""
_LISTED = re.compile(r"^2\. ", re.MULTILINE)


class TelegramFront:
    """See question.Messenger."""

    name = "telegram"
    harms = Harms(
        sends=("sendmediagroup", "sendmessage"),
        fetches=("getfile", "file"),
        too_many=tuple({"status": 429, "retry_after": seconds} for seconds in (1, 2, 3)),
        broken=({"status": 500}, {"status": 502, "kind": "html"}, {"status": 503}),
        slow=({"kind": "slow"},),
    )

    def __init__(self, server: TelegramServer, bot: Bot) -> None:
        self._server, self._bot = server, bot
        self._pusher = server.pusher(bot)
        self.questions: list[Question] = []
        self.wishes: list[str] = []
        """Jobs of what the admin asked for."""
        self.faults: list[Any] = server.faults

    async def ask(self, chat: int, products: Sequence[int], photos: Sequence[bytes]) -> None:
        album = str(10_000_000 + chat) if len(photos) > 1 else None
        sent = [await self._pusher.photo(chat, photo, album=album) for photo in photos]
        updates = [f"{self._bot.id}:{pending.update['update_id']}" for pending in sent]
        jobs = [job_id(self.name, update) for update in updates]
        if album is not None:
            jobs = [job_id(self.name, f"album:{album}:{update}") for update in updates] + jobs
        self.questions.append(
            Question(self.name, str(chat), tuple(products), jobs, len(photos), album=album is not None)
        )

    async def wish(self, command: str) -> str:
        """The admin asks for something; its job."""
        pending = await self._pusher.text(ADMIN, command)
        self.wishes.append(job_id(self.name, f"{self._bot.id}:{pending.update['update_id']}"))
        return self.wishes[-1]

    def ends_told(self) -> list[str]:
        """How what the admin asked for ended, as it stands in the chat; progress is one message that changes."""
        texts = [str(message.get("text", "")) for message in self._bot.messages[ADMIN]]
        return [text for text in texts if not text.startswith(UNFINISHED)]

    def sums(self, photo: bytes) -> list[str]:
        return [hashlib.sha256(strip_metadata(kept)).hexdigest() for kept, _, _ in sizes_of(photo)]

    async def quiet(self, streams: Streams) -> bool:
        return not self._pusher.pending()

    def saw(self) -> list[Saw]:
        chats = [(chat, messages) for chat, messages in self._bot.messages.items() if chat != ADMIN]
        return [seen for chat, messages in chats for seen in _seen(chat, messages)]

    def fail(self, call: str, **how: Any) -> Fault:
        return self._server.fail(call, **how)

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        await self._server.wait_for(happened)

    def gone(self) -> AbstractAsyncContextManager[None]:
        return self._server.gone()


def _seen(chat: int, messages: Sequence[dict[str, Any]]) -> list[Saw]:
    """Of an album the first picture stands for all."""
    groups = {message.get("media_group_id") or message["message_id"]: message for message in reversed(messages)}
    found = []
    for message in sorted(groups.values(), key=lambda message: int(message["message_id"])):
        text = str(message.get("caption") or message.get("text") or "")
        what = "album" if "media_group_id" in message else "list" if _LISTED.search(text) else "sentence"
        needs = frozenset({"album"}) if what == "list" else None
        provider_id = f"telegram:{chat}:{message['message_id']}"
        found.append(Saw(str(chat), what, text, message["date"], provider_id, needs=needs))
    return found
