"""What an update asks for, and what comes of it: a search, a sentence, or nothing. The same for every channel.

`handle` is the inbox's handler. Everything it does can be done again: job and blob keys follow from the update, and
what it hands on is taken once (`Streams.advance`).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import Coroutine
from typing import Any

import structlog

from bots import actions, admins, feedback, languages
from bots.channel import Channel
from bots.counts import count
from bots.forgetting import forget, rewrite_file
from bots.late import failure_output
from bots.questions import ALBUM_PHOTOS, Questions, notice, photos_of
from bots.services import Services
from bots.texts import means_next
from bots.typing_signal import TypingSignals
from core import tracing
from core.connection import Full, redis_errors
from core.errors import SENTENCES, Refused, Unavailable
from core.keys import HEARD_S
from core.leases import Lease
from core.limits import until_reply
from core.marks import keep
from core.messages import (
    Album,
    BadMessage,
    Button,
    Command,
    Content,
    Joined,
    Left,
    Notice,
    Other,
    Photo,
    Reply,
    Search,
    Status,
    Task,
    Text,
    Update,
    decode_update,
    job_id,
)
from core.streams import Entry
from core.telemetry import get_logger

log = get_logger(__name__)

GONE_S = 90 * 24 * 3600
"""As long as Redis remembers that a chat cannot be written to; it comes back by writing."""
ACKNOWLEDGE_S = 10.0
WELCOME_S = 30
SLOW_S = 3.0
"""A search that takes longer is announced in words where a channel shows no typing."""
_COMMAND_LINE = re.compile(r"/(\w{1,32})(\s.*)?", re.DOTALL)
_COMMAND = re.compile(r"\w{1,32}")

Outgoing = Search | Notice | Reply | Task


class Conversation:
    """One per bots process."""

    def __init__(self, services: Services, *, typing: TypingSignals | None = None, slow_s: float = SLOW_S) -> None:
        self._services, self._slow_s = services, slow_s
        self._streams, self._keys, self._redis = services.streams, services.keys, services.redis
        self._settings, self._questions = services.settings, Questions(services)
        self._typing = typing or TypingSignals()
        self._background: set[asyncio.Task[None]] = set()
        self._at_work: set[str] = set()
        self._closing = asyncio.Event()

    async def close(self) -> None:
        """Stop the typing signals, wait for taps that are being acknowledged."""
        self._closing.set()
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
                kind, attempt = update.content.kind, entry.attempt
                with tracing.span(
                    "conversation",
                    parent=entry.trace,
                    kind="consumer",
                    channel=channel.name,
                    content=kind,
                    attempt=attempt,
                ):
                    await self._take(entry, lease, update, channel)
            finally:
                self._at_work.discard(update.job)

    async def _take(self, entry: Entry, lease: Lease, update: Update, channel: Channel) -> None:
        if isinstance(update.content, Button):
            self._acknowledge(channel, update.content)
        await self._note_presence(update)
        update = await languages.in_chosen_language(self._redis, self._keys, update)
        in_album = isinstance(update.content, Photo) and update.content.album is not None
        if in_album and await self._streams.album_join(entry, update, lease):
            return
        try:
            outgoing = await self._answer(update, channel, first=entry.attempt == 0 and entry.deliveries <= 1)
            if isinstance(outgoing, Search):
                await self._questions.remember_to_erase(update.user, outgoing)
        except Refused as refused:
            outgoing = _refusal(update, refused)
        except Full:
            outgoing = notice(update, "no_room")
        except Unavailable as error:
            log.warning("put aside for later", reason=str(error))
            await self._streams.retry(entry, str(error), lease=lease)
            return
        await self._hand_on(entry, lease, update, outgoing)

    async def _hand_on(self, entry: Entry, lease: Lease, update: Update, outgoing: Outgoing | None) -> None:
        if outgoing is None:
            told = failure_output(self._streams, update)
            await self._streams.advance(entry, (told,) if told else (), lease=lease)
            return
        match outgoing:
            case Search():
                states, output = self._questions.states(outgoing), self._streams.search_output(outgoing)
            case Task():
                states, output = [], self._streams.task_output(outgoing)
            case _:
                states, output = [], self._streams.reply_output(outgoing, step="conversation", turn=True)
        if await self._streams.advance(entry, (output,), states=states, lease=lease) and isinstance(outgoing, Search):
            await count(self._redis, self._keys, update.channel, "searches")

    # --- what is asked? -----------------------------------------------------------------------------------

    async def _answer(self, update: Update, channel: Channel, *, first: bool) -> Outgoing | None:
        match with_command(update.content):
            case Photo() | Album() as content:
                return await self._photos(update, channel, content, first=first)
            case Button() as button:
                return await self._tap(update, channel, button, first=first)
            case Text(text=text) if text.strip():
                return await self._words(update, channel, text.strip(), first=first)
            case Command() as command:
                return await self._command(update, command)
            case Joined():
                return await self._welcome(update)
            case _:
                return plain_answer(update)

    async def _photos(self, update: Update, channel: Channel, content: Photo | Album, *, first: bool) -> Outgoing:
        if not await self._services.blobs.has_room():
            return notice(update, "no_room")
        await self._begin(update, channel, first=first, searches=min(photos_of(update), ALBUM_PHOTOS))
        return await self._questions.by_photos(update, channel, content)

    async def _words(self, update: Update, channel: Channel, text: str, *, first: bool) -> Outgoing:
        onward = await self._questions.onward(update.chat) if means_next(text) else None
        if onward:
            return await self._tap(update, channel, Button(onward), first=first)
        if onward is not None:
            return notice(update, "no_more")
        await self._begin(update, channel, first=first)
        return await self._questions.by_text(update, text)

    async def _tap(self, update: Update, channel: Channel, button: Button, *, first: bool) -> Outgoing:
        if first:
            await count(self._redis, self._keys, update.channel, "taps")
        match await actions.resolve(self._redis, self._keys, update.chat, button.token):
            case actions.More() as action:
                await self._begin(update, channel, first=first)
                return self._questions.more(update, action)
            case actions.Next() as action:
                await self._begin(update, channel, first=first)
                return _said(update, await self._questions.next(update, action))
            case actions.Narrow() as action:
                await self._begin(update, channel, first=first)
                return _said(update, await self._questions.narrow(update, action))
            case actions.Judge() as action:
                return await feedback.record(self._services, update, action)
            case actions.Speak(language=language):
                return await languages.choose(self._redis, self._keys, update, language)
            case _:
                return notice(update, "button_expired")

    async def _command(self, update: Update, command: Command) -> Outgoing | None:
        name = command.name.lower()
        match name:
            case "start":
                return await self._welcome(update)
            case "language":
                return await languages.choose(self._redis, self._keys, update, command.argument)
            case "forget":
                return await self._forget(update)
            case _:
                return admins.wish(self._settings, update, command) or plain_command(update, name)

    async def _welcome(self, update: Update) -> Notice | None:
        """Once: to unblock a bot and to press its Start button are two updates of one moment."""
        key = self._keys.welcomed(update.chat)
        with redis_errors():
            await self._redis.set(key, update.job, ex=WELCOME_S, nx=True)
            by: Any = await self._redis.get(key)
        return notice(update, "welcome") if by is None or by.decode() == update.job else None

    async def _forget(self, update: Update) -> Notice:
        erased = await forget(self._redis, self._keys, self._services.blobs, update.user)
        self._beside(rewrite_file(self._redis))
        return notice(update, "forgotten", count=str(erased))

    # --- around it ----------------------------------------------------------------------------------------

    async def _begin(self, update: Update, channel: Channel, *, first: bool, searches: int = 1) -> None:
        """Count what is asked for, once however often it is delivered, and show that it is being done."""
        if first:
            await self._questions.spend(update, searches)
        if channel.shows_typing:
            self._show_typing(channel, update)
        else:
            self._beside(self._say_if_slow(update))

    async def _note_presence(self, update: Update) -> None:
        gone = self._keys.gone(update.chat)
        if isinstance(update.content, Left):
            await keep(self._redis, (gone, "left", GONE_S))
        elif not isinstance(update.content, Status):
            since_it_was_silent = gone, self._keys.moved(update.chat), self._keys.window(until_reply(update.chat))
            with redis_errors():
                await self._redis.delete(*since_it_was_silent)
            await keep(self._redis, (self._keys.heard(update.chat), str(update.at), HEARD_S))

    async def _say_if_slow(self, update: Update) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._slow_s)
        if not self._closing.is_set() and await self._still_open(update):
            words = dataclasses.replace(notice(update, "searching"), photos=0, while_open=update.job)
            await self._streams.append_reply(
                dataclasses.replace(words, job=job_id("searching", update.job)), step="searching"
            )

    async def _still_open(self, update: Update) -> bool:
        return update.job in self._at_work or await self._streams.is_open(update.chat, update.job)

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Done beside everything else; that it failed is told and changes nothing."""

        async def guarded() -> None:
            try:
                await work
            except Exception as error:
                log.info("something beside the conversation failed", error=type(error).__name__)

        task = asyncio.create_task(guarded())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _acknowledge(self, channel: Channel, button: Button) -> None:
        """At once and beside everything else: the provider lets the button spin until then."""

        async def acknowledge() -> None:
            async with asyncio.timeout(ACKNOWLEDGE_S):
                await channel.acknowledge(button)

        self._beside(acknowledge())

    def _show_typing(self, channel: Channel, update: Update) -> None:
        self._typing.show(channel, update.chat, lambda: self._still_open(update))


def with_command(content: Content) -> Content:
    """A command that was typed as words, where the messenger knows none."""
    typed = _COMMAND_LINE.fullmatch(content.text.strip()) if isinstance(content, Text) else None
    return Command(typed[1], (typed[2] or "").strip()) if typed is not None else content


def plain_answer(update: Update) -> Notice | None:
    """The sentence that answers what asks for nothing; None where there is nothing to say."""
    match update.content:
        case Left() | Status():
            return None
        case Other(what=what):
            return notice(update, "not_searchable", what=what)
        case _:
            return notice(update, "help")


def plain_command(update: Update, name: str) -> Notice:
    """The sentence that answers a command; an admin's from somebody else gets the ordinary help."""
    if name in ("help", "privacy"):
        return notice(update, name)
    if name in admins.WISHES:
        return notice(update, "help")
    return notice(update, "unknown_command", command=name if _COMMAND.fullmatch(name) else "that")


def _said(update: Update, answer: Search | str) -> Search | Notice:
    return notice(update, answer) if isinstance(answer, str) else answer


def _refusal(update: Update, refused: Refused) -> Reply:
    return Reply(
        job=update.job,
        chat=update.chat,
        outcome="refused",
        reason=refused.reason,
        message=str(refused) or SENTENCES[refused.reason],
        language=update.language,
        photos=photos_of(update),
    )
