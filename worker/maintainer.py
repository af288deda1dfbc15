"""What an admin asks for in the chat, done by a worker: reindex, status, rollback, generations.

One task at a time in each process. Its progress and its result go back as Progress messages. A reindex that is
interrupted goes on where it stopped, here or in another worker.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine

import structlog
from redis.exceptions import RedisError

from core.connection import redis_errors
from core.errors import SnapshelfError, Unavailable
from core.keys import MAINTAINERS, Keys
from core.messages import BadMessage, Progress, Task, channel_of, decode_task
from core.presence import present
from core.settings import Settings
from core.streams import Entry, GroupConsumer, Streams
from core.streams.entry import entry_fields
from core.streams.group import CLAIM_IDLE_MS
from core.tasks import end
from core.telemetry import get_logger
from index.longcodes import BrokenGeneration
from index.model.contract import Embeds
from index.reindex import reindex
from index.store import GenerationStore

log = get_logger(__name__)

READ_BLOCK_MS = 500
REFRESH_S = 5.0
TOLD_EVERY_S = 2.0
"""How often a message of progress is edited: a provider's rates count every edit."""
NO_FEED = "Set SNAPSHELF_FEED, or name one of SNAPSHELF_FEEDS."
_STAGES = {"reading": "Reading the feed", "embedding": "Embedding pictures", "fitting": "Fitting", "writing": "Writing"}


class _Leaving(SnapshelfError):
    """This process was told to stop in the middle of a task."""


class Maintainer:
    """`run` takes tasks until `stop`."""

    def __init__(
        self,
        settings: Settings,
        streams: Streams,
        embedder: Embeds,
        *,
        name: str,
        claim_idle_ms: int = CLAIM_IDLE_MS,
    ) -> None:
        self._settings, self._streams, self._embedder = settings, streams, embedder
        self._keys: Keys = streams.keys
        self._consumer = GroupConsumer(
            streams, streams_by_turn=[self._keys.tasks], group=MAINTAINERS, name=name, claim_idle_ms=claim_idle_ms
        )
        self._name = name
        self._store = GenerationStore(settings.index_dir)
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """One task after the other. Told to stop, a reindex ends at its next batch and is put back."""
        self._stop = stop
        while not stop.is_set():
            try:
                for entry in await self._consumer.read(1, READ_BLOCK_MS):
                    with structlog.contextvars.bound_contextvars(job=entry.job):
                        await self._one(entry)
            except (Unavailable, RedisError) as error:
                log.warning("tasks cannot be read", error=type(error).__name__)
                await asyncio.sleep(1.0)
        try:
            await self._consumer.close()
        except (Unavailable, RedisError) as error:
            log.info("Redis is away", error=type(error).__name__)

    async def _one(self, entry: Entry) -> None:
        try:
            task = decode_task(entry.data)
        except BadMessage as error:
            await self._streams.bury(entry, str(error))
            return
        log.info("task begins", wish=task.wish)
        refreshing = asyncio.create_task(self._refresh(entry))
        try:
            text = await self._do(task)
        except _Leaving:
            await self._streams.retry(entry, "its worker was told to stop", after_ms=0, count=False)
            return
        except Unavailable:
            raise
        except SnapshelfError as error:
            text = str(error)
        except Exception:  # whatever it was: the admin hears of it, and it is not done over and over
            log.exception("a task failed", wish=task.wish)
            text = "That failed, and it is no fault of yours: the log of the worker says why."
        finally:
            await end(refreshing)
        last = Progress(task.job, task.chat, text, done=True, language=task.language)
        await self._streams.advance(entry, (self._streams.reply_output(last, step="maintainer"),))
        log.info("task ends", wish=task.wish)

    async def _do(self, task: Task) -> str:
        match task.wish:
            case "reindex":
                return await self._reindex(task)
            case "rollback":
                return f"{await asyncio.to_thread(self._store.rollback)} answers now."
            case "generations":
                return await asyncio.to_thread(self._generations)
            case "status":
                return await self._status()

    async def _reindex(self, task: Task) -> str:
        feed = self._feed(task)
        loop = asyncio.get_running_loop()
        teller = _Teller(task, self._say)

        def progress(stage: str, done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Leaving
            loop.call_soon_threadsafe(teller.tell, stage, done, total)

        owner = f"an admin on {channel_of(task.chat)} (worker {self._name})"
        try:
            account = await asyncio.to_thread(
                reindex, self._settings, feed, embedder=self._embedder, owner=owner, progress=progress
            )
        finally:
            await teller.said()
        return "\n".join(account.lines())

    def _feed(self, task: Task) -> str:
        """Only what the settings name: a chat is no way to any file of this machine."""
        if task.feed is None and self._settings.feed:
            return self._settings.feed
        feed = self._settings.feeds_by_name.get(task.feed or "")
        if feed is None:
            raise SnapshelfError(NO_FEED)
        return feed

    async def _say(self, progress: Progress) -> None:
        """Put it into `replies` without a claim: saying it twice does no harm."""
        output = self._streams.reply_output(progress, step="progress")
        now = int(time.time() * 1000)
        fields = entry_fields(output.data, chat=output.chat, job=output.job, attempt=0, at_ms=now, head=False)
        try:
            await self._streams.redis.execute_command("XADD", output.stream, "*", *fields)
        except (Unavailable, RedisError) as error:
            log.info("progress cannot be told", error=type(error).__name__)

    def _generations(self) -> str:
        current, lines = self._store.current_name(), []
        for name in self._store.names():
            try:
                told = f"{self._store.manifest(name).products} products"
            except BrokenGeneration:
                told = "broken"
            lines.append(f"{'→' if name == current else '  '} {name}: {told}")
        return "\n".join(lines) or "There is no generation yet."

    async def _status(self) -> str:
        with redis_errors():
            workers = await present(self._streams.redis, self._keys, "worker")
        serving = sorted({worker.generation for worker in workers if worker.generation})
        depths = {name: depth for name, depth in (await self._streams.depths()).items() if depth}
        return "\n".join(
            [
                f"Workers: {len(workers)}, answering from {', '.join(serving) or 'no generation'}.",
                f"Under way: {_listed(depths)}.",
                f"Photos so far: {_listed(await self._streams.tally())}.",
            ]
        )

    async def _refresh(self, entry: Entry) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self._consumer.refresh([entry])
            except (Unavailable, RedisError) as error:
                log.info("Redis is away", error=type(error).__name__)


class _Teller:
    """Says how far a task is, one message at a time and not too often; what cannot be said then is left out."""

    def __init__(self, task: Task, say: Callable[[Progress], Coroutine[None, None, None]]) -> None:
        self._task, self._say = task, say
        self._saying: asyncio.Task[None] | None = None
        self._last = 0.0

    def tell(self, stage: str, done: int, total: int) -> None:
        """Say it soon, or not at all."""
        if (self._saying and not self._saying.done()) or time.monotonic() - self._last < TOLD_EVERY_S:
            return
        self._last = time.monotonic()
        text = _STAGES.get(stage, stage.capitalize()) + (f": {done} of {total}" if total else " …")
        progress = Progress(self._task.job, self._task.chat, text, language=self._task.language)
        self._saying = asyncio.create_task(self._say(progress))

    async def said(self) -> None:
        """Returns once nothing is under way: it must not come behind the task's end."""
        if self._saying is not None:
            await self._saying


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items()) or "nothing"
