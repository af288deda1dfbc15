"""`feedback`, `report` and `forget`: what an operator does with what shoppers left."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from bots.actions import Judge
from bots.counts import count
from core.keys import Keys
from core.messages import Photo
from snapshelf.cli import cli
from snapshelf.usage import Day, bars, usage_page
from tests.bots.desk import PHOTO, USER, Desk, tap

TODAY = datetime.now(UTC).date()


@pytest.fixture
def run(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNAPSHELF_REDIS_URL", redis_url)

    async def run(*arguments: str, code: int = 0) -> Result:
        result = await asyncio.to_thread(CliRunner().invoke, cli, list(arguments))
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
async def judged(redis: Redis, keys: Keys, tmp_path: Path) -> Desk:
    """A shopper liked a product, and found nothing another time."""
    desk = Desk(redis, keys, tmp_path)
    await desk.streams.prepare()
    update = await desk.say(Photo("one", caption="blue"))
    await tap(desk, Judge(update.job, "up", "p1", ("p1", "p2"), "g1"))
    await tap(desk, Judge("words", "down", "", ("p3",), "g1"))
    await desk.conversation.close()
    return desk


async def test_feedback_is_exported_as_pairs_that_evaluate_reads(judged: Desk, run: Any, tmp_path: Path) -> None:
    out = await run("feedback", "export", "out")
    assert "2 verdicts, 1 pairs" in out.output
    with (tmp_path / "out/pairs.csv").open(newline="") as file:
        [row] = list(csv.DictReader(file))
    assert row["product_id"] == "p1"
    assert (tmp_path / "out" / row["path"]).read_bytes() == PHOTO
    verdicts = [json.loads(line) for line in (tmp_path / "out/verdicts.jsonl").read_text().splitlines()]
    assert [one["verdict"] for one in verdicts] == ["up", "down"]
    assert verdicts[0]["question"]["refine"] == "blue"


async def test_an_export_of_nothing_is_an_empty_table(redis: Redis, run: Any, tmp_path: Path) -> None:
    assert "0 verdicts" in (await run("feedback", "export", "out")).output
    assert (tmp_path / "out/pairs.csv").read_text().splitlines() == ["path,product_id,verdict"]


async def test_the_report_counts_by_day_and_channel(redis: Redis, keys: Keys, run: Any, tmp_path: Path) -> None:
    await count(redis, keys, "telegram", "searches")
    await count(redis, keys, "telegram", "searches")
    await count(redis, keys, "web", "nothing")
    rows = json.loads((await run("report", "--json", "--html", "page.html")).output)
    assert [(row["channel"], row["searches"], row["nothing"]) for row in rows] == [("telegram", 2, 0), ("web", 0, 1)]
    page = (tmp_path / "page.html").read_text()
    assert "<rect" in page
    assert "telegram: 2" in page
    assert "http://" not in page
    assert "https://" not in page
    assert str(TODAY) in (await run("report")).output


async def test_a_report_of_nothing_says_so(redis: Redis, run: Any) -> None:
    assert "Nothing was asked in the last 7 days." in (await run("report", "--days", "7")).output


def test_bars_are_stacked_and_the_highest_fills_the_plot() -> None:
    dates = [str(TODAY - timedelta(days=1)), str(TODAY)]
    days = [Day(dates[0], "a", {"x": 1}), Day(dates[1], "a", {"x": 2}), Day(dates[1], "b", {"x": 2})]
    drawn = bars(days, "x", dates)
    assert [(bar.channel, bar.y, bar.height) for bar in drawn] == [("a", 90, 30), ("a", 60, 60), ("b", 0, 60)]
    assert bars(days, "y", dates) == []


def test_a_shops_name_cannot_break_the_page() -> None:
    assert "<script>" not in usage_page([Day(str(TODAY), "web", {"searches": 1})], 1, "<script>alert(1)</script>")


async def test_forget_erases_and_says_how_much(judged: Desk, run: Any) -> None:
    keys = judged.keys
    await judged.redis.rename(keys.erase(USER), keys.erase("telegram:7"))
    assert "Erased: " in (await run("forget", "telegram:7", "--yes")).output
    assert await judged.redis.zcard(keys.feedbacks) == 0
    assert "Nothing was stored" in (await run("forget", "telegram:7", "--yes")).output


@pytest.mark.parametrize("wrong", ["123", "icq:1", "telegram:"])
async def test_forget_wants_a_channel_and_an_id(redis: Redis, run: Any, wrong: str) -> None:
    assert "channel:id" in (await run("forget", wrong, "--yes", code=2)).output


async def test_forget_asks_first(redis: Redis, run: Any) -> None:
    assert "Aborted" in (await run("forget", "telegram:1", code=1)).output
