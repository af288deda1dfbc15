"""Viber as a channel."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Coroutine, Mapping
from typing import Any

from redis.asyncio import Redis

from bots.channel import FORBIDDEN, Drop, Outcome, Part, Received, RenderContext, Sent
from bots.questions import notice
from bots.viber import render
from bots.viber.api import ViberApi, encoded
from bots.viber.clients import Clients
from bots.viber.degrade import outcome_of, simpler, without_buttons
from bots.viber.errors import Failed, Kind, Verdict
from bots.viber.media import Media
from bots.viber.updates import NAME, SIGNATURE_HEADER, Callback, Unreadable, is_signed, provider_id, read
from bots.viber.wire import RICH_VERSION, message_of, request_of
from core import metrics, picturestore
from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import Keys
from core.limits import Limit, Window, until_reply
from core.messages import Button, Notice, Progress, Reply, Update
from core.settings import Settings
from core.telemetry import get_logger

log = get_logger(__name__)

PROGRESS_EVERY_S = 60
NOTE_S = 5.0
"""For what is noted beside a request: at most so long, then not."""

# 100 messages to a user in an hour until they write (https://developers.viber.com/docs/api/rest-bot-api, status 12).
# Over all Viber documents no rate for single messages; that of broadcasts is 500 requests in 10 s.
SILENT, SILENT_S = 100, 3600.0
OVERALL, OVERALL_S = 50, 1.0


class ViberChannel:
    """See bots.channel.Channel. Settings: `viber_on`."""

    name = NAME
    shows_typing = False
    groups_photos = False

    def __init__(self, settings: Settings, redis: Redis, keys: Keys) -> None:
        self._settings, self._keys = settings, keys
        # redis-py's types describe decoded and raw answers at once; ours are always bytes
        self._redis: Any = redis
        self._token = settings.viber_token.get_secret_value()
        self.api, self._media = ViberApi(settings), Media(settings)
        self._clients = Clients(redis, keys)
        self._notes: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await self.api.open()
        await self._media.open()

    async def close(self) -> None:
        await self.noted()
        await self._media.close()
        await self.api.close()

    # --- in ---------------------------------------------------------------------------------------------------

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        """One event. Only an opened conversation is answered with more than 200: with a welcome."""
        given = {name.lower(): value for name, value in headers.items()}
        if not is_signed(self._token, body, given.get(SIGNATURE_HEADER.lower(), "")):
            return FORBIDDEN
        if given.get("content-type", "application/json").partition(";")[0].strip().lower() != "application/json":
            return FORBIDDEN
        try:
            callback = read(body, _now_ms())
        except Unreadable as error:
            log.warning("an event of Viber's cannot be read and is kept for a day", reason=str(error))
            return Received(dead=body)
        if callback.api_version is not None:
            self._note(self._clients.remember(callback.chat, callback.api_version))
        if callback.opened is not None:
            return self._welcome(callback, callback.opened)
        return Received() if callback.update is None else Received((callback.update,))

    def _welcome(self, callback: Callback, opened: Update) -> Received:
        """One message may answer an opening; sending one is not allowed before the user writes or subscribes."""
        self._note(self._clients.welcomed(callback.chat))
        (part,) = self.render(notice(opened, "welcome"), RenderContext(shop_name=self._settings.shop_name))
        message = message_of(part, self._settings.shop_name, callback.api_version or 0, self._settings.public_url)
        return Received(body=encoded(message), content_type="application/json")

    def _note(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside the request, which Viber gives 5 s; nothing is lost but a carousel if it fails."""

        async def guarded() -> None:
            try:
                async with asyncio.timeout(NOTE_S):
                    await work
            except (Unavailable, TimeoutError) as error:
                log.info("what an app can show was not noted", error=type(error).__name__)

        task = asyncio.create_task(guarded())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def noted(self) -> None:
        """Returns when everything that is noted beside requests is."""
        await asyncio.gather(*self._notes)

    async def fetch(self, media: str) -> bytes:
        """`media` is the address that Viber named."""
        return await self._media.fetch(media)

    # --- out --------------------------------------------------------------------------------------------------

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        return render.render(outgoing, dataclasses.replace(context, public_url=self._settings.public_url))

    def limits(self, part: Part) -> list[Limit]:
        return [Window(f"{NAME}:all", OVERALL, OVERALL_S), Window(until_reply(part.chat), SILENT, SILENT_S)]

    async def send(self, part: Part) -> Outcome:
        if part.kind == "progress" and not await self._progress_is_due(part):
            return Sent()
        version = await self._clients.version_of(part.chat)
        if part.kind == "carousel" and version < RICH_VERSION:
            return simpler(part, "an app that shows no carousels") or Drop("nothing to show instead")
        there = await self._with_pictures_that_are_there(part)
        if there is None:
            return Drop("picture missing")
        request = request_of(there, self._settings.shop_name, version, self._settings.public_url)
        try:
            token = await self.api.send_message(request)
        except Failed as error:
            return self._outcome(part, error.verdict)
        return Sent((provider_id(token),) if token else ())

    def late_failure(self, part: Part, code: str | None) -> Outcome:
        """What to do about a part that Viber took and a phone refused; `code` is Viber's description of it.

        A phone checks keyboards and carousels itself: these are what is wrong, unless there were none.
        """
        reason = f"refused on the phone: {code or 'no reason told'}"
        return without_buttons(part, reason) or Drop(reason)

    def _outcome(self, part: Part, verdict: Verdict) -> Outcome:
        outcome = outcome_of(part, verdict)
        if verdict.alarm and not isinstance(outcome, Drop):  # the outbox counts that one
            log.error("Viber refused something that somebody should look at", reason=verdict.reason)
            metrics.ALARMS.labels(NAME).inc()
        elif verdict.kind is Kind.LATER:
            log.info("Viber did not take a message", reason=verdict.reason)
        return outcome

    async def _progress_is_due(self, part: Part) -> bool:
        """A message cannot be changed, so progress is told once a minute."""
        key = self._keys.sent(f"{NAME}-progress:{part.job}")
        with redis_errors():
            return bool(await self._redis.set(key, "1", ex=PROGRESS_EVERY_S, nx=True))

    # --- product pictures -------------------------------------------------------------------------------------

    async def _with_pictures_that_are_there(self, part: Part) -> Part | None:
        """Phones fetch them from us: a card whose picture is gone is words alone. None: nothing is left."""
        named = [card["picture"] for card in part.payload.get("cards", ())] + [part.payload.get("picture")]
        missing = await asyncio.to_thread(self._missing, {str(picture) for picture in named if picture})
        if not missing:
            return part
        log.warning("product pictures are missing from the picture store", missing=len(missing))
        if part.kind == "picture":
            return None
        cards = [card | {"picture": None} if card["picture"] in missing else card for card in part.payload["cards"]]
        return dataclasses.replace(part, payload=dict(part.payload) | {"cards": cards})

    def _missing(self, pictures: set[str]) -> set[str]:
        return {picture for picture in pictures if not self._is_there(picture)}

    def _is_there(self, picture: str) -> bool:
        try:
            return picturestore.path_of(self._settings.pictures_dir, picture).is_file()
        except ValueError:
            return False

    # --- decoration -------------------------------------------------------------------------------------------

    async def typing(self, chat: str) -> None:
        """Viber has no such signal."""

    async def acknowledge(self, button: Button) -> None:
        """A tap needs none."""


def _now_ms() -> int:
    return int(time.time() * 1000)
