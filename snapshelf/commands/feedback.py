"""`snapshelf feedback`: what shoppers said of answers, as files."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import click

from core.connection import connect, redis_errors
from core.embedded import redis_for
from core.errors import SnapshelfError
from core.keys import Keys
from core.settings import load_settings
from core.spreadsheets import neutral

RIGHT = ("up", "bought")


@click.group()
def feedback() -> None:
    """Export what shoppers said of answers.

    Example: snapshelf feedback export feedback/, then: snapshelf evaluate feedback/pairs.csv
    """


@feedback.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write verdicts.jsonl (all verdicts), photos/, and pairs.csv (photo and liked or bought product) to FOLDER.

    `snapshelf evaluate` and `snapshelf train` read pairs.csv. What is exported stays stored for its 90 days.
    """
    verdicts = asyncio.run(_read(folder))
    pairs = [row for verdict in verdicts for row in pairs_of(verdict)]
    _write(folder / "verdicts.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in verdicts))
    with (folder / "pairs.csv.part").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "product_id", "verdict"])
        table.writerows(pairs)
    (folder / "pairs.csv.part").replace(folder / "pairs.csv")
    click.echo(f"{len(verdicts)} verdicts, {len(pairs)} pairs of photo and product: {folder}")


def pairs_of(verdict: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Photo, product and verdict, for a product that was found right; an album's first photo stands for it."""
    if verdict["verdict"] not in RIGHT or not verdict["product"] or not verdict["photos"]:
        return []
    return [(verdict["photos"][0], neutral(verdict["product"]), verdict["verdict"])]


async def _read(folder: Path) -> list[dict[str, Any]]:
    """All verdicts, oldest first, their photos written to `photos/` and named instead of their keys."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    verdicts = []
    async with redis_for(load_settings()) as settings:
        redis: Any = await connect(settings)
        keys = Keys(settings.redis_prefix)
        try:
            with redis_errors():
                for entry in await redis.zrange(keys.feedbacks, 0, -1):
                    stored = await redis.get(keys.feedback(entry.decode()))
                    if stored is None:  # expired
                        await redis.zrem(keys.feedbacks, entry)
                        continue
                    verdicts.append(await _with_photos(redis, json.loads(stored), folder))
        finally:
            await redis.aclose()
    return verdicts


async def _with_photos(redis: Any, verdict: dict[str, Any], folder: Path) -> dict[str, Any]:
    names = []
    for number, key in enumerate(verdict["photos"]):
        data = await redis.get(key)
        if data is not None:
            name = f"photos/{verdict['job']}-{number}.jpg"
            await asyncio.to_thread((folder / name).write_bytes, data)
            names.append(name)
    return verdict | {"photos": names}


def _write(path: Path, text: str) -> None:
    try:
        path.with_suffix(".part").write_text(text, encoding="utf-8")
        path.with_suffix(".part").replace(path)
    except OSError as error:
        raise SnapshelfError(f"{path} cannot be written: {error.strerror}.") from None
