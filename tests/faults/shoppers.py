"""The shoppers: photos at a steady rate, each one to be recognised in what comes back."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bots.exif import strip_metadata
from core.messages import job_id
from tests.standins.shop import PRODUCTS, jpeg, photo_of, picture
from tests.standins.telegram import Bot
from tests.standins.telegram_updates import Pending, Pusher, sizes_of

CHATS_AT_ONCE = 15
PHOTOS_A_CHAT = 6
"""Each of another product, so that an answer tells which photo it is about."""
ALBUM_SHARE = 0.05
ASKED = PRODUCTS - 1
"""The last product comes and goes with reindexing; nobody asks for it."""


@dataclass(frozen=True, eq=False)
class Question:
    """One photo that was sent, or an album."""

    chat: int
    products: tuple[int, ...]
    """Of each photo; none for a picture of nothing that the shop has."""
    sent: tuple[Pending, ...]
    """The update of each photo."""
    album: str | None = None

    def jobs(self, bot: Bot) -> list[str]:
        """The jobs that its answers may have: of the photo; of the album by whichever was its first, and of each that
        came too late for it."""
        updates = [f"{bot.id}:{pending.update['update_id']}" for pending in self.sent]
        alone = [job_id("telegram", update) for update in updates]
        if self.album is None:
            return alone
        return [job_id("telegram", f"album:{self.album}:{update}") for update in updates] + alone


class Shoppers:
    """`send` until told otherwise; `questions`: all that were sent."""

    def __init__(self, pusher: Pusher, dice: random.Random, per_s: float) -> None:
        self._pusher, self._dice, self._per_s = pusher, dice, per_s
        self.questions: list[Question] = []
        self._chats = itertools.count(1)

    @property
    def photos(self) -> int:
        return sum(len(question.sent) for question in self.questions)

    async def send(self) -> None:
        """Until it is cancelled: a few chats at a time, each with a few photos, then others."""
        while True:
            chats = list(itertools.islice(self._chats, CHATS_AT_ONCE))
            wishes = {chat: self._dice.sample(range(ASKED), PHOTOS_A_CHAT) for chat in chats}
            turns = [chat for chat in chats for _ in range(PHOTOS_A_CHAT)]
            self._dice.shuffle(turns)
            for chat in turns:
                await self._ask(chat, wishes[chat].pop())
                if self._dice.random() < ALBUM_SHARE:
                    await self._ask(next(self._chats), *self._dice.sample(range(ASKED), self._dice.randint(2, 4)))
                await asyncio.sleep(self._dice.expovariate(self._per_s))

    async def deadly(self, poison: Path) -> None:
        """One photo, in a chat of its own, whose bytes are named in the file of those that kill who decodes them."""
        data = jpeg(picture(self._dice.randrange(1_000, 1_000_000_000)))
        sums = [hashlib.sha256(strip_metadata(kept)).hexdigest() for kept, _, _ in sizes_of(data)]
        with poison.open("a") as file:
            file.write("".join(f"{one}\n" for one in sums))
        chat = next(self._chats)
        self.questions.append(Question(chat, (), (await self._pusher.photo(chat, data),)))

    async def _ask(self, chat: int, *products: int) -> None:
        album = str(10_000_000 + chat) if len(products) > 1 else None
        sent = [await self._pusher.photo(chat, shopper_photo(product), album=album) for product in products]
        self.questions.append(Question(chat, products, tuple(sent), album))


@cache
def shopper_photo(product: int) -> bytes:
    return photo_of(product)
