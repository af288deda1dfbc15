"""The search API against its own OpenAPI document: what schemathesis makes of it, good and bad, is answered as it says.

The whole service answers: a real server, Redis, a worker and a small shop. `make test-api`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from bots.service import run_bots
from tests.examples import TIMES
from tests.redis_server import RedisServer
from tests.standins.shop import GatedEmbedder, open_shop, working

schemathesis = pytest.importorskip("schemathesis", reason="locks/api.txt is not installed: run `make test-api`")
pytestmark = [pytest.mark.slow, pytest.mark.api, pytest.mark.timeout(300)]

from schemathesis.specs.openapi import checks  # noqa: E402 - only where schemathesis is there

CHECKS = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
"""Not that sound data are accepted: which photo can be read, or that one of three fields is given, no schema says."""
SEED = 20_261
EXAMPLES = 40
MODES = {
    "positive": schemathesis.GenerationMode.POSITIVE,
    "negative": schemathesis.GenerationMode.NEGATIVE,
}


class Service:
    """The bots, a worker and a shop in a loop of their own."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.address = ""
        self._folder, self._redis_url = folder, redis_url
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> Service:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._loop.close()

    async def _serve(self) -> None:
        embedder = GatedEmbedder()
        shop = open_shop(self._folder, self._redis_url, port=0, photos_per_hour=1_000_000)
        shop.publish(embedder=embedder)
        async with working(shop.settings, embedder):
            await run_bots(shop.settings, self._stop, on_ready=self._listening)

    def _listening(self, address: str) -> None:
        self.address = address
        self._ready.set()


@pytest.fixture(scope="module")
def service(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("shop"), redis_server.url) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/api/search", "positive"),
        ("/api/search", "negative"),
        ("/pictures/{digest}.jpg", "positive"),
        ("/pictures/{digest}.jpg", "negative"),
        ("/healthz", "positive"),
        ("/readyz", "positive"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_every_answer_is_one_that_the_document_names(service: Service, path: str, mode: str) -> None:
    schema = schemathesis.openapi.from_url(f"{service.address}/api/openapi.json")
    [operation] = [found.ok() for found in schema.get_all_operations() if found.ok().path == path]
    cases = operation.as_strategy(generation_mode=MODES[mode])

    @seed(SEED)
    @settings(max_examples=EXAMPLES * TIMES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def answered(case: Any) -> None:
        response = case.call(base_url=service.address, timeout=30)
        assert response.status_code not in (500, 504)
        case.validate_response(response, checks=list(CHECKS))

    answered()
