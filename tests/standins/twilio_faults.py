"""Errors of the stand-in for Twilio, real and ordered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

MESSAGES = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' Phone Number: +15550001"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21654: (400, "ContentSid Required"),
    21655: (400, "The ContentSid is Invalid"),
    21656: (400, "The Content Variables parameter is invalid"),
    21910: (400, "Invalid From and To pair. From and To should be of the same channel"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}


class ApiError(Exception):
    """What Twilio says no with."""

    def __init__(self, code: int, status: int | None = None, message: str = "") -> None:
        known = MESSAGES.get(code, (400, "Bad Request"))
        super().__init__(message or known[1])
        self.code, self.status, self.message = code, status or known[0], message or known[1]

    def response(self, *, problem: bool = False) -> web.Response:
        """Twilio's own form, or RFC 9457's, which newer endpoints answer with."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body: dict[str, Any] = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        if problem:
            body = {"type": more, "title": self.message, "status": self.status, "code": self.code}
        return web.json_response(body, status=self.status)


@dataclass
class Fault:
    """One call, or `times` of them, goes wrong.

    `error`: refused with a code, nothing done. `problem`: the same as RFC 9457 says it. `html`: a proxy's error page,
    nothing done. `hang`: done, but the answer never comes. `cut`: done, then the connection breaks. `broken`: done,
    answered with half a JSON. `truncated`: fewer bytes than announced.
    """

    call: str
    kind: Literal["error", "problem", "html", "hang", "cut", "broken", "truncated"] = "error"
    code: int = 20500
    status: int | None = None
    to: str | None = None
    times: int = 1
    after: int = 0
    """Let so many matching calls pass first."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends what hangs."""
    taken: int = 0

    def takes(self, call: str, to: str | None) -> bool:
        """Whether this call is the one; counts it."""
        if self.call not in (call, "*") or self.taken >= self.times or (self.to is not None and self.to != to):
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
    if fault is None:
        return await answer()
    if fault.kind in ("error", "problem"):
        return ApiError(fault.code, fault.status).response(problem=fault.kind == "problem")
    if fault.kind == "html":
        page = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
        return web.Response(status=fault.status or 502, text=page, content_type="text/html")
    done = await answer()
    body = bytes(done.body) if isinstance(done.body, bytes) else b""
    if fault.kind == "hang":
        await fault.release.wait()
        return done
    if fault.kind == "broken":
        return web.Response(body=body[: len(body) // 2], status=done.status, content_type="application/json")
    if fault.kind == "truncated":
        response = web.StreamResponse()
        response.content_length = len(body) + 100
        await response.prepare(request)
        await response.write(body)
    if request.transport is not None:
        request.transport.abort()
    return done
