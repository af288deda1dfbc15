"""The way to Viber's REST API through our own client: a time-out on everything, nothing sent twice.

viberbot's sender has no time-out, blocks the loop, and writes the token and the shopper's message into the log when a
request fails; here the token stands in a header only, and no text of an answer leaves the module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from bots.viber.errors import Failed, Kind, Verdict, by_http, by_status
from bots.viber.updates import token_in
from core.settings import Settings

WEBHOOK_PATH = "/viber/webhook"
CONNECT_S, ANSWER_S = 5.0, 20.0
HOOK_S = 40.0
"""While it sets a webhook Viber calls us and waits for our answer."""
CONNECTIONS = 50
ANSWER_BYTES = 1024 * 1024
EVENTS = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")

Json = dict[str, Any]


class ViberApi:
    """One bot at one base URL. Open it and close it in the loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self._headers = {"X-Viber-Auth-Token": settings.viber_token.get_secret_value()}
        self._base = f"{settings.viber_api}/pa/"
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the client; nothing is sent."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ANSWER_S, connect=CONNECT_S, sock_connect=CONNECT_S),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> ViberApi:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- calls ------------------------------------------------------------------------------------------------

    async def send_message(self, message: Mapping[str, Any]) -> str:
        """Send one message; its token. Raises Failed."""
        answer = await self._call("send_message", message)
        return token_in(answer.get("message_token")) or ""

    async def set_webhook(self, url: str) -> list[str]:
        """Where events are brought to; empty: nowhere. The events that will come. Raises Failed.

        Names and avatars of people are not asked for.
        """
        wanted: Json = {"url": url}
        if url:
            wanted |= {"event_types": list(EVENTS), "send_name": False, "send_photo": False}
        events = (await self._call("set_webhook", wanted, timeout_s=HOOK_S)).get("event_types")
        return [str(event) for event in events] if isinstance(events, list) else []

    async def account(self) -> Json:
        """The bot as Viber knows it: name, uri, webhook, event_types, subscribers_count. Raises Failed."""
        return await self._call("get_account_info", {})

    async def _call(self, method: str, body: Mapping[str, Any], *, timeout_s: float | None = None) -> Json:
        timeout = aiohttp.ClientTimeout(total=timeout_s or ANSWER_S, connect=CONNECT_S, sock_connect=CONNECT_S)
        data = encoded(body)
        headers = self._headers | {"Content-Type": "application/json"}
        try:
            async with self._client().post(
                self._base + method, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status, raw = answer.status, await answer.content.read(ANSWER_BYTES)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError) as error:
            raise Failed(Verdict(Kind.LATER, f"no connection to Viber ({type(error).__name__})")) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Failed(Verdict(Kind.UNKNOWN, f"no answer from Viber ({type(error).__name__})")) from None
        if status != 200:
            raise Failed(by_http(status))
        return _checked(raw)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the Viber channel was not started")
        return self._session


def encoded(body: Mapping[str, Any]) -> bytes:
    """A request as it goes out; Viber takes at most 30 KB of it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _checked(raw: bytes) -> Json:
    """The body of a 200 whose status is 0. Raises Failed."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    status = body.get("status") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(status, int):
        raise Failed(Verdict(Kind.UNKNOWN, "an answer that cannot be read"))
    if status != 0:
        raise Failed(by_status(status))
    return body
