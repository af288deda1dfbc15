"""`snapshelf queue`: every state is listed, shown and can be dropped."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from core.blobs import Blobs
from core.keys import CONVERSATION, WORKERS, Keys, partition_of
from core.leases import Lease, acquire_lease
from core.messages import ByPhoto, Search, Text, Update
from core.streams import Entry, PartitionConsumer, Promoter, Streams
from core.streams.reading import read_new
from snapshelf.cli import cli

CHAT = "telegram:7"
INBOX = Keys().inbox(partition_of(CHAT))
STATES = ("waiting", "taken", "later", "held", "dead")


@pytest.fixture
def run(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNAPSHELF_REDIS_URL", redis_url)

    async def run(*words: str, said: str | None = None, code: int = 0) -> Result:
        result = await asyncio.to_thread(CliRunner().invoke, cli, ["queue", *words], said)
        assert result.exit_code == code, result.output
        return result

    return run


def text(number: int) -> Update:
    return Update("telegram", f"1:{number}", CHAT, CHAT, Text(f"t{number}"), at=1)


def search(job: str) -> Search:
    return Search(job, "telegram:8", ByPhoto((Keys().blob(job, 0),)), at=1, deadline=2**50, photos=1)


@pytest.fixture
async def full(streams: Streams) -> Streams:
    """One entry in each state: a chat's first message is put aside, its second held, and so on."""
    for job in ("dead", "taken"):
        await Blobs(streams.redis, streams.keys).put(streams.keys.blob(job, 0), b"photo")
        await streams.append_search(search(job))
    lane = streams.keys.searches("messengers")
    first, _ = await read_new(streams, WORKERS, "w", [lane], count=2, block_ms=None)
    await streams.bury(first, "no good", tell=False)
    await streams.append_search(search("waiting"))
    for number in (1, 2):
        await streams.claim_and_append(text(number))
    lease = await acquire_lease(streams.redis, streams.keys.lease(INBOX))
    assert lease is not None
    [put_aside] = await read_new(streams, CONVERSATION, "me", [INBOX], count=1, block_ms=None)
    await streams.retry(put_aside, "it broke", after_ms=3_600_000, lease=lease)
    await streams.redis.delete(lease.key)
    await hold_the_rest(streams)
    return streams


async def hold_the_rest(streams: Streams) -> None:
    async def never(entry: Entry, lease: Lease) -> None:
        raise AssertionError(entry)

    stop = asyncio.Event()
    consumer = PartitionConsumer(streams, kind="inbox", group=CONVERSATION, name="me", handle=never)
    running = asyncio.create_task(consumer.run(stop))
    while await streams.redis.llen(streams.keys.held(INBOX, CHAT)) != 2:  # noqa: ASYNC110 - a number in Redis
        await asyncio.sleep(0.01)
    stop.set()
    await running


async def listed(run: Any) -> dict[str, dict[str, Any]]:
    result = await run("list", "--json")
    items: list[dict[str, Any]] = json.loads(result.output)
    return {item["state"]: item for item in items}


async def test_every_state_is_listed(full: Streams, run: Any) -> None:
    items = await listed(run)
    assert set(items) == set(STATES)
    assert all(set(item) == {"id", "stream", "state", "attempt", "reason", "age_s"} for item in items.values())
    assert items["later"]["reason"].startswith("it broke (due in 3")
    assert items["held"]["reason"] == "waits behind an earlier one of its chat"
    assert items["dead"]["reason"] == "no good"
    words = (await run("list")).output
    assert all(f" {state} " in words for state in STATES)


async def test_an_empty_queue_says_so(streams: Streams, run: Any) -> None:
    assert (await run("list")).output == "Nothing waits and nothing was given up.\n"
    assert json.loads((await run("list", "--json")).output) == []


@pytest.mark.parametrize("state", STATES)
async def test_what_is_listed_can_be_shown(full: Streams, run: Any, state: str) -> None:
    item = (await listed(run))[state]
    shown = json.loads((await run("show", item["id"])).output)
    assert shown["id"] == item["id"]
    assert json.loads(shown["message"])


@pytest.mark.parametrize("state", STATES)
async def test_what_is_listed_can_be_dropped_after_a_question(full: Streams, run: Any, state: str) -> None:
    before = await listed(run)
    item = before[state]
    asked = await run("drop", item["id"], said="n\n", code=1)
    assert f"Forget {item['id']} ({state}" in asked.output
    assert set(await listed(run)) == set(STATES)
    await run("drop", item["id"], said="y\n")
    after = await listed(run)
    assert item["id"] not in {left["id"] for left in after.values()}
    expected = set(STATES) - {state}
    assert set(after) == (expected - {"held"} if state == "later" else expected)
    again = await run("drop", item["id"], "--yes", code=1)
    assert "no" in str(again.exception)


@pytest.mark.parametrize(("state", "dead"), [("waiting", 2), ("taken", 2), ("later", 1), ("dead", 1)])
async def test_a_dropped_photo_counts_as_dead_once_and_is_gone(
    full: Streams, run: Any, redis: Redis, state: str, dead: int
) -> None:
    item = (await listed(run))[state]
    await run("drop", item["id"], "--yes")
    assert await full.tally() == {"accepted": 3, "dead": dead}
    if state in ("taken", "dead"):
        assert await redis.exists(full.keys.blob(state, 0)) == 0


async def test_dropping_what_was_put_aside_lets_its_chat_go_on(full: Streams, run: Any) -> None:
    await run("drop", (await listed(run))["later"]["id"], "--yes")
    [freed] = await read_new(full, CONVERSATION, "me", [INBOX], count=5, block_ms=None)
    assert freed.job == text(2).job
    await full.advance(freed)
    assert await full.redis.exists(full.keys.held(INBOX, CHAT)) == 0


async def test_what_is_dropped_while_a_worker_has_it_goes_nowhere(full: Streams, run: Any) -> None:
    lane = full.keys.searches("messengers")
    [(entry_id, _)] = [row for row in await full.redis.xrange(lane) if row[1][b"job"] == b"taken"]
    await run("drop", (await listed(run))["taken"]["id"], "--yes")
    entry = Entry(lane, entry_id.decode(), b"{}", "telegram:8", "taken", group=WORKERS)
    assert not await full.advance(entry, tally="answered")


@pytest.mark.parametrize("state", ["later", "dead"])
async def test_retry_brings_an_entry_back(full: Streams, run: Any, state: str) -> None:
    item = (await listed(run))[state]
    assert "goes again" in (await run("retry", item["id"])).output
    await Promoter(full).tick()
    assert state not in await listed(run)


@pytest.mark.parametrize("words", [["show", "dead/1-1"], ["retry", "dead/1-1"], ["drop", "--yes", "dead/1-1"]])
async def test_what_is_not_there_is_said_in_a_sentence(streams: Streams, run: Any, words: list[str]) -> None:
    result = await run(*words, code=1)
    assert "dead/1-1" in str(result.exception)


async def test_what_nobody_can_read_is_listed_and_dropped_too(streams: Streams, run: Any) -> None:
    await streams.bury_unparsed("telegram", b"\xff{")
    await streams.redis.xadd(INBOX, {"nothing": "of ours"})
    items = await listed(run)
    assert set(items) == {"dead", "waiting"}
    await run("retry", items["dead"]["id"], code=1)
    for item in items.values():
        await run("drop", item["id"], "--yes")
    assert await listed(run) == {}
