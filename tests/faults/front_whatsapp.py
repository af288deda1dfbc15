"""Shoppers on WhatsApp: an answer is up to three pictures with captions and a list to choose from."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from bots.exif import strip_metadata
from core.messages import job_id
from core.streams import Streams
from core.tasks import end
from tests.faults.question import Harms, Question, Saw
from tests.standins.twilio import TwilioServer
from tests.standins.twilio_faults import Fault
from tests.standins.twilio_people import sid

FIRST_NUMBER = 15_551_000_000
LATE = ((63019, "media"), (63018, None), (63009, None), (63005, "content"))
"""What a message fails with after it was taken, and which messages can."""
_CARD = re.compile(r"^(\d)\. Product", re.MULTILINE)
_ROW = re.compile(r"^\d+\. More like", re.MULTILINE)
_MORE = "More like"


class WhatsAppFront:
    """See question.Messenger."""

    name = "whatsapp"
    harms = Harms(
        sends=("messages",),
        fetches=("media", "cdn"),
        too_many=({"code": 20429},),
        broken=({"code": 20500}, {"kind": "html", "status": 502}, {"kind": "html", "status": 503}),
    )

    def __init__(self, server: TwilioServer) -> None:
        self._server = server
        self._bringing: set[asyncio.Task[None]] = set()
        self.questions: list[Question] = []
        self.faults: list[Any] = server.faults

    async def ask(self, chat: int, products: Sequence[int], photos: Sequence[bytes]) -> None:
        """One photo a message. Twilio tries for 15 s, and what it gives up is lost."""
        person = self._server.person(f"+{FIRST_NUMBER + chat}")
        for at, photo in enumerate(photos):
            message = sid("MM")
            asked = tuple(products[at : at + 1])
            question = Question(self.name, person.address, asked, [job_id(self.name, message)], taken=False)
            self.questions.append(question)
            task = asyncio.create_task(self._bring(question, person.photo(photo, MessageSid=message)))
            self._bringing.add(task)
            task.add_done_callback(self._bringing.discard)

    async def _bring(self, question: Question, sending: Any) -> None:
        question.taken = await sending // 100 == 2

    async def close(self) -> None:
        await end(*self._bringing)

    def sums(self, photo: bytes) -> list[str]:
        return [hashlib.sha256(strip_metadata(photo)).hexdigest()]

    async def quiet(self, streams: Streams) -> bool:
        return not self._bringing and not self._server.statuses.tasks

    def saw(self) -> list[Saw]:
        told = [message for message in self._server.messages if message["status"] == "delivered" or _untold(message)]
        return [_seen(message) for message in told]

    def failing_later(self, code: int, only: str | None, times: int) -> Any:
        """The next messages are taken and then fail."""
        return self._server.fail_later(code, only=only, times=times)

    def fail(self, call: str, **how: Any) -> Fault:
        return self._server.fail(call, **how)

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        await self._server.wait_for(happened)

    def gone(self) -> AbstractAsyncContextManager[None]:
        return self._server.gone()


def _untold(message: dict[str, Any]) -> bool:
    return message["status"] == "failed" and int(message.get("told", 0)) // 100 != 2


def _seen(message: dict[str, Any]) -> Saw:
    provider_id, untold = f"whatsapp:{message['sid']}", _untold(message)
    text, rows = str(message["body"]), 0
    if message["type"] is not None:
        shape = message["shape"]
        items = [item for item in shape.get("items", []) if item["item"].startswith(_MORE)]
        rows = len(items)
        text = "\n".join([shape.get("body", ""), *(item["description"] for item in items)])
    rows = rows or len(_ROW.findall(text))
    card = _CARD.search(text)
    if rows:
        needs = frozenset(f"picture {number}" for number in range(1, rows + 1))
        return Saw(message["to"], "list", text, 0, provider_id, needs=needs, untold=untold)
    what = f"picture {card[1]}" if card else "sentence"
    return Saw(message["to"], what, text, 0, provider_id, untold=untold)
