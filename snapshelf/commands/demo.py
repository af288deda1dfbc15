"""`snapshelf demo`: a drawn shop, indexed, with a web chat over it."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
import webbrowser
from pathlib import Path

import click

from core.settings import PREFIX, Settings, load_settings
from core.telemetry import configure_logging
from snapshelf.processes import free_port, run_up
from snapshelf.progress import Bars
from snapshelf.running import run_until_signal

PORTS_TRIED = 20
PORT_MAX = 65535


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path("data/demo"), show_default=True)
@click.option(
    "--port",
    type=click.IntRange(0, PORT_MAX),
    default=None,
    help="Port of the web chat; a taken one moves on to the next.",
)
@click.option("--browser/--no-browser", default=False, help="Open the page when it is there.")
def demo(data_dir: Path, port: int | None, browser: bool) -> None:
    """Draw a shop of 480 products, index it and open a web chat over it.

    Then drop a photo on the page: some that shoppers might take lie in data/demo/shopper/photos.
    """
    base = load_settings()
    wanted = base.port if port is None else port
    taken = free_port(base.host, wanted, min(PORTS_TRIED, PORT_MAX + 1 - wanted))
    if taken != wanted:
        click.echo(f"Port {wanted} is taken: using {taken}.")
    overrides = {"data_dir": data_dir, "port": taken, "currency": "EUR", "metrics_port": 0}
    settings = base.model_copy(update=overrides)
    configure_logging(settings.log_format)
    if settings.telegram_on:
        click.echo("Telegram is on: who writes to your bot searches the drawn shop meanwhile.")
    photos = prepare_demo(settings)

    def ready(address: str) -> None:
        click.echo(f"\nSnapshelf is at {address}")
        click.echo(f"Drop a photo on the page, for example one of those in {photos}")
        click.echo(elsewhere(data_dir))
        click.echo("Ctrl-C stops it.\n")
        if browser:
            webbrowser.open(address)

    async def service(stop: asyncio.Event) -> None:
        await run_up(settings, stop, ready=ready)

    run_until_signal(service)


def elsewhere(data_dir: Path) -> str:
    """How other commands reach the demo from another terminal: by default they look into another folder."""
    started = Path(sys.argv[0])
    program = "snapshelf"
    if shutil.which(program) is None:  # as after `make demo`, with no environment activated
        program = shlex.quote(str(started)) if started.name == program else "python -m snapshelf"
    told = f"{PREFIX}DATA_DIR={shlex.quote(str(data_dir))} {program}"
    return f"From another terminal, for example:\n  {told} doctor\n  {told} console\n  {told} report"


def prepare_demo(settings: Settings) -> Path:
    """Draw and index whatever is not there yet; the folder of the shopper photos."""
    from index.model.runtime import Embedder
    from index.reindex import reindex
    from index.store import GenerationStore
    from snapshelf.demo.catalogue import draw_catalogue
    from snapshelf.demo.shopper import draw_shopper_photos

    folder, shopper = settings.data_dir / "catalogue", settings.data_dir / "shopper"
    feed = folder / "feed.tsv"
    with Bars() as bars:
        if not feed.exists():
            feed = draw_catalogue(folder, progress=lambda done, total: bars.show("Drawing products", done, total))
        if not (shopper / "answers.csv").exists():
            bars.show("Drawing shoppers' photos", 0, 0)
            draw_shopper_photos(shopper, feed)
        if GenerationStore(settings.index_dir).current_name() is None:
            embedder = Embedder.load(settings.model, models=settings.models_dir)
            account = reindex(settings, feed, embedder=embedder, owner="snapshelf demo", progress=bars.stage)
        else:
            account = None
    if account is not None:
        for line in account.lines():
            click.echo(line)
    return shopper / "photos"
