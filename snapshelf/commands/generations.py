"""`snapshelf generations` and `snapshelf rollback`."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import time
from typing import Any

import click

from core.errors import SettingsError, Unavailable
from core.settings import load_settings
from core.telemetry import configure_logging
from snapshelf.progress import Bars
from snapshelf.running import run_until_signal


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def generations(context: click.Context, as_json: bool) -> None:
    """List the generations of the index, newest last; the one that answers has a star."""
    if context.invoked_subcommand is not None:
        return
    from index.longcodes import BrokenGeneration
    from index.store import GenerationStore

    store = GenerationStore(load_settings().index_dir)
    current = store.current_name()
    told: list[dict[str, Any]] = []
    for name in store.names():
        entry: dict[str, Any] = {"generation": name, "current": name == current}
        try:
            manifest = store.manifest(name)
            entry |= {
                "created": manifest.created,
                "products": manifest.products,
                "pictures": manifest.pictures,
                "index": manifest.index,
                "recall": manifest.recall,
                "feed": manifest.feed,
                "fingerprint": manifest.fingerprint,
                "broken": None,
            }
        except BrokenGeneration as error:
            entry["broken"] = str(error)
        told.append(entry)
    if as_json:
        click.echo(json.dumps(told))
        return
    if not told:
        click.echo("There is no generation yet: run `snapshelf reindex FEED`.")
    for entry in told:
        mark = "*" if entry["current"] else " "
        text = entry["broken"] or f"{entry['products']} products, {entry['pictures']} pictures, from {entry['feed']}"
        click.echo(f"{mark} {entry['generation']}  {text}")


@generations.command()
@click.argument("url")
@click.option("--every", type=click.FloatRange(min=1), metavar="SECONDS", help="Look again and again, until stopped.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a pull: generation, changed, files, pictures.")
def pull(url: str, every: float | None, as_json: bool) -> None:
    """Take the generation that another machine answers from, with its pictures, and let it answer here.

    URL is where that machine runs `snapshelf generations serve`. What is here already is not fetched again; every
    file is checked before anything is published, and running workers take the new one at once. With --every a source
    that is away, or a reindex that runs here, is waited for.
    """
    configure_logging(load_settings().log_format)
    known = _pull_once(url, "", as_json, patient=every is not None)
    while every is not None:
        time.sleep(every)
        known = _pull_once(url, known, as_json, patient=True)


def _pull_once(url: str, known: str, as_json: bool, *, patient: bool) -> str:
    """The generation that is known now; what went wrong is told, and raised unless somebody will try again."""
    from index.lock import Busy
    from index.pull import PullFailed
    from index.pull import pull as run

    owner = f"a pull by {getpass.getuser()} on {socket.gethostname()} (process {os.getpid()})"
    try:
        with Bars() as bars:
            pulled = run(url, load_settings(), owner=owner, known=known, progress=bars.stage)
    except (PullFailed, Busy, Unavailable) as error:
        if not patient:
            raise
        click.echo(f"snapshelf: {error}", err=True)
        return known
    if pulled.changed or not known:
        text = f"{pulled.generation} answers now: {pulled.files} files and {pulled.pictures} pictures came."
        click.echo(json.dumps(pulled.public()) if as_json else text)
    return pulled.generation


@generations.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def serve(host: str, port: int) -> None:
    """Hand generations and pictures to other machines, for `snapshelf generations pull`.

    Read only and without a password: listen where only your own machines can reach it.
    """
    settings = load_settings()
    configure_logging(settings.log_format)

    async def service(stop: asyncio.Event) -> None:
        from aiohttp import web

        from index.serving import build_app

        runner = web.AppRunner(build_app(settings.index_dir, settings.pictures_dir), access_log=None)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise SettingsError(f"Port {port} of {host} cannot be used ({error.strerror}): give --port.") from None
            click.echo(f"Generations are at http://{host}:{runner.addresses[0][1]}")
            await stop.wait()
        finally:
            await runner.cleanup()

    run_until_signal(service)
