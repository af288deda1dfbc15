"""Shoppers on the shop's own page: an answer is one event with its cards."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from bots.exif import strip_metadata
from bots.web.security import chat_of
from core.streams import Streams
from core.tasks import end
from tests.faults.question import Question, Saw
from tests.standins.page import Page

TRIES = 60
AGAIN_S = 2.0


class WebFront:
    """See question.Front. A page that was not told that its photo is taken sends it once more, as people do."""

    name = "web"

    def __init__(self, address: str) -> None:
        self._address = address
        self._pages: dict[int, Page] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.questions: list[Question] = []
        self.breaks_off = 0
        """So many photos are broken off in the middle and sent again."""

    async def ask(self, chat: int, products: Sequence[int], photos: Sequence[bytes]) -> None:
        page = self._pages.setdefault(chat, Page(self._address))
        for at, photo in enumerate(photos):
            asked = tuple(products[at : at + 1])
            task = asyncio.create_task(self._send(page, photo, asked))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, page: Page, photo: bytes, products: tuple[int, ...]) -> None:
        await page.opened()
        for _ in range(TRIES):
            if self.breaks_off:
                self.breaks_off -= 1
                await page.break_off(photo)
            # before it is sent: an answer may come before we hear that it was taken
            question = Question(self.name, chat_of(page.session), products, [], taken=False)
            self.questions.append(question)
            job = await page.photo(photo)
            if job is not None:
                question.jobs, question.taken = [job], True
                return
            question.repeated = True
            await asyncio.sleep(AGAIN_S)
        question.repeated = False  # it went away

    async def close(self) -> None:
        await end(*self._tasks)
        for page in self._pages.values():
            await page.close()

    def sums(self, photo: bytes) -> list[str]:
        return [hashlib.sha256(strip_metadata(photo)).hexdigest()]

    async def quiet(self, streams: Streams) -> bool:
        """The pages have read what the streams of their chats hold, too."""
        if self._tasks:
            return False
        redis: Any = streams.redis
        for page in self._pages.values():
            last = await redis.xrevrange(streams.keys.web(chat_of(page.session).removeprefix("web:")), count=1)
            if last and _order(last[0][0].decode()) > _order(page.last):
                return False
        return True

    def saw(self) -> list[Saw]:
        return [_seen(page, event, at) for page in self._pages.values() for event, at in page.events]

    def cut(self) -> int:
        """Every page loses its connection; how many had one."""
        return sum(page.cut() for page in self._pages.values())


def _order(entry_id: str) -> tuple[int, int]:
    ms, _, number = entry_id.partition("-")
    return int(ms), int(number or 0)


def _seen(page: Page, event: dict[str, Any], at: float) -> Saw:
    chat, job = chat_of(page.session), event.get("job")
    if event["type"] == "cards":
        text = "\n".join(f"{number}. {hit['title']}" for number, hit in enumerate(event["hits"], start=1))
        return Saw(chat, "cards", text, at, job=job, needs=frozenset())
    return Saw(chat, "sentence", str(event.get("text", "")), at, job=job)
