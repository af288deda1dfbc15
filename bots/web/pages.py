"""The page itself, what it posts, and the stream of events that it listens to."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections import Counter
from importlib import resources
from typing import Any

import jinja2
from aiohttp import web
from redis.exceptions import RedisError

from bots.catalogues import code_of
from bots.exif import strip_metadata
from bots.services import Services
from bots.texts import page_texts
from bots.web.forms import Form, TooSlow, parse_box, read_form
from bots.web.limits import take_search
from bots.web.security import ADDRESS, COOKIE, HEADERS, chat_of, check_origin, household, new_session, set_cookie
from core import tracing
from core.errors import Reason, Refused, Unavailable
from core.messages import Button, Photo, Text, Update, job_id
from core.telemetry import get_logger

log = get_logger(__name__)

STATIC = {
    "chat.css": "text/css",
    "chat.js": "text/javascript",
    "render.js": "text/javascript",
    "box.js": "text/javascript",
    "texts.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
BEAT_MS = 15_000
STREAMS_EACH = 100
"""Event streams for one address at once: an office behind one has enough, one machine cannot take them all."""
STATUS_OF_REASON = {
    Reason.TOO_LARGE: 413,
    Reason.NOT_A_PICTURE: 415,
    Reason.UNSUPPORTED_FORMAT: 415,
    Reason.BROKEN_PICTURE: 422,
    Reason.TOO_MANY_PIXELS: 422,
    Reason.TOO_SMALL: 422,
    Reason.PRODUCT_GONE: 422,
    Reason.PHOTO_EXPIRED: 422,
    Reason.TOO_MANY_SEARCHES: 429,
    Reason.BAD_REQUEST: 400,
}
BUSY = "The shop is very busy just now: please try again in a minute."


def add_routes(app: web.Application, services: Services) -> None:
    """`/`, `/static`, `/chat/messages`, `/chat/events`."""
    chat = WebChatRoutes(services)
    app.router.add_get("/", chat.page)
    app.router.add_get("/static/{name}", _static)
    app.router.add_post("/chat/messages", chat.post)
    app.router.add_get("/chat/events", chat.events)
    app.on_shutdown.append(chat.shut_down)


def read_static(name: str) -> bytes:
    """A file of `bots/web/static`."""
    return (resources.files("bots.web") / "static" / name).read_bytes()


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    body = await asyncio.to_thread(read_static, name)
    return web.Response(body=body, content_type=STATIC[name], charset="utf-8", headers={"Cache-Control": "no-cache"})


class WebChatRoutes:
    """The handlers of the web chat."""

    def __init__(self, services: Services) -> None:
        self._services = services
        source = read_static("index.html").decode()
        self._page = jinja2.Environment(autoescape=True).from_string(source)
        self._streams: set[asyncio.Task[None]] = set()
        self._held: Counter[str] = Counter()

    async def page(self, request: web.Request) -> web.Response:
        """The page; a visitor without a cookie gets one."""
        language = code_of(_language(request)) or "en"
        page = self._page.render(shop=self._services.settings.shop_name, language=language, t=page_texts(language))
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
        response = web.Response(text=page, content_type="text/html", headers=headers)
        if COOKIE not in request.cookies:
            set_cookie(response, new_session(), self._services.settings)
        return response

    async def post(self, request: web.Request) -> web.Response:
        """One photo, text or tap of the page: 202 and its job once it is in Redis."""
        with tracing.span("message", kind="server", channel="web") as span:
            response = await self._post(request)
            span.note(status=response.status)
        return response

    async def _post(self, request: web.Request) -> web.Response:
        check_origin(request, self._services.settings, required=True)
        session = request.cookies.get(COOKIE)
        if session is None:
            return _refuse(403, "This page's session is over: please load it again.")
        try:
            form = await read_form(request)
            update = await self._update(form, session, request)
            await self._services.streams.claim_and_append(update)
        except Refused as refused:
            return _refuse(status_of_refusal(refused), str(refused), refused.reason)
        except (Unavailable, RedisError) as error:
            log.warning("a message of the web chat could not be taken", error=type(error).__name__)
            return _refuse(503, BUSY)
        return web.json_response({"job": update.job}, status=202)

    async def _update(self, form: Form, session: str, request: web.Request) -> Update:
        chat = chat_of(session)
        update_id = f"{chat.removeprefix('web:')}:{uuid.uuid4()}"
        content = await self._content(form, job_id("web", update_id), request[ADDRESS])
        return Update("web", update_id, chat, chat, content, int(time.time() * 1000), _language(request))

    async def _content(self, form: Form, job: str, address: str) -> Photo | Text | Button:
        if token := form.get("button"):
            return Button(token)  # only some buttons search, and the conversation counts those
        if form.photo is not None:
            box = parse_box(form.get("box"))
            await take_search(self._services, address)
            blob = self._services.keys.blob(job, 0)
            await self._services.blobs.put(blob, await asyncio.to_thread(strip_metadata, form.photo))
            return Photo(media=blob, caption=form.get("text"), box=box)
        if text := form.get("text"):
            await take_search(self._services, address)
            return Text(text[:500])
        raise Refused(Reason.BAD_REQUEST, "Send a photo, a text or a button.")

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events of this visitor's chat: all that is kept; after a break what follows `Last-Event-ID`."""
        session = request.cookies.get(COOKIE)
        check_origin(request, self._services.settings, required=False)
        if session is None:
            raise web.HTTPForbidden(text="Open the page first.")
        holder = household(request[ADDRESS])
        if self._held[holder] >= STREAMS_EACH:
            raise web.HTTPTooManyRequests(text="Too many chats are open from your network: please close some.")
        self._held[holder] += 1
        try:
            return await self._stream(request, session)
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]

    async def _stream(self, request: web.Request, session: str) -> web.StreamResponse:
        headers = HEADERS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        task = asyncio.ensure_future(self._follow(response, chat_of(session), request.headers.get("Last-Event-ID")))
        self._streams.add(task)
        try:
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                log.info("an event stream ended", error=type(error).__name__)
        finally:
            task.cancel()
            self._streams.discard(task)
        return response

    async def _follow(self, response: web.StreamResponse, chat: str, last: str | None) -> None:
        redis: Any = self._services.redis
        key = self._services.keys.web(chat.removeprefix("web:"))
        if last is None or not re.fullmatch(r"[0-9]{1,19}-[0-9]{1,19}", last):
            last = "0-0"  # a page that was loaded anew shows what the stream still holds
        await response.write(f"retry: 1000\nid: {last}\nevent: hello\ndata: {{}}\n\n".encode())
        while True:
            batches = await redis.xread({key: last}, count=20, block=BEAT_MS)
            if not batches:
                await response.write(b": still here\n\n")
                continue
            for entry_id, fields in _entries(batches):
                last = entry_id
                await response.write(f"id: {last}\nevent: message\ndata: {fields}\n\n".encode())

    async def shut_down(self, _: web.Application) -> None:
        """Ends the streams, so that the server can stop; browsers come back by themselves."""
        for task in self._streams:
            task.cancel()


def _entries(batches: object) -> list[tuple[str, str]]:
    """(id, JSON) of what XREAD answered, in either form of redis-py (list of pairs or dict)."""
    pairs = batches.items() if isinstance(batches, dict) else batches
    found = []
    for _, entries in pairs:  # type: ignore[attr-defined]
        for entry_id, fields in entries:
            found.append((entry_id.decode(), fields[b"data"].decode()))
    return found


def status_of_refusal(refused: Refused) -> int:
    """The HTTP status of what is refused before any search."""
    return 408 if isinstance(refused, TooSlow) else STATUS_OF_REASON[refused.reason]


def _refuse(status: int, message: str, reason: Reason | None = None) -> web.Response:
    body = json.dumps({"reason": reason, "message": message})
    return web.Response(status=status, text=body, content_type="application/json")


def _language(request: web.Request) -> str:
    first = request.headers.get("Accept-Language", "en").split(",")[0].split(";")[0].strip()
    return first if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", first) else "en"
