"""Shoppers on Viber: an answer is a carousel; where that was refused, pictures and a list."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from bots.exif import strip_metadata
from core.messages import job_id
from core.streams import Streams
from tests.faults.question import Harms, Question, Saw
from tests.standins.viber import Bot, ViberServer
from tests.standins.viber_faults import Fault
from tests.standins.viber_people import Event, buttons_of

RESEND_S = (1.0, 2.0, 4.0) + (8.0,) * 400
"""Viber comes again for an hour."""
_NUMBERED = re.compile(r"^(\d+)\. ", re.MULTILINE)
_HTTP = tuple({"kind": "http", "status": status} for status in (500, 502, 503))


class ViberFront:
    """See question.Messenger."""

    name = "viber"
    harms = Harms(
        sends=("send_message",),
        fetches=("media",),
        too_many=({"call": "send_message", "status": 12}, {"kind": "http", "status": 429}),
        broken=_HTTP,
    )

    def __init__(self, server: ViberServer, bot: Bot) -> None:
        self._server, self._bot = server, bot
        self._people = server.people(bot)
        self._people.resend_s = RESEND_S
        self._events: list[Event] = []
        self.questions: list[Question] = []
        self.faults: list[Any] = server.faults

    async def ask(self, chat: int, products: Sequence[int], photos: Sequence[bytes]) -> None:
        """Viber knows no albums."""
        user = f"shopper{chat:06}="
        for at, photo in enumerate(photos):
            event = await self._people.photo(user, photo)
            self._events.append(event)
            job = job_id(self.name, f"message:{json.loads(event.body)['message_token']}:{user}")
            self.questions.append(Question(self.name, user, tuple(products[at : at + 1]), [job]))

    def sums(self, photo: bytes) -> list[str]:
        return [hashlib.sha256(strip_metadata(photo)).hexdigest()]

    async def quiet(self, streams: Streams) -> bool:
        return self._people.idle

    def saw(self) -> list[Saw]:
        return [_seen(user, message) for user, messages in list(self._bot.messages.items()) for message in messages]

    def refusing(self, what: str | None) -> None:
        """From now on the phones of all who wrote refuse this (`rich_media`, `keyboard`); None: nothing."""
        for user in self._bot.users.values():
            user.refuses = what

    def fail(self, call: str, **how: Any) -> Fault:
        return self._server.fail(call, **how)

    async def wait_for(self, happened: Callable[[], bool]) -> None:
        await self._server.wait_for(happened)

    def gone(self) -> AbstractAsyncContextManager[None]:
        return self._server.gone()


def _seen(user: str, message: dict[str, Any]) -> Saw:
    provider_id, kind = f"viber:{message['token']}", message["type"]
    if kind == "rich_media":
        # the words beside a carousel stand in alt_text, numbered as in a list
        text = str(message.get("alt_text") or " ".join(cell["Text"] for cell in buttons_of(message)))
        return Saw(user, "carousel", text, 0, provider_id, needs=frozenset())
    text = str(message.get("text", ""))
    numbers = _NUMBERED.findall(text)
    if kind == "picture":
        return Saw(user, f"picture {numbers[0] if numbers else 0}", text, 0, provider_id)
    if numbers:
        needs = frozenset(f"picture {number}" for number in numbers)
        return Saw(user, "list", text, 0, provider_id, needs=needs)
    return Saw(user, "sentence", text, 0, provider_id)
