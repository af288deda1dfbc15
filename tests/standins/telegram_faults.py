"""Errors of the stand-in, real and ordered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

TEXTS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class ApiError(Exception):
    """What the Bot API says no with."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    def response(self) -> web.Response:
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        headers = {}
        if self.parameters:
            body["parameters"] = dict(self.parameters)
            if "retry_after" in self.parameters:
                headers["Retry-After"] = str(self.parameters["retry_after"])
        return web.json_response(body, status=self.status, headers=headers)


@dataclass
class Fault:
    """One call, or `times` of them, goes wrong.

    `error`: refused with status and description, nothing done. `html`: a proxy's error page, nothing done. `hang`:
    done, but the answer never comes. `cut`: done, then the connection breaks. `broken`: done, answered with half a
    JSON. `slow`: done and answered byte by byte once `release` is set. `truncated`: fewer bytes than announced.
    """

    method: str
    kind: Literal["error", "html", "hang", "cut", "broken", "slow", "truncated"] = "error"
    status: int = 500
    description: str = ""
    retry_after: int | None = None
    chat: int | None = None
    times: int = 1
    after: int = 0
    """Let so many matching calls pass first."""
    body: bytes | None = None
    """Given instead of the real answer (kind `slow` or `truncated`)."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends what hangs or is slow."""
    taken: int = 0

    def takes(self, method: str, params: Mapping[str, Any]) -> bool:
        """Whether this call is the one; counts it."""
        if self.method not in (method, "*") or self.taken >= self.times:
            return False
        if self.chat is not None and str(params.get("chat_id")) != str(self.chat):
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
    if fault.kind == "error":
        description = fault.description or TEXTS.get(fault.status, "Internal Server Error")
        if fault.retry_after is None:
            return ApiError(fault.status, description).response()
        wait = {"retry_after": fault.retry_after}
        return ApiError(fault.status, f"Too Many Requests: retry after {fault.retry_after}", wait).response()
    if fault.kind == "html":
        page = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
        return web.Response(status=fault.status, text=page, content_type="text/html")
    done = await answer()
    body = fault.body if fault.body is not None else bytes(done.body) if isinstance(done.body, bytes) else b""
    if fault.kind == "hang":
        await fault.release.wait()
        return done
    if fault.kind == "cut":
        if request.transport is not None:
            request.transport.abort()
        return done
    if fault.kind == "broken":
        return web.Response(text=json.dumps({"ok": True})[:-3], content_type="application/json")
    return await _trickle(fault, request, body)


async def _trickle(fault: Fault, request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = len(body) if fault.kind == "slow" else len(body) + 100
    await response.prepare(request)
    if fault.kind == "truncated":
        await response.write(body)
        if request.transport is not None:
            request.transport.close()
        return response
    await response.write(body[:10])
    await fault.release.wait()
    await response.write(body[10:])
    return response
