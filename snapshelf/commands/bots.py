"""`snapshelf bots`."""

from __future__ import annotations

import asyncio

import click

from core.metrics import serve_metrics
from core.settings import load_settings
from core.telemetry import configure_logging
from core.tracing import send_traces
from snapshelf.running import run_until_signal


@click.command()
@click.option(
    "--intake", is_flag=True, help="Only take in: webhooks, web chat and API. Another bots process converses and sends."
)
def bots(*, intake: bool) -> None:
    """Run the webhooks, the web chat, the conversation and the senders.

    Needs a Redis that answers (SNAPSHELF_REDIS_URL, or `snapshelf up` on this machine). Any number may run; on one
    machine each with a PORT and a METRICS_PORT of its own.

    For many photos a second: `snapshelf bots --intake` where webhooks arrive, and `snapshelf bots` beside it.
    """
    from bots.service import run_bots

    settings = load_settings()
    configure_logging(settings.log_format)

    async def service(stop: asyncio.Event) -> None:
        with (
            serve_metrics(settings.metrics_host, settings.metrics_port),
            send_traces(settings.otlp_endpoint, "snapshelf-bots"),
        ):
            await run_bots(settings, stop, intake_only=intake)

    run_until_signal(service)
