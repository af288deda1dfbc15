"""A shopper's photo from Twilio: asked for with our credentials at our own account's path only, brought by its CDN.

https://www.twilio.com/docs/usage/security#protect-your-web-application and the Media resource: the API answers with a
redirect to a signed address, where our credentials must not go.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import aiohttp
from yarl import URL

from bots.whatsapp.api import TwilioApi
from core import metrics
from core.errors import Reason, Refused, Unavailable
from core.fetch import FetchFailed, FetchRefused, FetchRules, Refusal, fetch, guarded_session
from core.settings import Settings
from core.telemetry import get_logger

log = get_logger(__name__)

FILE_BYTES = 20 * 1024 * 1024
TRY_S = 12.0
NOT_THERE_YET_S: Sequence[float] = (1.0, 3.0)
"""Twilio tells of a message a little before its media can be had."""
CDN = ("*.twiliocdn.com", "s3-external-1.amazonaws.com")
"""Where Twilio redirects to; MEDIA_HOSTS lists more."""


class Media:
    """Fetches what people sent. Open it and close it in the loop that uses it."""

    def __init__(self, settings: Settings, api: TwilioApi) -> None:
        self._api = URL(settings.twilio_api)
        self._own = api.account_path
        own_host = () if self._api.scheme == "https" else (f"{self._api.host}:{self._api.port}",)
        self._rules = FetchRules(
            hosts=(*settings.media_hosts, *own_host),
            max_bytes=FILE_BYTES,
            timeout_s=TRY_S,
            only_listed=True,
            public_hosts=(*CDN, self._api.raw_host or ""),
            headers={"Authorization": api.basic_auth},
            headers_below=self._own,
        )
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        if self._session is None:
            self._session = guarded_session(self._rules.hosts)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str) -> bytes:
        """The bytes. Raises Refused (too large, gone, not where Twilio keeps media) and Unavailable."""
        target = self._checked(url)
        for wait_s in (*NOT_THERE_YET_S, None):
            try:
                return await fetch(self._session, str(target), self._rules)
            except FetchRefused as error:
                if error.rule is Refusal.TOO_LARGE:
                    raise Refused(Reason.TOO_LARGE) from None
                raise self._suspicious(str(error)) from None
            except FetchFailed as error:
                if error.status == 404 and wait_s is not None:
                    await asyncio.sleep(wait_s)
                    continue
                raise _lost(error) from None
        raise AssertionError("the last try returns or raises")

    def _checked(self, url: str) -> URL:
        """The address, if it is media of our own account at the API's own host. Raises Refused."""
        try:
            target = URL(url)
            same = target.origin() == self._api.origin()
        except ValueError:
            raise self._suspicious("its address cannot be read") from None
        if not same or target.raw_query_string or target.raw_user is not None:
            raise self._suspicious(f"{target.raw_host}: not where Twilio keeps media")
        if not re.fullmatch(rf"{re.escape(self._own)}Messages/[A-Za-z0-9]+/Media/[A-Za-z0-9]+", target.raw_path):
            raise self._suspicious("not media of our own account")
        return target

    def _suspicious(self, what: str) -> Refused:
        """Twilio moved its media, or somebody leads us astray: a person should look, the shopper may try again."""
        log.error("a photo was not fetched; if Twilio moved its media, list the host in MEDIA_HOSTS", reason=what)
        metrics.ALARMS.labels("whatsapp").inc()
        return Refused(Reason.PHOTO_EXPIRED)


def _lost(error: FetchFailed) -> Refused | Unavailable:
    if error.status in (404, 410):
        return Refused(Reason.PHOTO_EXPIRED)
    if error.status in (401, 403):
        log.error("Twilio does not hand over media: look at TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
    return Unavailable(f"The photo did not arrive from Twilio ({error}).")
