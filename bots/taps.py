"""`/go/‹token›`: from Open under a product to its page, counted by day; only where the shop switched it on."""

from __future__ import annotations

from aiohttp import web

from bots import actions
from bots.counts import count
from bots.services import Services
from core.connection import redis_errors
from core.errors import Unavailable

GONE = "This link is no longer known: please look for the product in the shop."


def add_route(app: web.Application, services: Services) -> None:
    """The redirect."""

    async def go(request: web.Request) -> web.Response:
        try:
            with redis_errors():
                found = await actions.open_of(services.redis, services.keys, request.match_info["token"])
        except Unavailable:
            return web.Response(status=503, text="Please try again in a minute.", headers={"Retry-After": "60"})
        if found is None:
            return web.Response(status=404, text=GONE)
        await count(services.redis, services.keys, found.channel, "opened")
        return web.Response(status=302, headers={"Location": found.link, "Cache-Control": "no-store"})

    app.router.add_get("/go/{token}", go)
