"""A shopper's photo from Viber's media hosts; it lies there for about an hour, and needs no credentials."""

from __future__ import annotations

import aiohttp

from core import metrics
from core.errors import Reason, Refused, Unavailable
from core.fetch import FetchFailed, FetchRefused, FetchRules, Refusal, fetch, guarded_session
from core.settings import Settings
from core.telemetry import get_logger

log = get_logger(__name__)

FILE_BYTES = 20 * 1024 * 1024
FETCH_S = 30.0
HOSTS = ("*.viber.com",)
"""Viber documents none; these are where media have been seen (`dl-media.viber.com`). MEDIA_HOSTS lists more."""
_EXPIRED = (401, 403, 404, 410)
"""What a host of media says once an address has run out."""


class Media:
    """Fetches what people sent. Open it and close it in the loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self._rules = FetchRules(
            hosts=settings.media_hosts,
            max_bytes=FILE_BYTES,
            timeout_s=FETCH_S,
            only_listed=True,
            public_hosts=HOSTS,
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
        """The bytes. Raises Refused (too large, not there any more, not where Viber keeps media) and Unavailable."""
        if self._session is None:
            raise RuntimeError("the Viber channel was not started")
        try:
            return await fetch(self._session, url, self._rules)
        except FetchRefused as error:
            if error.rule is Refusal.TOO_LARGE:
                raise Refused(Reason.TOO_LARGE) from None
            log.error(
                "a photo was not fetched; if Viber moved its media, list the host in MEDIA_HOSTS", reason=str(error)
            )
            metrics.ALARMS.labels("viber").inc()
            raise Refused(Reason.PHOTO_EXPIRED) from None
        except FetchFailed as error:
            if error.status in _EXPIRED:
                raise Refused(Reason.PHOTO_EXPIRED) from None
            raise Unavailable(f"The photo did not arrive from Viber ({error}).") from None
