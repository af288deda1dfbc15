"""`POST /api/search`: one photo, product or text in, one Reply out. `GET /api/openapi.json` describes it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
import uuid
from decimal import Decimal
from importlib import resources

from aiohttp import web
from redis.exceptions import RedisError

from bots.exif import strip_metadata
from bots.services import Services
from bots.web.forms import Form, parse_box, parse_count, parse_price, read_form
from bots.web.limits import take_search
from bots.web.pages import BUSY, STATUS_OF_REASON, status_of_refusal
from bots.web.pictures import absolute
from bots.web.security import ADDRESS, check_origin
from core import tracing
from core.errors import Reason, Refused, Unavailable
from core.messages import ByPhoto, ByProduct, ByWords, Filters, Query, Reply, Search, decode_outgoing
from core.telemetry import get_logger

log = get_logger(__name__)

WAIT_S = 20
NOTHING = "Nothing in the catalogue fits: check the category (as the feed spells it), the prices, or the words."


def add_routes(app: web.Application, services: Services) -> None:
    """`/api/search` and its description."""
    routes = ApiRoutes(services)
    app.router.add_post("/api/search", routes.search)
    app.router.add_get("/api/openapi.json", routes.openapi)


class ApiRoutes:
    """The handlers of the search API."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._openapi = json.loads((resources.files("bots.web") / "openapi.json").read_text())

    async def openapi(self, _: web.Request) -> web.Response:
        """The OpenAPI 3.1 document."""
        servers = [{"url": self._services.settings.public_url or "/"}]
        return web.json_response(self._openapi | {"servers": servers})

    async def search(self, request: web.Request) -> web.Response:
        """Waits up to 20 s for the worker's answer; then 504, and whatever comes later is dropped."""
        with tracing.span("request", kind="server", channel="api") as span:
            response = await self._search(request)
            span.note(status=response.status)
        return response

    async def _search(self, request: web.Request) -> web.Response:
        check_origin(request, self._services.settings, required=False)
        job = uuid.uuid4().hex[:20]
        chat = f"api:{job}"
        try:
            form = await read_form(request)
            question = await self._question(form, job, chat, request[ADDRESS])
            await self._services.streams.append_search(question)
            answer = await self._services.redis.blpop([self._services.keys.answer(job)], timeout=WAIT_S)
        except Refused as refused:
            reply = Reply(job, chat, "refused", reason=refused.reason, message=str(refused), close=False)
            return self._answer(reply, status_of_refusal(refused))
        except (Unavailable, RedisError) as error:
            log.warning("a search of the API could not be taken", job=job, error=type(error).__name__)
            return self._fail(job, BUSY, 503)
        if answer is None:
            return self._fail(job, "No worker answered in time: please try again.", 504)
        outgoing = decode_outgoing(answer[1])
        if not isinstance(outgoing, Reply):
            return self._fail(job, BUSY, 503)
        if outgoing.outcome == "nothing" and not outgoing.message:
            outgoing = dataclasses.replace(outgoing, message=NOTHING)
        return self._answer(outgoing, status_of(outgoing))

    async def _question(self, form: Form, job: str, chat: str, address: str) -> Search:
        now = int(time.time() * 1000)
        box, filters = parse_box(form.get("box")), _filters(form)
        want = parse_count(form.get("count"), self._services.settings.hits)
        query = self._query(form, job, box is not None)
        await take_search(self._services, address)
        if isinstance(query, ByPhoto) and form.photo is not None:
            await self._services.blobs.put(query.blobs[0], await asyncio.to_thread(strip_metadata, form.photo))
            query = ByPhoto(query.blobs, box)
        return Search(
            job, chat, query, now, now + WAIT_S * 1000, filters=filters, want=want, photos=int(form.photo is not None)
        )

    def _query(self, form: Form, job: str, boxed: bool) -> Query:
        given = [name for name in ("product", "text") if form.get(name)] + (["photo"] if form.photo is not None else [])
        if len(given) != 1:
            raise Refused(Reason.BAD_REQUEST, "Send exactly one of photo, product and text.")
        if boxed and form.photo is None:
            raise Refused(Reason.BAD_REQUEST, "A box needs a photo.")
        if product := form.get("product"):
            return ByProduct(product)
        if words := form.get("text"):
            return ByWords(words[:500])
        return ByPhoto((self._services.keys.blob(job, 0),))

    def _fail(self, job: str, sentence: str, status: int) -> web.Response:
        return self._answer(Reply(job, f"api:{job}", "failed", message=sentence, close=False), status)

    def _answer(self, reply: Reply, status: int) -> web.Response:
        return web.json_response(absolute(reply.public(), self._services.settings.public_url), status=status)


def _filters(form: Form) -> Filters:
    low, high = (parse_price(name, form.get(name)) for name in ("min_price", "max_price"))
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        raise Refused(Reason.BAD_REQUEST, "min_price is above max_price: swap them, or leave one out.")
    return Filters(category=form.get("category"), min_price=low, max_price=high)


def status_of(reply: Reply) -> int:
    """The HTTP status of an answer."""
    if reply.outcome == "refused":
        return STATUS_OF_REASON[reply.reason or Reason.BAD_REQUEST]
    return 503 if reply.outcome == "failed" else 200
