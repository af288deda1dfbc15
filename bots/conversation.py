"""What an update asks for, and what comes of it: a search, a sentence, or nothing. The same for every channel.

`handle` is the inbox's handler. Everything it does can be done again: job and blob keys follow from the update, and
what it hands on is taken once (`Streams.advance`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import time

import structlog

from bots import actions
from bots.channel import Channel
from bots.intake import bring, bring_all
from bots.services import Services
from bots.typing_signal import TypingSignals
from core.connection import Full, redis_errors
from core.errors import SENTENCES, Reason, Refused, Unavailable
from core.keys import STATE_S
from core.leases import Lease
from core.limits import Bucket, acquire
from core.messages import (
    SEARCH_DEADLINE_MS,
    SHOWN_MAX,
    Album,
    BadMessage,
    Button,
    ByPhoto,
    ByProduct,
    ByWords,
    Command,
    Joined,
    Left,
    Notice,
    Other,
    Photo,
    Query,
    Reply,
    Search,
    Status,
    Text,
    Update,
    decode_search,
    decode_update,
    encode,
)
from core.streams import Entry
from core.streams.streams import State
from core.telemetry import get_logger

log = get_logger(__name__)

ALBUM_PHOTOS = 10
"""The most that any messenger puts into one album."""
REFINE_CHARS = 300
WORDS_CHARS = 500
ERASE_S = 8 * 24 * 3600
"""Longer than anything that the set names is kept."""
GONE_S = 90 * 24 * 3600
"""As long as Redis remembers that a chat cannot be written to; it comes back by writing."""
ACKNOWLEDGE_S = 10.0
_COMMAND = re.compile(r"\w{1,32}")

Outgoing = Search | Notice | Reply


class Conversation:
    """One per bots process."""

    def __init__(self, services: Services, *, typing: TypingSignals | None = None) -> None:
        self._services = services
        self._streams, self._keys, self._redis = services.streams, services.keys, services.redis
        self._blobs, self._settings = services.blobs, services.settings
        self._typing = typing or TypingSignals()
        self._background: set[asyncio.Task[None]] = set()
        self._at_work: set[str] = set()

    async def close(self) -> None:
        """Stop the typing signals, wait for taps that are being acknowledged."""
        await self._typing.close()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def handle(self, entry: Entry, lease: Lease) -> None:
        """Take one entry of the inbox to its end: handed on, put aside for later, or given up with a reason."""
        try:
            update = decode_update(entry.data)
        except BadMessage as error:
            await self._streams.bury(entry, str(error), lease=lease)
            return
        with structlog.contextvars.bound_contextvars(job=update.job, channel=update.channel):
            channel = self._services.channels.of(update.chat)
            if channel is None:
                await self._streams.retry(entry, f"The channel {update.channel} is not switched on here.", lease=lease)
                return
            self._at_work.add(update.job)
            try:
                await self._take(entry, lease, update, channel)
            finally:
                self._at_work.discard(update.job)

    async def _take(self, entry: Entry, lease: Lease, update: Update, channel: Channel) -> None:
        if isinstance(update.content, Button):
            self._acknowledge(channel, update.content)
        await self._note_presence(update)
        in_album = isinstance(update.content, Photo) and update.content.album is not None
        if in_album and await self._streams.album_join(entry, update, lease):
            return
        try:
            outgoing = await self._answer(update, channel, first=entry.attempt == 0 and entry.deliveries <= 1)
            if isinstance(outgoing, Search):
                await self._remember_to_erase(update.user, outgoing)
        except Refused as refused:
            outgoing = _refusal(update, refused)
        except Full:
            outgoing = _notice(update, "no_room")
        except Unavailable as error:
            log.warning("put aside for later", reason=str(error))
            await self._streams.retry(entry, str(error), lease=lease)
            return
        await self._hand_on(entry, lease, update, outgoing)

    async def _hand_on(self, entry: Entry, lease: Lease, update: Update, outgoing: Outgoing | None) -> None:
        if outgoing is None:
            await self._streams.advance(entry, lease=lease)
            return
        if isinstance(outgoing, Search):
            states, output = self._states(outgoing), self._streams.search_output(outgoing)
        else:
            states, output = [], self._streams.reply_output(outgoing, step="conversation", turn=True)
        await self._streams.advance(entry, (output,), states=states, lease=lease)

    # --- what is asked? -----------------------------------------------------------------------------------

    async def _answer(self, update: Update, channel: Channel, *, first: bool) -> Outgoing | None:
        match update.content:
            case Photo() | Album() as content:
                return await self._photos(update, channel, content, first=first)
            case Button() as button:
                return await self._tap(update, channel, button, first=first)
            case Text(text=text) if text.strip():
                return await self._words(update, channel, text.strip(), first=first)
            case _:
                return plain_answer(update)

    async def _photos(self, update: Update, channel: Channel, content: Photo | Album, *, first: bool) -> Outgoing:
        photos = content.photos[:ALBUM_PHOTOS] if isinstance(content, Album) else (content,)
        if not await self._blobs.has_room():
            return _notice(update, "no_room")
        await self._spend(update, first=first, searches=len(photos))
        self._show_typing(channel, update)
        keys = [self._keys.blob(update.job, number) for number in range(len(photos))]
        if isinstance(content, Album):
            keys = await bring_all(channel, photos, self._blobs, keys)
            box = None
        else:
            await bring(channel, content, self._blobs, keys[0])
            box = content.box
        return self._search(update, ByPhoto(tuple(keys), box), refine=content.caption or "")

    async def _tap(self, update: Update, channel: Channel, button: Button, *, first: bool) -> Outgoing:
        match await actions.resolve(self._redis, self._keys, update.chat, button.token):
            case actions.More(product=product):
                await self._spend(update, first=first)
                self._show_typing(channel, update)
                return self._search(update, ByProduct(product))
            case actions.Next() as action:
                return await self._next(update, channel, action, first=first)
            case _:
                return _notice(update, "button_expired")

    async def _next(self, update: Update, channel: Channel, action: actions.Next, *, first: bool) -> Outgoing:
        stored = await self._redis.get(self._keys.query(action.job))
        if stored is None:
            return _notice(update, "button_expired")
        try:
            before = decode_search(stored)
        except BadMessage:  # written by a newer version
            return _notice(update, "button_expired")
        if len(action.shown) >= SHOWN_MAX:
            return _notice(update, "enough")
        await self._spend(update, first=first)
        self._show_typing(channel, update)
        query = await self._own_blobs(update, before.query)
        return dataclasses.replace(
            self._search(update, query, refine=before.refine), filters=before.filters, shown=action.shown
        )

    async def _own_blobs(self, update: Update, query: Query) -> Query:
        """The same question with photos of its own: a blob has one owner. Raises Refused when they are gone."""
        if not isinstance(query, ByPhoto):
            return query
        keys = tuple(self._keys.blob(update.job, number) for number in range(len(query.blobs)))
        for source, key in zip(query.blobs, keys, strict=True):
            if not await self._blobs.copy(source, key):
                raise Refused(Reason.PHOTO_EXPIRED)
        return ByPhoto(keys, query.box)

    async def _words(self, update: Update, channel: Channel, text: str, *, first: bool) -> Outgoing:
        await self._spend(update, first=first)
        self._show_typing(channel, update)
        return self._search(update, ByWords(text[:WORDS_CHARS]))

    def _search(self, update: Update, query: Query, *, refine: str = "") -> Search:
        now = _now_ms()
        return Search(
            job=update.job,
            chat=update.chat,
            query=query,
            at=now,
            deadline=now + SEARCH_DEADLINE_MS,
            language=update.language,
            refine=refine.strip()[:REFINE_CHARS],
            want=self._settings.hits,
            photos=_photos_of(update),
        )

    # --- around it ----------------------------------------------------------------------------------------

    async def _spend(self, update: Update, *, first: bool, searches: int = 1) -> None:
        """Count a search against its user, once however often it is delivered. Raises Refused when it is too much."""
        an_hour = self._settings.photos_per_hour
        bucket = Bucket(f"searches:{update.user}", capacity=an_hour, per_s=an_hour / 3600, cost=searches)
        if first and await acquire(self._redis, self._keys, [bucket]) > 0:
            raise Refused(Reason.TOO_MANY_SEARCHES)

    async def _note_presence(self, update: Update) -> None:
        gone = self._keys.gone(update.chat)
        if isinstance(update.content, Left):
            await self._redis.set(gone, "left", ex=GONE_S)
        elif not isinstance(update.content, Status):
            await self._redis.delete(gone)

    def _states(self, search: Search) -> list[State]:
        """What Next, and later words about the same photo, go back to."""
        return [
            (self._keys.query(search.job), encode(search), STATE_S),
            (self._keys.last_query(search.chat), search.job, STATE_S),
        ]

    async def _remember_to_erase(self, user: str, search: Search) -> None:
        held = [self._keys.query(search.job), self._keys.last_query(search.chat), self._keys.parts(search.job)]
        if isinstance(search.query, ByPhoto):
            held += search.query.blobs
        with redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.sadd(self._keys.erase(user), *held)
                pipe.expire(self._keys.erase(user), ERASE_S)
                await pipe.execute()

    def _acknowledge(self, channel: Channel, button: Button) -> None:
        """At once and beside everything else: the provider lets the button spin until then."""

        async def acknowledge() -> None:
            try:
                async with asyncio.timeout(ACKNOWLEDGE_S):
                    await channel.acknowledge(button)
            except Exception as error:  # failing to is no error
                log.info("a tap could not be acknowledged", error=type(error).__name__)

        task = asyncio.create_task(acknowledge())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _show_typing(self, channel: Channel, update: Update) -> None:
        async def still_open() -> bool:
            turns = self._keys.turns(update.chat)
            return update.job in self._at_work or await self._redis.zscore(turns, update.job) is not None

        self._typing.show(channel, update.chat, still_open)


def plain_answer(update: Update) -> Notice | None:
    """The sentence that answers what asks for no search; None where there is nothing to say."""
    match update.content:
        case Left() | Status():
            return None
        case Joined():
            return _notice(update, "welcome")
        case Command(name=name):
            return _command(update, name.lower())
        case Other(what=what):
            return _notice(update, "not_searchable", what=what)
        case _:
            return _notice(update, "help")


def _command(update: Update, name: str) -> Notice:
    match name:
        case "start":
            return _notice(update, "welcome")
        case "help":
            return _notice(update, "help")
        case _:
            return _notice(update, "unknown_command", command=name if _COMMAND.fullmatch(name) else "that")


def _notice(update: Update, name: str, **args: str) -> Notice:
    return Notice(update.job, update.chat, name, args, update.language, _photos_of(update))


def _refusal(update: Update, refused: Refused) -> Reply:
    return Reply(
        job=update.job,
        chat=update.chat,
        outcome="refused",
        reason=refused.reason,
        message=str(refused) or SENTENCES[refused.reason],
        language=update.language,
        photos=_photos_of(update),
    )


def _photos_of(update: Update) -> int:
    """How many accepted photos the answer to this update answers."""
    match update.content:
        case Photo():
            return 1
        case Album(photos=photos):
            return len(photos)
        case _:
            return 0


def _now_ms() -> int:
    return int(time.time() * 1000)
