"""`snapshelf worker`."""

from __future__ import annotations

import asyncio

import click

from core.metrics import serve_metrics
from core.settings import load_settings
from core.telemetry import configure_logging
from core.tracing import send_traces
from snapshelf.running import run_until_signal


@click.command()
def worker() -> None:
    """Run one worker: takes searches, embeds photos, searches the index, answers.

    Needs a Redis that answers (SNAPSHELF_REDIS_URL, or `snapshelf up` on this machine). Any number may run.
    """
    from worker.service import run_worker

    settings = load_settings()
    configure_logging(settings.log_format)

    async def service(stop: asyncio.Event) -> None:
        with (
            serve_metrics(settings.metrics_host, settings.metrics_port and settings.metrics_port + 1),
            send_traces(settings.otlp_endpoint, "snapshelf-worker"),
        ):
            await run_worker(settings, stop)

    run_until_signal(service)
