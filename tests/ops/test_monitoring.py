"""Dashboard, alert rules and runbook speak of what exists: metrics, labels, commands, settings, sections."""

from __future__ import annotations

import json
import re
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram
from redis.asyncio import Redis

from core import metrics
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams
from snapshelf.cli import COMMANDS
from tests.paths import ROOT

MONITORING = ROOT / "docker" / "monitoring"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
FROM_PROMETHEUS = {"up": {"job", "instance"}}
FROM_THE_CLIENT = {"process_resident_memory_bytes": set[str](), "process_cpu_seconds_total": set[str]()}
SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds to each."""
PLAIN_WORDS = {
    "HTTP", "API", "SIGTERM", "SIGKILL", "GET", "FEED", "SNAPSHELF", "ID",
}  # fmt: skip


def exported() -> dict[str, set[str]]:
    """Every series that the code exports, with its labels."""
    found: dict[str, set[str]] = {}
    for collector in vars(metrics).values():
        if isinstance(collector, Counter | Gauge | Histogram):
            (family,) = collector.describe()
            labels = set(collector._labelnames)
            match collector:
                case Counter():
                    found[f"{family.name}_total"] = labels
                case Histogram():
                    found |= {f"{family.name}_{end}": labels for end in ("sum", "count")}
                    found[f"{family.name}_bucket"] = labels | {"le"}
                case _:
                    found[family.name] = labels
    return found


KNOWN = {name: labels | SCRAPED for name, labels in (exported() | FROM_PROMETHEUS | FROM_THE_CLIENT).items()}


def rules() -> list[Any]:
    told = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


def panels() -> list[Any]:
    told = json.loads((MONITORING / "dashboard.json").read_text())
    return [panel for panel in told["panels"] if panel["type"] != "row"]


def queries() -> list[Any]:
    found = [pytest.param(rule["expr"], id=rule["alert"]) for rule in rules()]
    for panel in panels():
        found += [pytest.param(target["expr"], id=panel["title"]) for target in panel["targets"]]
    return found


def selectors(query: str) -> list[tuple[str, dict[str, str]]]:
    """(metric, what its matchers ask of labels) for each series that a query reads. Raises ValueError."""
    found: list[tuple[str, dict[str, str]]] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append((str(node.name), {one.name: one.value for one in node.matchers.matchers}))

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


@pytest.mark.parametrize("query", queries())
def test_a_query_can_be_parsed_and_reads_series_that_the_code_exports(query: str) -> None:
    read = selectors(query)
    assert read
    for name, matchers in read:
        assert name in KNOWN, f"nothing exports {name}"
        assert set(matchers) <= KNOWN[name]
        if "job" in matchers:
            assert any(re.fullmatch(matchers["job"], job) for job in jobs())


@pytest.mark.parametrize("query", queries())
def test_a_query_groups_by_labels_that_its_series_have(query: str) -> None:
    labels = set.union(*(KNOWN[name] for name, _ in selectors(query)))
    by = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", query) for label in group.split(",")}
    assert by <= labels


def jobs() -> list[str]:
    told = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    return [job["job_name"] for job in told["scrape_configs"]]


async def test_alerts_and_panels_name_streams_that_there_are(redis: Redis, keys: Keys) -> None:
    streams = set(await Streams(redis, keys).depths())
    for query in (param.values[0] for param in queries()):
        for name, matchers in selectors(str(query)):
            if name == "snapshelf_queue_depth" and "stream" in matchers:
                wanted = matchers["stream"].split("|")
                assert all(any(re.fullmatch(part, stream) for stream in streams) for part in wanted)


def test_prometheus_scrapes_the_ports_that_the_settings_give() -> None:
    told = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    port = Settings.model_fields["metrics_port"].default
    targets = [job["static_configs"][0]["targets"] for job in told["scrape_configs"]]
    assert targets == [[f"bots:{port}"], [f"worker:{port + 1}"]]
    assert told["rule_files"] == ["alerts.yaml"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_each_alert_has_its_section_in_the_runbook(rule: Any) -> None:
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    section = RUNBOOK.partition(f"\n## {rule['alert']}\n")[2].partition("\n## ")[0].strip()
    assert section.startswith(f"*{rule['labels']['severity']}.*")
    assert rule["annotations"]["summary"].endswith(".")


def test_the_runbook_has_no_section_without_an_alert() -> None:
    assert re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE) == [rule["alert"] for rule in rules()]


def test_the_runbook_names_commands_settings_and_metrics_that_exist() -> None:
    assert set(re.findall(r"\bsnapshelf ([a-z]+)", RUNBOOK)) <= set(COMMANDS)
    assert set(re.findall(r"\bsnapshelf_[a-z_]+", RUNBOOK)) <= set(KNOWN)
    words = re.findall(r"`([A-Z][A-Z_]{2,})`", RUNBOOK)
    assert {word for word in words if word.lower() not in Settings.model_fields} <= PLAIN_WORDS
    anchors = re.findall(r"\]\(#([a-z]+)\)", RUNBOOK)
    assert set(anchors) <= {rule["alert"].lower() for rule in rules()}


def test_each_panel_says_what_it_reads_from_a_source_that_is_chosen() -> None:
    told = json.loads((MONITORING / "dashboard.json").read_text())
    assert [variable["type"] for variable in told["templating"]["list"]] == ["datasource"]
    assert len({panel["id"] for panel in told["panels"]}) == len(told["panels"])
    for panel in panels():
        assert panel["datasource"]["uid"] == "${source}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    shown = {name for panel in panels() for target in panel["targets"] for name, _ in selectors(target["expr"])}
    missing = {name for name in exported() if name not in shown and not name.endswith(("_sum", "_count", "_bucket"))}
    assert missing == set(), "a metric that no panel shows"
