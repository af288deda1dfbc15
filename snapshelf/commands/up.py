"""`snapshelf up`."""

from __future__ import annotations

import asyncio

import click

from core.settings import load_settings
from core.telemetry import configure_logging
from snapshelf.processes import run_up
from snapshelf.running import run_until_signal


@click.command()
def up() -> None:
    """Run everything on this machine: Redis (unless SNAPSHELF_REDIS_URL is set), bots and a worker.

    Ctrl-C lets each finish what it has in hand; a second one leaves at once. Nothing is lost either way.
    """
    settings = load_settings()
    configure_logging(settings.log_format)

    async def service(stop: asyncio.Event) -> None:
        await run_up(settings, stop, ready=lambda address: click.echo(f"Snapshelf is at {address}"))

    run_until_signal(service)
