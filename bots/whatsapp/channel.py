"""WhatsApp through Twilio as a channel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bots.channel import FORBIDDEN, Drop, Outcome, Part, Received, RenderContext, Sent
from bots.whatsapp import numbers, render
from bots.whatsapp.addresses import SANDBOX, STATUS_PATH, WEBHOOK_PATH
from bots.whatsapp.api import TwilioApi
from bots.whatsapp.degrade import WITH_CONTENT, in_words, outcome_of
from bots.whatsapp.errors import Failed, Kind, Verdict, by_code
from bots.whatsapp.media import Media
from bots.whatsapp.signature import Signatures
from bots.whatsapp.templates import Templates, template_of, variables_of
from bots.whatsapp.updates import FAILED, NAME, Unreadable, provider_id, read
from core import metrics, picturestore
from core.keys import HEARD_S, Keys
from core.limits import Bucket, Limit, Window
from core.messages import Button, Notice, Progress, Reply
from core.settings import Settings
from core.telemetry import get_logger

log = get_logger(__name__)

WINDOW_MS = 24 * 3600 * 1000
VALID_S = 600
"""An answer that waits longer at Twilio's is not sent any more: https://www.twilio.com/docs/api/errors/30036"""
PROGRESS_EVERY_S = 60

# 80 messages a second over all (https://help.twilio.com/articles/360024008153); to one person about one in 6 s in the
# long run, with a burst that Meta lets through and takes back later. It is said to be 45; we keep below.
OVERALL_PER_S = 80
CHAT_BURST, CHAT_PER_S = 30, 1 / 6
SANDBOX_EVERY_S = 3.0


class WhatsAppChannel:
    """See bots.channel.Channel. Settings: `whatsapp_on`."""

    name = NAME
    shows_typing = False
    """Twilio's indicator is a beta, needs the id of a message and marks it as read (docs/decisions/0006)."""
    groups_photos = False

    def __init__(self, settings: Settings, redis: Redis, keys: Keys) -> None:
        self._settings, self._keys = settings, keys
        # redis-py's types describe decoded and raw answers at once; ours are always bytes
        self._redis: Any = redis
        self._signatures = Signatures(settings.public_url, settings.twilio_auth_token.get_secret_value())
        self.api = TwilioApi(settings)
        self._media = Media(settings, self.api)
        self._templates = Templates(self.api, self._redis, keys)

    async def start(self) -> None:
        await self.api.open()
        await self._media.open()

    async def close(self) -> None:
        await self._media.close()
        await self.api.close()

    # --- in ---------------------------------------------------------------------------------------------------

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        """A message, or the state of one that we sent: which of them its fields tell, whatever the path."""
        fields = self._signatures.fields_of(headers, body, path or WEBHOOK_PATH)
        if fields is None:
            return FORBIDDEN
        try:
            return Received(read(fields, _now_ms()))
        except Unreadable as error:
            log.warning("a request of Twilio cannot be read and is kept for a day", reason=str(error))
            return Received(dead=body)

    async def fetch(self, media: str) -> bytes:
        """`media` is the address that Twilio named."""
        return await self._media.fetch(media)

    # --- out --------------------------------------------------------------------------------------------------

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        return render.render(outgoing, context)

    def limits(self, part: Part) -> list[Limit]:
        sender = self._settings.whatsapp_from
        overall = Window(f"{sender}:all", OVERALL_PER_S, 1.0)
        if sender == SANDBOX:
            overall = Window(f"{sender}:all", 1, SANDBOX_EVERY_S)
        return [overall, Bucket(f"{sender}:chat:{part.chat}", CHAT_BURST, CHAT_PER_S)]

    async def send(self, part: Part) -> Outcome:
        if await self._too_late(part.chat):
            return Drop("outside the 24-hour window")
        if part.kind == "progress" and not await self._progress_is_due(part):
            return Sent()
        if part.kind == "picture" and not await self._is_there(part.payload["picture"]):
            log.warning("a product picture is missing from the picture store")
            return in_words(part, "picture missing")
        if "numbers" in part.payload:
            await numbers.remember(self._redis, self._keys, part.chat, part.payload["numbers"])
        try:
            form = await self._form(part)
        except Failed as error:
            self._count(error.verdict)
            if error.verdict.kind is Kind.ALARM:
                return outcome_of(part, error.verdict)
            return in_words(part, f"no template: {error.verdict.reason}")
        return await self._send(part, form)

    def late_failure(self, part: Part, code: str | None) -> Outcome:
        """What to do about a part that Twilio took and WhatsApp, or the way there, refused later."""
        return self._outcome(part, by_code(code) or Verdict(Kind.ONCE, "failed without a code"))

    async def _send(self, part: Part, form: Mapping[str, str]) -> Outcome:
        try:
            message = await self.api.send_message(form)
        except Failed as error:
            return self._outcome(part, error.verdict)
        if message.get("status") in FAILED and (verdict := by_code(message.get("error_code"))) is not None:
            return self._outcome(part, verdict)
        return Sent((provider_id(message["sid"]),))

    async def _form(self, part: Part) -> dict[str, str]:
        """The request that sends a part. Raises Failed when its template cannot be had."""
        public = self._settings.public_url
        form = {
            "From": self._settings.whatsapp_from,
            "To": part.chat,
            "StatusCallback": f"{public}{STATUS_PATH}",
            "ValidityPeriod": str(VALID_S),
        }
        if part.kind in WITH_CONTENT:
            sid = await self._templates.sid_of(template_of(part))
            return form | {"ContentSid": sid, "ContentVariables": variables_of(part)}
        form["Body"] = part.payload["body"]
        if part.kind == "picture":
            form["MediaUrl"] = f"{public}{picturestore.url_of(part.payload['picture'])}"
        return form

    def _outcome(self, part: Part, verdict: Verdict) -> Outcome:
        self._count(verdict)
        if verdict.kind is Kind.TEMPLATE and part.kind in WITH_CONTENT:
            self._templates.doubt(template_of(part))
        return outcome_of(part, verdict)

    def _count(self, verdict: Verdict) -> None:
        """What is sent in another form all the same is counted here; the outbox counts what is not."""
        if verdict.alarm and verdict.kind in (Kind.MEDIA, Kind.CONTENT, Kind.TEMPLATE):
            log.warning("a message goes out in another form; somebody should look why", reason=verdict.reason)
            metrics.ALARMS.labels(NAME).inc()

    # --- what is known of a chat --------------------------------------------------------------------------------

    async def _too_late(self, chat: str) -> bool:
        """Whether they wrote, and over a day ago. What we do not know, WhatsApp does (63016).

        By how long the mark has left, which is Redis's clock: ours may have been set since, and then answers in hand
        would be dropped for nothing.
        """
        try:
            left_ms = int(await self._redis.pttl(self._keys.heard(chat)))
        except RedisError:
            return False
        return 0 <= left_ms < HEARD_S * 1000 - WINDOW_MS

    async def _progress_is_due(self, part: Part) -> bool:
        """A message cannot be changed, so progress is told once a minute."""
        key = self._keys.sent(f"{NAME}-progress:{part.job}")
        try:
            return bool(await self._redis.set(key, "1", ex=PROGRESS_EVERY_S, nx=True))
        except RedisError:
            return False

    async def _is_there(self, picture: str) -> bool:
        try:
            path = picturestore.path_of(self._settings.pictures_dir, picture)
        except ValueError:
            return False
        return await asyncio.to_thread(path.is_file)

    # --- decoration -------------------------------------------------------------------------------------------

    async def typing(self, chat: str) -> None:
        """Not shown."""

    async def acknowledge(self, button: Button) -> None:
        """A tap needs none."""


def _now_ms() -> int:
    return int(time.time() * 1000)
