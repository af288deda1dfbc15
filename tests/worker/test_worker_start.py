"""A worker whose Redis goes while it starts ends with one sentence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Gone

from core.errors import Unavailable
from core.settings import Settings
from index.model.fake import FakeEmbedder
from worker import service


async def test_a_redis_that_goes_while_a_worker_starts_is_told_in_one_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> None:
        raise Gone("Error 111 connecting to it. Connection refused.")

    monkeypatch.setattr(service, "announce", gone)
    with pytest.raises(Unavailable, match="Redis does not answer"):
        await service.run_worker(settings, asyncio.Event(), embedder=FakeEmbedder())
