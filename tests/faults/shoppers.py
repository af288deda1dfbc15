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
ASKED = PRODUCTS - 1
"""The last product comes and goes with reindexing; nobody asks for it."""
NO_PRODUCT = -1


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo that was sent."""

    chat: int
    product: int
    pending: Pending

    def job(self, bot: Bot) -> str:
        return job_id("telegram", f"{bot.id}:{self.pending.update['update_id']}")


class Shoppers:
    """`send` until told otherwise; `photos`: all that were sent."""

    def __init__(self, pusher: Pusher, dice: random.Random, per_s: float) -> None:
        self._pusher, self._dice, self._per_s = pusher, dice, per_s
        self.photos: list[Photo] = []
        self._chats = itertools.count(1)

    async def send(self) -> None:
        """Until it is cancelled: a few chats at a time, each with a few photos, then others."""
        while True:
            chats = list(itertools.islice(self._chats, CHATS_AT_ONCE))
            wishes = {chat: self._dice.sample(range(ASKED), PHOTOS_A_CHAT) for chat in chats}
            turns = [chat for chat in chats for _ in range(PHOTOS_A_CHAT)]
            self._dice.shuffle(turns)
            for chat in turns:
                await self._photo(chat, wishes[chat].pop())
                await asyncio.sleep(self._dice.expovariate(self._per_s))

    async def deadly(self, poison: Path) -> None:
        """One photo, in a chat of its own, whose bytes are named in the file of those that kill who decodes them."""
        data = jpeg(picture(self._dice.randrange(1_000, 1_000_000_000)))
        sums = [hashlib.sha256(strip_metadata(kept)).hexdigest() for kept, _, _ in sizes_of(data)]
        with poison.open("a") as file:
            file.write("".join(f"{one}\n" for one in sums))
        chat = next(self._chats)
        self.photos.append(Photo(chat, NO_PRODUCT, await self._pusher.photo(chat, data)))

    async def _photo(self, chat: int, product: int) -> None:
        pending = await self._pusher.photo(chat, shopper_photo(product))
        self.photos.append(Photo(chat, product, pending))


@cache
def shopper_photo(product: int) -> bytes:
    return photo_of(product)
