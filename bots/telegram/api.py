"""The way to the Bot API: python-telegram-bot's `Bot` for what it does well, our own client for the rest.

The library's download reads a whole file into memory without a limit, and its `get_updates` logs every update when one
of them is new to it; both are done here. The token stands in every address: no text of an error that comes from below
leaves this module.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
from telegram import Bot
from telegram.error import TelegramError

from bots.telegram.errors import Kind, Verdict, classify
from bots.telegram.request import AiohttpRequest, session
from bots.telegram.updates import ALLOWED_UPDATES
from core.errors import Reason, Refused, Unavailable
from core.settings import Settings

FILE_BYTES = 20 * 1024 * 1024
"""More the Bot API does not hand out, and we do not take."""
POLL_S = 50
"""Telegram cuts longer polls."""
CONNECTIONS = 128
CONNECT_S, READ_S, WRITE_S, UPLOAD_S = 5.0, 30.0, 15.0, 60.0
FETCH_S = 40.0
_CHUNK = 64 * 1024


class Failed(Exception):
    """Telegram did not do it; its text is the verdict's reason and holds no secret."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class BotApi:
    """One bot at one base URL. Open it and close it in the loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.telegram_token.get_secret_value()
        self._base = settings.telegram_api
        self._request = AiohttpRequest(
            connections=CONNECTIONS, connect_s=CONNECT_S, read_s=READ_S, write_s=WRITE_S, upload_s=UPLOAD_S
        )
        self.bot = Bot(
            self._token,
            base_url=f"{self._base}/bot",
            base_file_url=f"{self._base}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._session: aiohttp.ClientSession | None = None

    @property
    def bot_id(self) -> str:
        """The first half of the token, which is no secret."""
        return self._token.partition(":")[0]

    async def open(self) -> None:
        """Make the clients; nothing is sent."""
        await self._request.initialize()
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=FETCH_S, sock_connect=CONNECT_S, sock_read=15)
            self._session = session(CONNECTIONS, timeout)

    async def close(self) -> None:
        """Close the clients."""
        await self._request.shutdown()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> BotApi:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- files in ---------------------------------------------------------------------------------------------

    async def download(self, file_id: str) -> bytes:
        """A file that somebody sent. Raises Refused (too large, not there any more) and Unavailable."""
        for again in (True, False):
            path = await self._path_of(file_id)
            data = await self._stream(path)
            if data is not None:
                return data
            if not again:
                break  # a path lives for an hour; a fresh one that is not there will not come
        raise Refused(Reason.PHOTO_EXPIRED)

    async def _path_of(self, file_id: str) -> str:
        prefix = f"{self._base}/file/bot{self._token}/"
        try:
            file = await self.bot.get_file(file_id)
        except TelegramError as error:
            verdict = classify(error)
        else:
            path = (file.file_path or "").removeprefix(prefix)
            if not path or path.startswith("/") or "://" in path or ".." in path.split("/"):
                raise Unavailable("Telegram named no path for the photo.")
            return path
        if verdict.kind is Kind.TOO_BIG:
            raise Refused(Reason.TOO_LARGE)
        # "wrong file_id or the file is temporarily unavailable": the second half is real, so it is tried again later
        raise Unavailable(f"Telegram does not hand over the photo now ({verdict.reason}).")

    async def _stream(self, path: str) -> bytes | None:
        """The bytes, counted as they come; None when nothing is at this path."""
        url = f"{self._base}/file/bot{self._token}/{quote(path)}"
        data = bytearray()
        try:
            async with self._client().get(url, allow_redirects=False) as answer:
                if answer.status == 404:
                    return None
                if answer.status != 200:
                    raise Unavailable(f"Telegram answered {answer.status} instead of the photo.")
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    data += chunk
                    if len(data) > FILE_BYTES:
                        raise Refused(Reason.TOO_LARGE)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"The photo did not arrive from Telegram ({type(error).__name__}).") from None
        return bytes(data)

    # --- updates ----------------------------------------------------------------------------------------------

    async def get_updates(self, offset: int | None) -> list[Any]:
        """Updates as Telegram wrote them, oldest first; waits up to 50 s for one. Raises Failed."""
        wanted = {"timeout": POLL_S, "allowed_updates": list(ALLOWED_UPDATES)}
        wanted |= {} if offset is None else {"offset": offset}
        timeout = aiohttp.ClientTimeout(total=POLL_S + 15, sock_connect=CONNECT_S)
        url = f"{self._base}/bot{self._token}/getUpdates"
        try:
            async with self._client().post(url, json=wanted, timeout=timeout, allow_redirects=False) as answer:
                status, body = answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Failed(Verdict(Kind.LATER, type(error).__name__)) from None
        if status == 200 and isinstance(body, dict) and isinstance(body.get("result"), list):
            return list(body["result"])
        raise Failed(_polling_verdict(status, body))

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the Telegram channel was not started")
        return self._session


def _polling_verdict(status: int, body: Any) -> Verdict:
    if status == 409:
        return Verdict(Kind.CONFLICT, "conflict")
    if status in (401, 404):
        return Verdict(Kind.REVOKED, "the token is refused")
    parameters = body.get("parameters") if isinstance(body, dict) else None
    after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(after, int | float):
        return Verdict(Kind.WAIT, "too many requests", after_ms=int(after * 1000))
    return Verdict(Kind.LATER, f"HTTP {status}")
