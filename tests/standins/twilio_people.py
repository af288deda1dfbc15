"""The other side of the stand-in for Twilio: people who write, and webhooks brought as Twilio brings them.

Connection overrides stand in the fragment of a webhook's address and are never sent:
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides. What fails in all its attempts is lost: there
is no later delivery.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
from twilio.request_validator import RequestValidator

if TYPE_CHECKING:
    from tests.standins.twilio import TwilioServer

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def sid(kind: str) -> str:
    return kind + secrets.token_hex(16)


@dataclass(frozen=True)
class Brought:
    """One attempt at a webhook."""

    url: str
    status: int
    """0: no answer in time."""
    seconds: float
    form: tuple[tuple[str, str], ...]


@dataclass
class Courier:
    """Brings webhooks."""

    server: TwilioServer
    duplicates: int = 0
    """Bring everything so many times more, all at once."""
    brought: list[Brought] = field(default_factory=list)
    debugger: list[int] = field(default_factory=list)
    """Codes that a person would see in Twilio's console."""
    _session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def bring(self, url: str, form: Mapping[str, str]) -> int:
        """The status of the last attempt; 0 when none was answered."""
        pairs = tuple(form.items())
        attempts = [self._bring(url, pairs) for _ in range(1 + self.duplicates)]
        return (await asyncio.gather(*attempts))[0]

    async def _bring(self, url: str, pairs: tuple[tuple[str, str], ...]) -> int:
        parts = urlsplit(url)
        overrides = dict(parse_qsl(parts.fragment))
        policy = set(overrides.get("rp", "ct").split(","))
        read_s, total_s = int(overrides.get("rt", 15000)) / 1000, int(overrides.get("tt", 15000)) / 1000
        token, until, status = secrets.token_hex(16), time.monotonic() + total_s, 0
        for _ in range(1 + int(overrides.get("rc", 1))):
            left_s = until - time.monotonic()
            if left_s <= 0:
                break
            status = await self._attempt(parts._replace(fragment="").geturl(), pairs, token, min(read_s, left_s))
            kind = "rt" if status == 0 else f"{status // 100}xx"
            if kind == "2xx" or not ({"all", kind} & policy):
                break
        if status // 100 != 2:
            self.debugger.append(11200)
        return status

    async def _attempt(self, url: str, pairs: tuple[tuple[str, str], ...], token: str, seconds: float) -> int:
        began = time.monotonic()
        headers = {
            "Content-Type": FORM,
            "X-Twilio-Signature": RequestValidator(self.server.token).compute_signature(url, dict(pairs)),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
        }
        self._session = self._session or aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(
                self.server.reached(url), data=urlencode(pairs), headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status, body = answer.status, await answer.read()
                if status // 100 == 2 and body and b"<Response" not in body:
                    self.debugger.append(12200)
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.brought.append(Brought(url, status, time.monotonic() - began, pairs))
        await self.server.tell()
        return status


@dataclass
class Person:
    """Somebody who writes; `address` is `whatsapp:+number`, or `whatsapp:‹id›` for one who hides it."""

    server: TwilioServer
    address: str
    name: str = "Ann"
    scoped_id: str = ""

    async def text(self, text: str, **more: str) -> int:
        return await self.write(Body=text, MessageType="text", **more)

    async def photo(self, *photos: bytes, caption: str = "", mime: str = "image/jpeg", **more: str) -> int:
        """Several at once only to see what happens: WhatsApp sends one in a message."""
        message = sid("MM")
        media = {
            name: value
            for number, photo in enumerate(photos)
            for name, value in (
                (f"MediaUrl{number}", self.server.keep_media(message, photo, mime)),
                (f"MediaContentType{number}", mime),
            )
        }
        fields = {"MessageSid": message, "Body": caption, "MessageType": "image", "NumMedia": str(len(photos))}
        return await self.write(**(fields | media | more))

    async def tap(self, message: Mapping[str, Any], label: str) -> int:
        """Choose a row of a list, or a button, that starts so."""
        shape = message["shape"]
        if "items" in shape:
            row = next(item for item in shape["items"] if item["item"].startswith(label))
            chosen = {"ListId": row["id"], "ListTitle": row["item"], "Body": row["item"]}
        else:
            row = next(action for action in shape["actions"] if action["title"].startswith(label))
            chosen = {"ButtonPayload": row["id"], "ButtonText": row["title"], "Body": row["title"]}
        return await self.write(MessageType="interactive", OriginalRepliedMessageSid=message["sid"], **chosen)

    async def write(self, **fields: str) -> int:
        """Any message. The 24 hours begin anew whether we are reached or not."""
        self.server.heard[self.address] = time.time()
        return await self.server.courier.bring(self.server.webhook, self.form(**fields))

    def form(self, **fields: str) -> dict[str, str]:
        """The fields that Twilio sends with a message."""
        message = fields.get("MessageSid") or sid("SM")
        own = self.address.removeprefix("whatsapp:")
        number = {"WaId": own[1:]} if own.startswith("+") else {}
        scoped = self.scoped_id or f"US.{abs(hash(own)) % 10**16}"
        return {
            "SmsMessageSid": message,
            "NumMedia": "0",
            "ProfileName": self.name,
            "MessageType": "text",
            "SmsSid": message,
            **number,
            "SmsStatus": "received",
            "Body": "",
            "To": self.server.sender,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": message,
            "AccountSid": self.server.account,
            "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": {"ProfileName": self.name}}}),
            "ExternalUserId": f"whatsapp:{scoped}",
            "From": self.address,
            "ApiVersion": "2010-04-01",
        } | fields
