"""`snapshelf report`: what was searched, by day and channel."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from core.connection import connect
from core.embedded import redis_for
from core.keys import Keys
from core.settings import load_settings
from snapshelf.usage import COLUMNS, Day, read_days, usage_page


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How far to look back.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with plots.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, a row for each day and channel.")
def report(days: int, html: Path | None, as_json: bool) -> None:
    """Show searches, taps and what was not found, by day (UTC) and channel.

    Example: snapshelf report --days 7 --html report.html
    """
    found, shop = asyncio.run(_read(days))
    if html is not None:
        html.write_text(usage_page(found, days, shop), encoding="utf-8")
    if as_json:
        click.echo(json.dumps([day.as_dict() for day in found]))
        return
    click.echo(f"{'day':<10}  {'channel':<9}" + "".join(f"{column:>10}" for column in COLUMNS))
    for day in found:
        click.echo(f"{day.date:<10}  {day.channel:<9}" + "".join(f"{day.counts.get(c, 0):>10}" for c in COLUMNS))
    if not found:
        click.echo(f"Nothing was asked in the last {days} days.")


async def _read(days: int) -> tuple[list[Day], str]:
    today = datetime.now(UTC).date()
    dates = [(today - timedelta(days=back)).isoformat() for back in range(days - 1, -1, -1)]
    async with redis_for(load_settings()) as settings:
        redis = await connect(settings)
        try:
            return await read_days(redis, Keys(settings.redis_prefix), dates), settings.shop_name
        finally:
            await redis.aclose()
