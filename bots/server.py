"""The web server of a bots process: webhooks, web chat, API, pictures, health.

A webhook only verifies, claims and appends: it is answered within milliseconds, and 200 is said after the update is
in Redis or fsynced in the spool.
"""

from __future__ import annotations

import asyncio
import re
import time

from aiohttp import web
from redis.exceptions import RedisError

from bots import taps
from bots.channel import Channel
from bots.services import Services
from bots.web import api, pages
from bots.web.security import address_middleware, header_middleware
from core import metrics, tracing
from core.keys import CONVERSATION
from core.picturestore import path_of
from core.presence import WORKER, present
from core.spool import SpoolFull
from core.telemetry import get_logger

log = get_logger(__name__)

SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
PHOTO_BODY_BYTES = 21 * 1024 * 1024
"""A photo of 20 MiB with the form around it."""
READ_S = 15.0
"""For the body of a webhook: providers send theirs at once, and whoever sends slower only holds a connection."""
IDLE_S = 75.0
"""For the next request on a connection to come with all of its headers: longer than proxies keep an idle one, so that
they close it first."""
LEAVE_S = 5.0
"""For requests that are under way when the server stops."""
READY_S = 3.0
"""For Redis, when somebody asks whether we are ready."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def build_app(services: Services) -> web.Application:
    """All routes of a bots process; which webhooks there are follows from the channels that are on."""
    app = web.Application(
        middlewares=[header_middleware, address_middleware(services.settings)], client_max_size=PHOTO_BODY_BYTES
    )
    app[SERVICES] = services
    for name in ("telegram", "viber", "whatsapp"):
        channel = services.channels.by_name.get(name)
        if channel is not None:
            app.router.add_post(f"/{name}/webhook", _webhook(services, channel))
    if "whatsapp" in services.channels.by_name:
        app.router.add_post("/whatsapp/status", _webhook(services, services.channels.by_name["whatsapp"]))
    pages.add_routes(app, services)
    api.add_routes(app, services)
    if services.settings.count_taps:
        taps.add_route(app, services)
    app.router.add_get("/pictures/{digest}.jpg", _picture(services))
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(services))
    return app


def build_runner(services: Services) -> web.AppRunner:
    """The server itself: whoever holds a connection without asking anything is let go."""
    return web.AppRunner(build_app(services), access_log=None, shutdown_timeout=LEAVE_S, keepalive_timeout=IDLE_S)


def _webhook(services: Services, channel: Channel):  # type: ignore[no-untyped-def]
    limit = services.settings.body_limit_mb * 1024 * 1024

    async def receive(request: web.Request) -> web.Response:
        with tracing.span("webhook", kind="server", channel=channel.name) as span:
            response = await answer(request)
            span.note(status=response.status)
        return response

    async def answer(request: web.Request) -> web.Response:
        started = time.perf_counter()
        if request.content_length is not None and request.content_length > limit:
            return web.Response(status=413)
        try:
            async with asyncio.timeout(READ_S):
                body = await _read(request, limit)
        except TimeoutError:
            return web.Response(status=408)
        except (web.RequestPayloadError, ConnectionResetError):
            # its framing or packing is broken (how soon that shows is the network's business), or it broke off
            return web.Response(status=400)
        if body is None:
            return web.Response(status=413)
        received = await channel.receive(request.headers, body, request.raw_path)
        try:
            await services.delivery.take(received.updates)
            if received.dead is not None:
                await services.delivery.bury(channel.name, received.dead)
        except SpoolFull:
            log.error("spool full, telling the provider to come again", channel=channel.name)
            return web.Response(status=503)
        metrics.UPDATES.labels(channel.name).inc(len(received.updates))
        metrics.WEBHOOK_SECONDS.labels(channel.name).observe(time.perf_counter() - started)
        return web.Response(status=received.status, body=received.body, content_type=received.content_type)

    return receive


async def _read(request: web.Request, limit: int) -> bytes | None:
    """The whole body, or None when it is longer than the limit (a wrong Content-Length does not help it)."""
    chunks, size = [], 0
    async for chunk in request.content.iter_chunked(64 * 1024):
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _picture(services: Services):  # type: ignore[no-untyped-def]
    root = services.settings.pictures_dir

    async def picture(request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        if not _DIGEST.fullmatch(digest):
            raise web.HTTPNotFound
        path = path_of(root, digest)
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    return picture


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def _readyz(services: Services):  # type: ignore[no-untyped-def]
    async def readyz(_: web.Request) -> web.Response:
        parts = await readiness(services)
        return web.json_response(parts, status=200 if all(part["ok"] for part in parts.values()) else 503)

    return readyz


async def readiness(services: Services) -> dict[str, dict[str, object]]:
    """Part → whether it is there and, if not, what to do about it."""
    try:
        async with asyncio.timeout(READY_S):
            workers = await present(services.redis, services.keys, WORKER)
            conversing = await present(services.redis, services.keys, CONVERSATION)
    except (RedisError, TimeoutError) as error:
        away = f"Redis does not answer ({type(error).__name__}): start it, or see `snapshelf doctor`."
        return {"redis": {"ok": False, "message": away}}
    serving = sorted({worker.generation for worker in workers if worker.generation})
    problems = sorted({worker.problem for worker in workers if worker.problem})
    return {
        "redis": {"ok": True},
        "conversation": {"ok": True, "count": len(conversing)}
        if conversing
        else {"ok": False, "message": "Nobody converses: start `snapshelf bots` without --intake, too."},
        "worker": {"ok": True, "count": len(workers)}
        if workers
        else {"ok": False, "message": "No worker is at work: start `snapshelf worker`."},
        "generation": {"ok": True, "names": serving} | ({"message": " ".join(problems)} if problems else {})
        if serving
        else {"ok": False, "message": " ".join(problems) or "No worker has an index: run `snapshelf reindex FEED`."},
    }
