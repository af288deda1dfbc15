"""A stand-in that cannot be reached for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def nobody_listens(runner: web.AppRunner) -> AsyncIterator[None]:
    """Connections are refused and idle ones are closed; what is being answered goes on."""
    assert runner.server is not None
    host, port = runner.addresses[0][:2]
    for site in list(runner.sites):
        await site.stop()
    runner.server.pre_shutdown()
    try:
        yield
    finally:
        await web.TCPSite(runner, host, port).start()
