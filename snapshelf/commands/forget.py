"""`snapshelf forget`: erase what is stored about a user."""

from __future__ import annotations

import asyncio

import click

from core.blobs import Blobs
from core.connection import connect
from core.embedded import redis_for
from core.keys import Keys
from core.settings import load_settings

CHANNELS = ("telegram", "viber", "whatsapp", "web")


@click.command()
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(user: str, yes: bool) -> None:
    """Erase what is stored about USER: questions, photos, verdicts, dead letters, the chosen language.

    USER is written as in ADMINS. Example: snapshelf forget telegram:123456789
    """
    channel, _, name = user.partition(":")
    if channel not in CHANNELS or not name:
        raise click.UsageError(f"A user is written as channel:id, the channel one of {', '.join(CHANNELS)}.")
    if not yes:
        click.confirm("Erase everything that is stored about this user?", abort=True)
    erased = asyncio.run(_forget(user))
    click.echo(f"Erased: {erased}." if erased else "Nothing was stored about this user.")


async def _forget(user: str) -> int:
    from bots.forgetting import forget as erase
    from bots.forgetting import rewrite_file

    async with redis_for(load_settings()) as settings:
        redis, keys = await connect(settings), Keys(settings.redis_prefix)
        try:
            erased = await erase(redis, keys, Blobs(redis, keys, settings.blob_budget_mb), user)
            await rewrite_file(redis)
        finally:
            await redis.aclose()
    return erased
