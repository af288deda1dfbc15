"""`snapshelf queue`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from core.connection import connect
from core.embedded import redis_for
from core.errors import SnapshelfError
from core.keys import Keys
from core.settings import load_settings
from core.streams import AdminQueue, Streams

T = TypeVar("T")


def _with_queue(work: Callable[[AdminQueue], Awaitable[T]]) -> T:
    async def run() -> T:
        async with redis_for(load_settings()) as settings:
            redis = await connect(settings)
            try:
                streams = Streams(redis, Keys(settings.redis_prefix))
                await streams.prepare()
                return await work(AdminQueue(streams))
            finally:
                await redis.aclose()

    return asyncio.run(run())


@click.group()
def queue() -> None:
    """See, retry or drop what is under way or was given up.

    Example: snapshelf queue list; snapshelf queue retry dead/1700000000000-0
    """


@queue.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array: id, stream, state, attempt, reason, age_s.")
def list_(as_json: bool) -> None:
    """List every entry: waiting, taken, put aside for later, held behind such a one, dead."""
    items = _with_queue(lambda admin: admin.list())
    if as_json:
        click.echo(json.dumps([item.as_dict() for item in items]))
        return
    for item in items:
        click.echo(
            f"{item.id:44} {item.state:8} {item.stream:20} try {item.attempt} {item.age_s:8.0f} s  {item.reason}"
        )
    if not items:
        click.echo("Nothing waits and nothing was given up.")


@queue.command()
@click.argument("item_id")
def show(item_id: str) -> None:
    """Show one entry with its message."""
    found = _with_queue(lambda admin: admin.show(item_id))
    if found is None:
        raise SnapshelfError(f"There is no {item_id} in the queue: `snapshelf queue list` shows what there is.")
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@queue.command()
@click.argument("item_id")
def retry(item_id: str) -> None:
    """Give a dead letter another life, or let one that waits for later come now."""
    if not _with_queue(lambda admin: admin.retry(item_id)):
        raise SnapshelfError(f"{item_id} is neither dead nor put aside: `snapshelf queue list` shows what is.")
    click.echo(f"{item_id} goes again.")


@queue.command()
@click.argument("item_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop(item_id: str, yes: bool) -> None:
    """Forget an entry in whatever state, with its photos; who sent it hears nothing."""

    async def work(admin: AdminQueue) -> bool:
        item = await admin.find(item_id)
        if item is None:
            return False
        if not yes:
            question = f"Forget {item.id} ({item.state}, {item.stream}, {item.age_s:.0f} s old)?"
            await asyncio.to_thread(click.confirm, question, abort=True)
        return await admin.drop(item_id)

    if not _with_queue(work):
        raise SnapshelfError(f"There is no {item_id} in the queue (any more): `snapshelf queue list` shows what is.")
    click.echo(f"{item_id} is forgotten.")
