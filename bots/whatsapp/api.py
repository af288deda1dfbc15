"""The way to Twilio's REST API through our own client: a time-out on everything, nothing sent twice.

The library's clients have no time-out by default, its asynchronous one ignores the one it is given and repeats a POST
after a 5xx. The auth token stands in a header only; no text of an answer leaves this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bots.whatsapp.errors import Failed, Kind, Verdict, by_answer
from core.settings import Settings

CONNECT_S, ANSWER_S = 5.0, 20.0
CONNECTIONS = 50
"""Twilio counts concurrent requests (20429)."""
ANSWER_BYTES = 1024 * 1024

Json = dict[str, Any]


class TwilioApi:
    """One account at one base URL. Open it and close it in the loop that uses it."""

    def __init__(self, settings: Settings) -> None:
        self.account = settings.twilio_account_sid
        self._auth = aiohttp.encode_basic_auth(self.account, settings.twilio_auth_token.get_secret_value())
        self._base = settings.twilio_api
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the client; nothing is sent."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_S, connect=CONNECT_S, sock_connect=CONNECT_S)
            self._session = aiohttp.ClientSession(
                timeout=timeout,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> TwilioApi:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def basic_auth(self) -> str:
        """The value of an Authorization header. A secret."""
        return self._auth

    @property
    def account_path(self) -> str:
        """Below this path everything is our own account's."""
        return f"/2010-04-01/Accounts/{self.account}/"

    def url_of(self, product: str) -> str:
        """The base of another of Twilio's products: `https://content.twilio.com`, or the stand-in itself."""
        parts = urlsplit(self._base)
        host = parts.hostname or ""
        if host.startswith("api.") and host.endswith(".twilio.com"):
            return f"{parts.scheme}://{product}.{host.removeprefix('api.')}"
        return self._base

    # --- calls ------------------------------------------------------------------------------------------------

    async def send_message(self, form: Mapping[str, str]) -> Json:
        """Create a message; the resource as Twilio made it. Raises Failed."""
        return await self._call("POST", f"{self._base}{self.account_path}Messages.json", data=dict(form))

    async def create_content(self, definition: Mapping[str, Any]) -> str:
        """Create a content template; its id. Raises Failed."""
        made = await self._call("POST", f"{self.url_of('content')}/v1/Content", json_body=definition)
        return str(made["sid"])

    async def fetch_account(self) -> Json:
        """The account: `status` is active, suspended or closed. Raises Failed."""
        return await self._call("GET", f"{self._base}{self.account_path.rstrip('/')}.json")

    async def senders(self) -> list[Json]:
        """The WhatsApp senders of this account (not the sandbox's). Raises Failed."""
        url = f"{self.url_of('messaging')}/v2/Channels/Senders?Channel=whatsapp&PageSize=100"
        found = (await self._call("GET", url)).get("senders")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def set_webhooks(self, sender: str, webhook: Mapping[str, str]) -> None:
        """Where this sender's messages and states are brought to. Raises Failed."""
        url = f"{self.url_of('messaging')}/v2/Channels/Senders/{sender}"
        await self._call("POST", url, json_body={"webhook": dict(webhook)}, needs=())

    async def _call(
        self,
        method: str,
        url: str,
        *,
        data: dict[str, str] | None = None,
        json_body: Mapping[str, Any] | None = None,
        needs: tuple[str, ...] | None = None,
    ) -> Json:
        wanted = needs if needs is not None else ("sid",) if method == "POST" else ()
        headers = {"Authorization": self._auth, "Accept": "application/json"}
        try:
            async with self._client().request(
                method, url, data=data, json=json_body, headers=headers, allow_redirects=False
            ) as answer:
                status, raw = answer.status, await answer.content.read(ANSWER_BYTES)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError) as error:
            raise Failed(Verdict(Kind.LATER, f"no connection to Twilio ({type(error).__name__})")) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Failed(Verdict(Kind.UNKNOWN, f"no answer from Twilio ({type(error).__name__})")) from None
        body = _parsed(raw)
        if not 200 <= status < 300:
            raise Failed(by_answer(status, body))
        if not isinstance(body, dict) or any(not isinstance(body.get(name), str) for name in wanted):
            raise Failed(Verdict(Kind.UNKNOWN, "an answer that cannot be read"))
        return body

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the WhatsApp channel was not started")
        return self._session


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
