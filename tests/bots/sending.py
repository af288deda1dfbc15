"""The senders with a fake channel, for tests: answers are put before them as workers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from bots import outbox
from bots.actions import More, token_of
from bots.channel import ButtonSpec, Channels, Outcome, Part, RenderContext, Sent
from bots.delivery import Delivery
from bots.outbox import Outbox
from bots.services import Services
from core.blobs import Blobs
from core.keys import SENDERS, partition_of
from core.limits import Limit
from core.messages import Hit, Notice, Progress, Reply, encode
from core.settings import Settings
from core.spool import Spool
from core.streams import PartitionConsumer, Promoter, Streams
from core.streams.entry import entry_fields
from tests.standins.channel import FakeChannel

CHAT = "fake:1"


class PartedChannel(FakeChannel):
    """One part a hit; what `send` says is planned by chat and part."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: dict[tuple[str, int], list[Outcome]] = {}
        self.tried: list[tuple[str, str, int]] = []
        self.happened = asyncio.Condition()
        self.gates: dict[str, asyncio.Event] = {}
        self.buckets: list[Limit] = []

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        if isinstance(outgoing, Progress):
            return [Part(outgoing.chat, outgoing.job, 0, "progress", {"text": outgoing.text})]
        hits = outgoing.hits if isinstance(outgoing, Reply) else ()
        parts = []
        for number, hit in enumerate(hits or (Hit("words", ""),)):
            more = More(hit.id)
            button = ButtonSpec("More", more, token_of(outgoing.job, more))
            parts.append(Part(outgoing.chat, outgoing.job, number, "text", {"text": hit.title}, buttons=(button,)))
        return parts

    async def send(self, part: Part) -> Outcome:
        self.tried.append((part.chat, part.job, part.number))
        async with self.happened:
            self.happened.notify_all()
        if part.chat in self.gates:
            await self.gates[part.chat].wait()
        planned = self.plan.get((part.chat, part.number))
        outcome: Outcome = planned.pop(0) if planned else Sent((f"{part.chat}-{part.job}-{part.number}",))
        if isinstance(outcome, Sent):
            self.sent.append(part)
        async with self.happened:
            self.happened.notify_all()
        return outcome

    def limits(self, part: Part) -> list[Limit]:
        return self.buckets

    def texts(self, chat: str = CHAT) -> list[str]:
        return [part.payload["text"] for part in self.sent if part.chat == chat]


class House:
    """The senders with a channel, and answers put before them as workers do."""

    def __init__(self, redis: Any, streams: Streams, settings: Settings) -> None:
        self.redis, self.streams, self.keys = redis, streams, streams.keys
        self.channel = PartedChannel()
        delivery = Delivery(streams, Spool(settings.data_dir / "spool"))
        blobs = Blobs(redis, self.keys)
        channels = Channels({"fake": self.channel})
        self.services = Services(settings, redis, self.keys, streams, blobs, channels, delivery)

    async def answer(self, job: str, *titles: str, chat: str = CHAT, photos: int = 1) -> Reply:
        hits = tuple(Hit(f"{job}-{title}", title) for title in titles)
        reply = Reply(job, chat, "hits", hits=hits, photos=photos)
        await self.put(reply)
        return reply

    async def put(self, outgoing: Reply | Notice | Progress) -> None:
        fields = entry_fields(encode(outgoing), chat=outgoing.chat, job=outgoing.job, attempt=0, at_ms=1, head=False)
        pairs: Mapping[Any, Any] = dict(zip(fields[::2], fields[1::2], strict=True))
        await self.redis.xadd(self.keys.replies(partition_of(outgoing.chat)), pairs)

    async def turns(self, *jobs: str, chat: str = CHAT) -> None:
        """The chat asked these, in this order, just now."""
        seconds, micros = await self.redis.time()
        now = seconds * 1000 + micros // 1000
        await self.redis.zadd(self.keys.turns(chat), {job: now + at for at, job in enumerate(jobs)})

    @asynccontextmanager
    async def at_work(self, name: str = "one") -> AsyncIterator[None]:
        stop = asyncio.Event()
        box = Outbox(self.services)
        consumer = PartitionConsumer(self.streams, kind="replies", group=SENDERS, name=name, handle=box.handle)
        tasks = [asyncio.create_task(consumer.run(stop)), asyncio.create_task(Promoter(self.streams).run(stop))]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def settled(self) -> dict[str, int]:
        """The tally once nothing is under way."""
        while True:
            depths = await self.streams.depths()
            if not any(count for name, count in depths.items() if name != "dead"):
                return await self.streams.tally()
            await asyncio.sleep(0.01)

    async def until(self, happened: Callable[[], bool]) -> None:
        """True after some send."""
        async with self.channel.happened:
            await self.channel.happened.wait_for(happened)

    async def until_tried(self, count: int) -> None:
        await self.until(lambda: len(self.channel.tried) >= count)

    async def until_put_off(self) -> None:
        while not await self.redis.zcard(self.keys.later):  # noqa: ASYNC110 - a number in Redis
            await asyncio.sleep(0.005)

    async def states(self, job: str) -> dict[int, str]:
        marked = await self.redis.hgetall(self.keys.parts(job))
        return {int(number): state.decode() for number, state in marked.items()}


@pytest.fixture
def house(redis: Redis, streams: Streams, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr("core.streams.streams.RETRY_AFTER_MS", (20, 20, 20, 20))
    monkeypatch.setattr(outbox, "ALARM_RETRY_MS", 50)
    return House(redis, streams, Settings(data_dir=tmp_path, _env_file=None))
