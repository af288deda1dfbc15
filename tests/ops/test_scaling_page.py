"""The tables of docs/scaling.md are counted from what was measured, and say what was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import ground, scaling
from benchmarks.scaling import BEGIN, END, Costs, Index, tables

COSTS = Costs(bots_ms=10, worker_ms=8, redis_ms=2, redis_kb=64)
INDEX = Index(largest_m=20, ms_per_million=2, memory_mb_per_million=32, mapped_mb_per_million=450)


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


def test_cores_follow_from_processor_time_at_half_load() -> None:
    _, photos, products = tables(COSTS, INDEX).split("\n\n")
    by_rate = {row[0]: row[1:] for row in rows(photos)[2:]}
    assert by_rate["1"] == ["1 core", "1", "1 core", "1 core *", "3 cores *"]
    # 100 x 10 ms = 1 core's time, twice as many; workers 100 x (8 + 2) ms, 100 x (8 + 100) ms, 100 x (8 + 1000) ms
    assert by_rate["100"][:3] == ["2 cores", "1", "2 cores"]
    assert by_rate["100"][3:] == ["2 machines (22 cores) *", "13 machines (202 cores) *"]
    assert by_rate["10,000"][1] == "40, each with its own bots and workers"
    assert [row[0] for row in rows(products)[2:]] == ["1 million", "50 million *", "500 million *"]
    assert rows(products)[3][2:] == ["1.6 GB", "22.5 GB"]


@pytest.mark.parametrize(("costs", "index", "first"), [(None, INDEX, "capacity"), (COSTS, None, "scale")])
def test_what_was_not_measured_is_said_to_be_missing(costs: Costs | None, index: Index | None, first: str) -> None:
    assert tables(costs, index) == f"These tables are not measured yet: `python -m benchmarks.{first}` comes first."


def test_the_page_is_written_from_the_results_and_keeps_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "scaling.md"
    page.write_text(f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n")
    capacity = {"bots_ms": 10, "worker_ms": 8, "redis_ms": 2, "redis_in_kb": 40, "redis_out_kb": 24}
    searches = {"default": 256, "settings": {"256": {"median_ms": 2}}, "memory_mb": {"anonymous": 32, "mapped": 450}}
    (tmp_path / "capacity.json").write_text(json.dumps({"measured": capacity}))
    told = {"drawn from": "pictures", "1,000,000": {"searches": {"two-phase": searches}}}
    (tmp_path / "scale.json").write_text(json.dumps({"measured": told}))
    monkeypatch.setattr(scaling, "PAGE", page)
    monkeypatch.setattr(ground, "RESULTS", tmp_path)
    scaling.run()
    text = page.read_text()
    assert text.startswith(f"before\n\n{BEGIN}\n\n| part |")
    assert text.endswith(f"{END}\n\nafter\n")
    assert "old" not in text


def test_the_real_page_has_its_place_for_the_tables() -> None:
    text = scaling.PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.partition(BEGIN)[2].partition(END)[0].strip()
