"""Errors of the stand-in for Viber, real and ordered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

NAMES = {
    0: "ok",
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "receiverNotSubscribed",
    7: "publicAccountBlocked",
    8: "publicAccountNotFound",
    9: "publicAccountSuspended",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "tooManyRequests",
    13: "apiVersionNotSupported",
    14: "incompatibleWithVersion",
    15: "publicAccountNotAuthorized",
    16: "inchatReplyMessageNotAllowed",
    17: "publicAccountIsNotInline",
    18: "noPublicChat",
    19: "cannotSendBroadcast",
    20: "broadcastNotAllowed",
}
"""https://developers.viber.com/docs/api/rest-bot-api/#error-codes"""


class Refusal(Exception):
    """What Viber says no with; HTTP says 200 all the same."""

    def __init__(self, status: int, why: str = "") -> None:
        super().__init__(why)
        self.status, self.why = status, why

    def response(self) -> web.Response:
        return answer_of(self.status, self.why)


def answer_of(status: int, why: str = "", *, message: bool = True) -> web.Response:
    """The body of a refusal; `message` False: without status_message, as Viber answers now and then."""
    body: dict[str, Any] = {"status": status, "chat_hostname": "SN-CHAT-05_"}
    if message:
        body["status_message"] = why or NAMES.get(status, "general error")
    return web.json_response(body)


@dataclass
class Fault:
    """One call, or `times` of them, goes wrong.

    `status`: refused with that status in a 200, nothing done. `bare`: the same without status_message. `http`: an
    HTTP error of a machine before Viber's, nothing done. `hang`: done, but the answer never comes. `cut`: done, then
    the connection breaks. `broken`: done, answered with half a JSON. `missing`, `large`, `away`: of a photo only.
    """

    method: str
    kind: Literal["status", "bare", "http", "hang", "cut", "broken", "missing", "large", "away"] = "status"
    status: int = 12
    receiver: str | None = None
    times: int = 1
    after: int = 0
    """Let so many matching calls pass first."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends what hangs."""
    location: str = "http://127.0.0.1:1/secret"
    """Where `away` redirects to."""
    taken: int = 0

    def takes(self, method: str, body: Mapping[str, Any]) -> bool:
        """Whether this call is the one; counts it."""
        if self.method not in (method, "*") or self.taken >= self.times:
            return False
        if self.receiver is not None and body.get("receiver") != self.receiver:
            return False
        if self.after:
            self.after -= 1
            return False
        self.taken += 1
        return True


async def faulty(
    fault: Fault | None, request: web.Request, answer: Callable[[], Awaitable[web.Response]]
) -> web.StreamResponse:
    """The answer, or what the fault makes of it."""
    match fault:
        case None:
            return await answer()
        case Fault(kind="status" | "bare" as kind, status=status):
            return answer_of(status, message=kind == "status")
        case Fault(kind="http", status=status):
            return web.Response(status=status, text="<html><center>nginx</center></html>", content_type="text/html")
        case Fault(kind="missing"):
            return web.Response(status=404)
        case Fault(kind="away", location=location):
            return web.Response(status=302, headers={"Location": location})
        case Fault(kind="large"):
            return web.Response(body=bytes((20 << 20) + 1), content_type="image/jpeg")
        case _:
            return await _done_but(fault, request, await answer())


async def _done_but(fault: Fault, request: web.Request, done: web.Response) -> web.StreamResponse:
    if fault.kind == "hang":
        await fault.release.wait()
    elif fault.kind == "cut" and request.transport is not None:
        request.transport.abort()
    elif fault.kind == "broken":
        return web.Response(text=json.dumps({"status": 0})[:-3], content_type="application/json")
    return done
