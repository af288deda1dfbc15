"""The shop's page as a browser shows it: a cookie, photos posted, and a stream of events that comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bots.web.security import COOKIE
from core.tasks import end

RETRY_S = 1.0
"""As the stream itself says: `retry: 1000`."""
POST_S = 30.0


class Page:
    """One visitor with one open page."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http: aiohttp.ClientSession | None = None
        self._following: asyncio.Task[None] | None = None
        self._answer: aiohttp.ClientResponse | None = None
        self._opening = asyncio.Lock()
        self.session = ""
        self.last = "0-0"
        self.events: list[tuple[dict[str, Any], float]] = []
        """Every event that was shown, and when."""

    async def opened(self) -> None:
        """The page is loaded, however long that takes, and listens from then on."""
        async with self._opening:
            while not self.session:
                self._http = self._http or aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
                try:
                    async with self._http.get(f"{self._address}/", timeout=_within(POST_S)) as answer:
                        await answer.read()
                        if COOKIE in answer.cookies:
                            self.session = answer.cookies[COOKIE].value
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(RETRY_S)
            if self._following is None:
                self._following = asyncio.create_task(self._follow())

    async def photo(self, data: bytes) -> str | None:
        """Post a photo; its job, None where the page was told nothing or that it was not taken."""
        form = aiohttp.FormData()
        form.add_field("photo", data, filename="photo.jpg", content_type="image/jpeg")
        try:
            async with self._client().post(
                f"{self._address}/chat/messages", data=form, headers=self._headers(), timeout=_within(POST_S)
            ) as answer:
                body = await answer.read()
                return str(json.loads(body)["job"]) if answer.status == 202 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def break_off(self, data: bytes) -> None:
        """Send half a photo and go."""
        parts = urlsplit(self._address)
        head = [
            "POST /chat/messages HTTP/1.1",
            f"Host: {parts.netloc}",
            *(f"{name}: {value}" for name, value in self._headers().items()),
            "Content-Type: multipart/form-data; boundary=half",
            f"Content-Length: {len(data) + 200}",
            "",
            "--half",
            'Content-Disposition: form-data; name="photo"; filename="photo.jpg"',
            "",
            "",
        ]
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write("\r\n".join(head).encode() + data[: len(data) // 2])
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.transport.abort()

    def cut(self) -> bool:
        """The connection of the stream breaks; the page comes back. Whether there was one."""
        answer = self._answer
        if answer is None or answer.connection is None or answer.connection.transport is None:
            return False
        answer.connection.transport.abort()
        return True

    async def close(self) -> None:
        if self._following is not None:
            await end(self._following)
        if self._http is not None:
            await self._http.close()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                await self._listen()
            self._answer = None
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        headers = self._headers() | {"Last-Event-ID": self.last}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=40)
        async with self._client().get(f"{self._address}/chat/events", headers=headers, timeout=timeout) as answer:
            if answer.status != 200:
                return
            self._answer = answer
            event: dict[str, str] = {}
            async for raw in answer.content:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                self._take(event)
                event = {}

    def _take(self, event: dict[str, str]) -> None:
        """A whole event, with the empty line that ends it; half of one is none."""
        if event.get("event") == "message":
            self.events.append((json.loads(event["data"]), time.time()))
            self.last = event["id"]

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.session}", "Origin": self._address, "Accept-Language": "en"}

    def _client(self) -> aiohttp.ClientSession:
        assert self._http is not None
        return self._http


def _within(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)
