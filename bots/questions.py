"""From what a person sent to the Search for the workers: photos, words, and ways on from an earlier question."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from bots import actions
from bots.channel import Channel
from bots.intake import bring, bring_all
from bots.services import Services
from core.connection import redis_errors
from core.errors import Reason, Refused
from core.keys import STATE_S
from core.limits import Bucket, acquire
from core.messages import (
    SEARCH_DEADLINE_MS,
    SHOWN_MAX,
    Album,
    BadMessage,
    ByPhoto,
    ByProduct,
    ByWords,
    Filters,
    Notice,
    Photo,
    Query,
    Search,
    Update,
    decode_search,
    encode,
)
from core.streams.streams import State

ALBUM_PHOTOS = 10
"""The most that any messenger puts into one album."""
REFINE_CHARS = 300
WORDS_CHARS = 500
BURST_S = 10
BURST_PHOTOS = 3
"""More photos than this within BURST_S, where there are no albums, are answered with one hit each."""
ERASE_S = 400 * 24 * 3600
"""Longer than anything that the set names is kept."""


class Questions:
    """What a bots process asks of the workers."""

    def __init__(self, services: Services) -> None:
        self._keys, self._redis = services.keys, services.redis
        self._blobs, self._settings = services.blobs, services.settings

    # --- photos -----------------------------------------------------------------------------------------------

    async def by_photos(self, update: Update, channel: Channel, content: Photo | Album) -> Search:
        """Fetch the photos and ask for what looks like them. Raises Refused, Unavailable, core.connection.Full."""
        photos = content.photos[:ALBUM_PHOTOS] if isinstance(content, Album) else (content,)
        keys = [self._keys.blob(update.job, number) for number in range(len(photos))]
        if isinstance(content, Album):
            keys = await bring_all(channel, photos, self._blobs, keys)
            query = ByPhoto(tuple(keys))
        else:
            await bring(channel, content, self._blobs, keys[0])
            query = ByPhoto(tuple(keys), content.box)
        search = self._search(update, query, refine=content.caption or "")
        if isinstance(content, Photo) and await self._in_a_burst(update, channel):
            return dataclasses.replace(search, want=1)
        return search

    async def _in_a_burst(self, update: Update, channel: Channel) -> bool:
        if channel.groups_photos:
            return False
        key, now = self._keys.burst(update.chat), now_ms()
        with redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zremrangebyscore(key, 0, now - BURST_S * 1000)
                pipe.zadd(key, {update.job: now}, nx=True)  # delivered again, it counts once
                pipe.zcard(key)
                pipe.expire(key, BURST_S)
                count = (await pipe.execute())[2]
        return int(count) > BURST_PHOTOS

    # --- words ------------------------------------------------------------------------------------------------

    async def by_text(self, update: Update, text: str) -> Search:
        """Words after a photo or product narrow that question; else they are searched in titles, unless a worker finds
        that they narrow the words before. Raises Refused."""
        before = await self._last(update.chat)
        if before is None:
            return self._search(update, ByWords(text[:WORDS_CHARS]))
        if isinstance(before.query, ByWords):
            search = self._search(update, ByWords(text[:WORDS_CHARS], before.query.words))
            return dataclasses.replace(search, filters=before.filters)
        try:
            query = await self._own_blobs(update, before.query)
        except Refused:  # the photo is no longer kept
            return self._search(update, ByWords(text[:WORDS_CHARS]))
        said = f"{before.refine}\n{text}".strip()[-REFINE_CHARS:]
        return dataclasses.replace(self._search(update, query, refine=said), filters=before.filters)

    async def _last(self, chat: str) -> Search | None:
        with redis_errors():
            job: Any = await self._redis.get(self._keys.last_query(chat))
        return await self._kept(job.decode()) if job else None

    # --- buttons ----------------------------------------------------------------------------------------------

    def more(self, update: Update, action: actions.More) -> Search:
        """Products like one that was shown."""
        return self._search(update, ByProduct(action.product))

    async def next(self, update: Update, action: actions.Next) -> Search | str:
        """The further hits of an earlier question, or the name of the sentence that says why not. Raises Refused."""
        before = await self._kept(action.job)
        if before is None:
            return "button_expired"
        if len(action.shown) >= SHOWN_MAX:
            return "enough"
        return dataclasses.replace(await self._again(update, before), filters=before.filters, shown=action.shown)

    async def onward(self, chat: str) -> str | None:
        """The token of Next under the chat's last answer, empty where that was the end; None: there was no answer."""
        with redis_errors():
            token: Any = await self._redis.get(self._keys.onward(chat))
        return token.decode() if token is not None else None

    async def narrow(self, update: Update, action: actions.Narrow) -> Search | str:
        """An earlier question with other filters. Its words are in them already. Raises Refused."""
        before = await self._kept(action.job)
        if before is None:
            return "button_expired"
        again = await self._again(update, before)
        return dataclasses.replace(again, filters=action.filters, refine="")

    async def _again(self, update: Update, before: Search) -> Search:
        return self._search(update, await self._own_blobs(update, before.query), refine=before.refine)

    async def _kept(self, job: str) -> Search | None:
        with redis_errors():
            stored: Any = await self._redis.get(self._keys.query(job))
        try:
            return decode_search(stored) if stored is not None else None
        except BadMessage:  # written by a newer version
            return None

    async def _own_blobs(self, update: Update, query: Query) -> Query:
        """The same question with photos of its own: a blob has one owner. Raises Refused when they are gone."""
        if not isinstance(query, ByPhoto):
            return query
        keys = tuple(self._keys.blob(update.job, number) for number in range(len(query.blobs)))
        for source, key in zip(query.blobs, keys, strict=True):
            if not await self._blobs.copy(source, key):
                raise Refused(Reason.PHOTO_EXPIRED)
        return ByPhoto(keys, query.box)

    # --- around it --------------------------------------------------------------------------------------------

    def _search(self, update: Update, query: Query, *, refine: str = "") -> Search:
        now = now_ms()
        return Search(
            job=update.job,
            chat=update.chat,
            query=query,
            at=now,
            deadline=now + SEARCH_DEADLINE_MS,
            language=update.language,
            refine=refine.strip()[:REFINE_CHARS],
            filters=Filters(),
            want=self._settings.hits,
            photos=photos_of(update),
        )

    async def spend(self, update: Update, searches: int = 1) -> None:
        """Count searches against their user. Raises Refused when it is too much."""
        an_hour = self._settings.photos_per_hour
        bucket = Bucket(f"searches:{update.user}", capacity=an_hour, per_s=an_hour / 3600, cost=searches)
        if await acquire(self._redis, self._keys, [bucket]) > 0:
            raise Refused(Reason.TOO_MANY_SEARCHES)

    def states(self, search: Search) -> list[State]:
        """What Next, and later words about the same photo, go back to."""
        return [
            (self._keys.query(search.job), encode(search), STATE_S),
            (self._keys.last_query(search.chat), search.job, STATE_S),
        ]

    async def remember_to_erase(self, user: str, search: Search) -> None:
        """List what is kept of this question for /forget."""
        held = [self._keys.query(search.job), self._keys.last_query(search.chat), self._keys.parts(search.job)]
        if isinstance(search.query, ByPhoto):
            held += search.query.blobs
        with redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.sadd(self._keys.erase(user), *held)
                pipe.expire(self._keys.erase(user), ERASE_S)
                await pipe.execute()


def notice(update: Update, name: str, **args: str) -> Notice:
    """A sentence of the conversation in answer to this update."""
    return Notice(update.job, update.chat, name, args, update.language, photos_of(update))


def photos_of(update: Update) -> int:
    """How many accepted photos the answer to this update answers."""
    match update.content:
        case Photo():
            return 1
        case Album(photos=photos):
            return len(photos)
        case _:
            return 0


def now_ms() -> int:
    """Since the epoch."""
    return int(time.time() * 1000)
