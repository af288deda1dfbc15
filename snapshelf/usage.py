"""Counts by day and channel, read from Redis and drawn as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from core.connection import redis_errors
from core.keys import Keys

COLUMNS = (
    "searches", "answered", "not_close", "nothing", "refused", "failed", "taps", "opened", "up", "down", "bought"
)  # fmt: skip
PLOTS = (
    ("searches", "Searches"),
    ("nothing", "Nothing found"),
    ("not_close", "Nothing close"),
    ("taps", "Taps on buttons"),
    ("opened", "Opened in the shop"),
    ("failed", "Failed"),
)
WIDTH, HEIGHT = 520, 120


@dataclass(frozen=True, slots=True)
class Day:
    """What one channel did on one day (UTC)."""

    date: str
    channel: str
    counts: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {"day": self.date, "channel": self.channel} | {name: self.counts.get(name, 0) for name in COLUMNS}


async def read_days(redis: Any, keys: Keys, dates: Sequence[str]) -> list[Day]:
    """The days on which anything happened, in order. Raises Unavailable."""
    with redis_errors():
        async with redis.pipeline(transaction=False) as pipe:
            for date in dates:
                pipe.hgetall(keys.counts(date))
            found = await pipe.execute()
    days = []
    for date, fields in zip(dates, found, strict=True):
        by_channel: dict[str, dict[str, int]] = {}
        for field, value in fields.items():
            channel, _, what = field.decode().partition(":")
            by_channel.setdefault(channel, {})[what] = int(value)
        days += [Day(date, channel, counts) for channel, counts in sorted(by_channel.items())]
    return days


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a stacked bar, in the plot's own units."""

    x: float
    y: float
    width: float
    height: float
    channel: str
    told: str


def bars(days: Sequence[Day], what: str, dates: Sequence[str]) -> list[Bar]:
    """Stacked by channel, a bar for each date, the highest as high as the plot."""
    totals = {date: sum(day.counts.get(what, 0) for day in days if day.date == date) for date in dates}
    most = max(totals.values(), default=0)
    if most == 0:
        return []
    step, drawn = WIDTH / len(dates), []
    for at, date in enumerate(dates):
        top = float(HEIGHT)
        for day in days:
            count = day.counts.get(what, 0) if day.date == date else 0
            if count:
                height = HEIGHT * count / most
                top -= height
                told = f"{date}, {day.channel}: {count}"
                drawn.append(Bar(at * step + step * 0.1, top, step * 0.8, height, day.channel, told))
    return drawn


def usage_page(days: Sequence[Day], back: int, shop: str) -> str:
    """One file of HTML that loads nothing: totals, a plot for each thing worth watching, and the table."""
    dates = sorted({day.date for day in days})
    channels = sorted({day.channel for day in days})
    totals = {name: sum(day.counts.get(name, 0) for day in days) for name in COLUMNS}
    plots = [{"title": title, "total": totals[what], "bars": bars(days, what, dates)} for what, title in PLOTS if dates]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("snapshelf"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("usage.html").render(
        shop=shop, back=back, dates=dates, channels=channels, totals=totals, plots=plots, columns=COLUMNS,
        rows=[day.as_dict() for day in reversed(days)], width=WIDTH, height=HEIGHT,
    )  # fmt: skip
