"""Traces: one id from the webhook to the card, seen by a collector that speaks the real protocol."""

from __future__ import annotations

import builtins
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from core import tracing
from core.errors import SettingsError
from core.keys import Keys, partition_of
from core.messages import Photo, Text, Update, decode_update
from core.settings import load_settings
from core.streams import Streams
from core.streams.entry import parse_entry
from core.streams.promoter import closed_album
from core.tracing import send_traces
from index.model.fake import FakeEmbedder
from tests.paths import ROOT
from tests.standins.collector import Collector
from tests.standins.service import serving
from tests.standins.shop import photo_of
from tests.standins.telegram import TelegramServer

CHAT, CAPTION = 7_654_321, "a very private caption"
ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
WAY = ("webhook", "conversation", "fetch", "search", "search.decode", "search.embed", "search.index", "send")


def update_of(number: int, content: Any, trace: str = "") -> Update:
    return Update("telegram", f"1:{number}", "telegram:5", "telegram:5", content, 1_000, trace=trace)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collecting:
        yield collecting


async def test_one_trace_leads_from_the_webhook_to_the_card(
    tmp_path: Path, redis: Redis, redis_url: str, collector: Collector
) -> None:
    async with TelegramServer() as telegram:
        bot = telegram.add_bot()
        with send_traces(collector.url, "snapshelf-test"):
            async with serving(telegram, bot, tmp_path, redis_url, FakeEmbedder(), hits=3):
                await telegram.pusher().photo(CHAT, photo_of(3), caption=CAPTION)
                await telegram.wait_for(lambda: len(bot.messages[CHAT]) >= 4)
            # what follows is sent when the block is left
        await collector.wait_for(lambda: bool(collector.named("send")))
    assert {name: len(collector.named(name)) for name in WAY} == dict.fromkeys(WAY, 1)
    assert len({span.trace for span in collector.spans}) == 1
    by_id = collector.by_id()
    roots = [span.name for span in collector.spans if not span.parent]
    assert roots == ["webhook"]
    above = {span.name: by_id[span.parent].name for span in collector.spans if span.parent}
    assert above["conversation"] == "webhook"
    assert above["fetch"] == above["search"] == "conversation"
    assert above["search.decode"] == above["search.index"] == "search"
    assert above["send"] == "search"
    assert above["send.part"] == "send"
    assert not any(span.failed for span in collector.spans)
    [search] = collector.named("search")
    assert search.attributes["snapshelf.outcome"] == "hits"
    assert search.attributes["snapshelf.hits"] == 3
    assert {span.service for span in collector.spans} == {"snapshelf-test"}
    for private in (str(CHAT), CAPTION, bot.token):
        assert not any(private.encode() in body for body in collector.bodies), "no person, no text, no secret"


async def test_an_update_that_waited_in_the_spool_or_an_album_keeps_its_trace(redis: Redis, keys: Keys) -> None:
    streams = Streams(redis, keys)
    await streams.prepare()
    spooled = update_of(1, Text("hello"), trace=ABOVE)
    assert await streams.claim_and_append(spooled)
    stream = keys.inbox(partition_of(spooled.chat))
    rows: Any = await redis.xrange(stream)
    [(entry_id, raw)] = rows
    entry = parse_entry(stream, entry_id, raw, group="conversation")
    assert entry.trace == ABOVE
    assert entry.fields()[-2:] == ["trace", ABOVE], "put aside and taken up again it is still the same"
    photos = [update_of(number, Photo(f"m{number}", album="a"), trace=ABOVE) for number in (2, 3)]
    assert closed_album(photos, "a").trace == ABOVE


def test_who_does_not_know_the_field_reads_the_rest(keys: Keys) -> None:
    raw = {b"data": b"{}", b"chat": b"c:1", b"job": b"j", b"attempt": b"0", b"at": b"1", b"brand-new": b"x"}
    assert parse_entry("s", b"1-0", raw, group="g").trace == ""
    before = b'{"channel":"t","update_id":"1","chat":"t:1","user":"t:1","content":{"kind":"joined"},"at":1,"v":1}'
    assert decode_update(before).trace == ""


async def test_what_fails_is_told_by_its_class_alone(collector: Collector) -> None:
    def work() -> None:
        with tracing.span("outer", parent=ABOVE):
            assert tracing.current().split("-")[1] == ABOVE.split("-")[1]
            with tracing.span("step", channel="web"):
                raise ValueError("secret of +38163123456")

    with send_traces(f"{collector.url}/v1/traces", "s"), pytest.raises(ValueError, match="secret"):
        work()
    await collector.wait_for(lambda: len(collector.spans) == 2)
    [step] = collector.named("step")
    assert step.failed
    assert step.attributes == {"snapshelf.channel": "web", "error.type": "ValueError"}
    assert not any(b"secret" in body for body in collector.bodies)


def test_without_an_endpoint_nothing_is_recorded_and_the_exporter_stays_unloaded() -> None:
    with send_traces("", "s"), tracing.span("step", parent=ABOVE) as span:
        span.note(outcome="fine")
        assert tracing.current() == ""
    ours = ("core.otlp", "opentelemetry.exporter")  # redis-py looks for the SDK by itself
    loads = f"import sys, bots.service, worker.service; sys.exit(any(m.startswith({ours}) for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", loads], cwd=ROOT, check=False).returncode == 0


async def test_a_collector_that_is_away_costs_spans_and_not_the_work() -> None:
    started = time.monotonic()
    with send_traces("http://127.0.0.1:9", "s"), tracing.span("step"):
        pass
    assert time.monotonic() - started < 10


def test_where_the_libraries_are_missing_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "core.otlp", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingsError, match=r"locks/traces\.txt"), send_traces("http://127.0.0.1:4318", "s"):
        raise AssertionError("never begun")


@pytest.mark.parametrize("wrong", ["127.0.0.1:4318", "grpc://collector:4317", "http://"])
def test_an_endpoint_that_is_none_is_told_in_one_sentence(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"OTLP_ENDPOINT: a collector's address is written http://host:4318"):
        load_settings(_env_file=None, otlp_endpoint=wrong)
