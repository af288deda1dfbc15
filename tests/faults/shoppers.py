"""The shoppers: photos at a steady rate over every channel, each one to be recognised in what comes back."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.faults.question import Front, Question
from tests.standins.shop import PRODUCTS, jpeg, photo_of, picture

CHATS_AT_ONCE = 16
PHOTOS_A_CHAT = 6
"""Each of another product, so that an answer tells which photo it is about."""
ALBUM_SHARE = 0.05
ASKED = PRODUCTS - 1
"""The last product comes and goes with reindexing; nobody asks for it."""


class Shoppers:
    """`send` until told otherwise; `questions`: all that were sent."""

    def __init__(self, fronts: Sequence[Front], dice: random.Random, per_s: float) -> None:
        """The first of the fronts takes albums too."""
        self._fronts, self._dice, self._per_s = fronts, dice, per_s
        self._chats = itertools.count(1)

    @property
    def questions(self) -> list[Question]:
        return [question for front in self._fronts for question in front.questions]

    @property
    def photos(self) -> int:
        """Those that were taken in."""
        return sum(question.photos for question in self.questions if question.taken)

    async def send(self) -> None:
        """Until it is cancelled: a few chats at a time, each with a few photos, then others."""
        while True:
            chats = list(itertools.islice(self._chats, CHATS_AT_ONCE))
            wishes = {chat: self._dice.sample(range(ASKED), PHOTOS_A_CHAT) for chat in chats}
            turns = [chat for chat in chats for _ in range(PHOTOS_A_CHAT)]
            self._dice.shuffle(turns)
            for chat in turns:
                front = self._fronts[chat % len(self._fronts)]
                await self._ask(front, chat, wishes[chat].pop())
                if self._dice.random() < ALBUM_SHARE:
                    several = self._dice.sample(range(ASKED), self._dice.randint(2, 4))
                    await self._ask(self._fronts[0], next(self._chats), *several)
                await asyncio.sleep(self._dice.expovariate(self._per_s))

    async def deadly(self, poison: Path) -> None:
        """One photo, in a chat of its own, whose bytes are named in the file of those that kill who decodes them."""
        data = jpeg(picture(self._dice.randrange(1_000, 1_000_000_000)))
        front = self._dice.choice(self._fronts)
        with poison.open("a") as file:
            file.write("".join(f"{one}\n" for one in front.sums(data)))
        await front.ask(next(self._chats), (), [data])

    async def _ask(self, front: Front, chat: int, *products: int) -> None:
        await front.ask(chat, products, [shopper_photo(product) for product in products])


@cache
def shopper_photo(product: int) -> bytes:
    return photo_of(product)
