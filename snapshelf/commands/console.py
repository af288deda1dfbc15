"""`snapshelf console`."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import click

from bots.console.client import ConsoleClient
from bots.console.service import a_prefix_of_its_own, run_conversation
from bots.service import build_services
from bots.services import Services
from core.connection import connect
from core.embedded import redis_for
from core.errors import SnapshelfError
from core.keys import CONVERSATION
from core.presence import Presence, present
from core.settings import Settings, load_settings
from core.spool import Spool
from core.telemetry import configure_logging

NO_INDEX = "There is no index to search in: run `snapshelf reindex FEED`, or `snapshelf demo`."
POLL_S = 0.05
Service = Callable[[asyncio.Event], Awaitable[None]]


@click.command()
@click.argument("photos", nargs=-1, type=click.Path(exists=True, dir_okay=False))
def console(photos: tuple[str, ...]) -> None:
    """Search in the terminal: the same conversation as in the messengers, with no network.

    Type the path of a photo, words, or the number of a button; an empty line ends it. With PHOTOS: answers these and
    ends. Uses the Snapshelf that runs over this DATA_DIR or REDIS_URL. Where none runs it answers by itself: what waits
    for the messengers is left alone, and nothing of the talk is kept.
    """
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "console.log").open("a") as log:
        configure_logging("text", log)
        asyncio.run(_talk(settings, photos))


async def _talk(settings: Settings, photos: tuple[str, ...]) -> None:
    async with AsyncExitStack() as stack:
        connected = await stack.enter_async_context(redis_for(settings))
        redis = await connect(connected)
        stack.push_async_callback(redis.aclose)
        spool = Spool(connected.spool / "console")
        stack.callback(spool.close)
        services = await _answering(build_services(connected, redis, spool), spool, stack)
        client = ConsoleClient(redis, services.keys, services.streams, services.blobs, click.echo)
        if photos:
            for photo in photos:
                click.echo(f"{photo}:")
                await client.ask(photo)
            return
        click.echo("Type the path of a photo, words, or a button's number; an empty line ends it.")
        async for line in _typed():
            try:
                await client.ask(line)
            except OSError as error:
                click.echo(f"That photo cannot be read: {error.strerror}.")


async def _answering(shop: Services, spool: Spool, stack: AsyncExitStack) -> Services:
    """Where to talk: the shop's own queue if its bots are at work, else one of ours, as it would take what waits there.

    A worker is started here where none is at work. Raises SnapshelfError without an index.
    """
    services = shop
    if await present(shop.redis, shop.keys, CONVERSATION):
        await shop.streams.prepare()
    else:
        own = await stack.enter_async_context(a_prefix_of_its_own(shop.settings, shop.redis))
        services = build_services(own, shop.redis, spool)
        await services.streams.prepare()
        await stack.enter_async_context(_running(lambda stop: run_conversation(services, stop)))
    workers = await present(services.redis, services.keys, "worker")
    if not workers:
        click.echo("Loading the model …", err=True)
        workers = await _own_worker(services, stack)
    if not any(worker.generation for worker in workers):
        raise SnapshelfError(NO_INDEX)
    return services


async def _own_worker(services: Services, stack: AsyncExitStack) -> list[Presence]:
    from worker.service import run_worker

    task = await stack.enter_async_context(_running(lambda stop: run_worker(services.settings, stop)))
    while not (workers := await present(services.redis, services.keys, "worker")):
        if task.done():
            await task
        await asyncio.sleep(POLL_S)
    return workers


@asynccontextmanager
async def _running(service: Service) -> AsyncIterator[asyncio.Task[None]]:
    """A service beside us; leaving lets it finish what it has in hand."""
    stop = asyncio.Event()

    async def run() -> None:
        await service(stop)

    task = asyncio.create_task(run())
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None and sys.exc_info()[0] is None:
            raise error


async def _typed() -> AsyncIterator[str]:
    """Lines of the terminal until an empty one or its end; a thread of its own reads them, as reading blocks."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop, wanted = asyncio.get_running_loop(), threading.Semaphore(0)

    def read() -> None:
        while True:
            wanted.acquire()
            line = sys.stdin.readline()
            loop.call_soon_threadsafe(lines.put_nowait, line)

    threading.Thread(target=read, daemon=True).start()
    while True:
        click.echo("> ", nl=False)
        wanted.release()
        line = await lines.get()
        if not line.strip():
            return
        yield line.strip()
