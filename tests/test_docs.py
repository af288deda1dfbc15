"""The documents can't rot: whatever a user may set, call, watch or meet stands in `docs/`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram

from bots.channel import Channels
from bots.delivery import Delivery
from bots.server import build_app
from bots.services import Services
from core import metrics
from core.blobs import Blobs
from core.connection import client
from core.errors import Reason
from core.keys import Keys
from core.settings import PREFIX, Settings
from core.spool import Spool
from core.streams import Streams
from snapshelf.cli import COMMANDS
from snapshelf.docs import PAGES, command_exists, page_with
from tests.paths import ROOT
from tests.standins.channel import FakeChannel

DOCS = ROOT / "docs"
ROUTES_OF_DESIGN = (
    "POST /telegram/webhook",
    "GET /",
    "POST /chat/messages",
    "GET /chat/events",
    "GET /static/{name}",
    "POST /api/search",
    "GET /api/openapi.json",
    "GET /pictures/{digest}.jpg",
    "GET /healthz",
    "GET /readyz",
)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "make"), PAGES.items(), ids=list(PAGES))
def test_what_is_made_from_the_code_is_as_the_code_says(name: str, make: Callable[[], str]) -> None:
    text = page(name)
    assert text == page_with(text, make()), f"docs/{name} has drifted: run `python -m snapshelf.docs`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_stands_in_the_docs_with_a_sentence(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert description.endswith(".")
    assert f"| `{PREFIX}{name.upper()}` |" in page("settings.md")


def names_of_metrics() -> list[str]:
    """As Prometheus shows them: counters end in `_total`."""
    names = []
    for collector in vars(metrics).values():
        if isinstance(collector, Counter | Gauge | Histogram):
            (family,) = collector.describe()
            names.append(f"{family.name}_total" if isinstance(collector, Counter) else family.name)
    return names


def test_there_are_metrics_to_document() -> None:
    assert len(names_of_metrics()) > 5


@pytest.mark.parametrize("name", names_of_metrics())
def test_each_metric_stands_in_the_docs(name: str) -> None:
    assert f"| `{name}` |" in page("metrics.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_stands_in_the_docs(name: str) -> None:
    if not command_exists(name):
        pytest.skip("this command is not written yet")
    assert f"## snapshelf {name}\n" in page("commands.md")


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_of_refusal_stands_in_the_docs(reason: Reason) -> None:
    assert f"| `{reason.value}` |" in page("refusals.md")


async def test_each_route_stands_in_the_docs(tmp_path: Path) -> None:
    redis = client("unix:///nowhere")
    streams, spool = Streams(redis, Keys()), Spool(tmp_path / "spool")
    settings = Settings(data_dir=tmp_path)
    try:
        services = Services(
            settings=settings,
            redis=redis,
            keys=Keys(),
            streams=streams,
            blobs=Blobs(redis, Keys()),
            channels=Channels({"telegram": FakeChannel("telegram")}),
            delivery=Delivery(streams, spool),
        )
        app = build_app(services)
    finally:
        spool.close()
        await redis.aclose()
    routes = {f"{r.method} {r.resource.canonical}" for r in app.router.routes() if r.resource and r.method != "HEAD"}
    assert routes >= set(ROUTES_OF_DESIGN)
    text = page("operations.md")
    assert {route for route in routes if f"`{route}`" not in text} == set()


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_each_link_between_documents_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    dead = [one for one in targets if "://" not in one and not (path.parent / one).exists()]
    assert dead == []
