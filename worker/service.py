"""A worker process: the model loaded and warmed, then searches and tasks until it is told to stop.

Any number run side by side; a worker keeps nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core import metrics
from core.blobs import Blobs
from core.connection import connect, redis_errors
from core.cpus import usable_cpus
from core.errors import Unavailable
from core.keys import Keys
from core.presence import WORKER, Presence, announce, present, process_name, withdraw
from core.settings import Settings
from core.streams import Streams
from core.streams.group import CLAIM_IDLE_MS
from core.tasks import together
from core.telemetry import get_logger
from index.decoding import Decoders
from index.model.contract import Embeds
from index.searcher import Searcher
from index.store import GenerationStore
from worker.answers import Answerer
from worker.batches import Batcher
from worker.generation_watch import GenerationWatch
from worker.maintainer import Maintainer
from worker.searches import Searches
from worker.sweep import Sweep, sweeping_pool, tell_broken

log = get_logger(__name__)

ANNOUNCE_S = 3.0


async def run_worker(
    settings: Settings,
    stop: asyncio.Event,
    *,
    embedder: Embeds | None = None,
    decoders: Decoders | None = None,
    claim_idle_ms: int = CLAIM_IDLE_MS,
) -> None:
    """Work until `stop`, then finish what is in hand.

    `embedder`: another one than the model of the settings. `decoders`: some that are there already, and stay.
    `claim_idle_ms`: after it a silent worker's searches are taken over.

    Raises Unavailable when Redis does not answer at the start, ModelFileError for a model that cannot be used.
    """
    redis = await connect(settings)
    try:
        loaded = embedder if embedder is not None else await asyncio.to_thread(load_embedder, settings)
        if decoders is not None:
            await _work(settings, redis, loaded, stop, decoders=decoders, claim_idle_ms=claim_idle_ms)
            return
        with Decoders() as own:
            await asyncio.to_thread(own.warm)
            await _work(settings, redis, loaded, stop, decoders=own, claim_idle_ms=claim_idle_ms)
    finally:
        await redis.aclose()


def load_embedder(settings: Settings) -> Embeds:
    """The model of the settings, loaded and warmed. Raises ModelFileError."""
    from index.model.runtime import Embedder

    embedder = Embedder.load(settings.model, threads=usable_cpus(), models=settings.models_dir)
    embedder.warm(sorted({1, settings.batch}))
    return embedder


async def _work(
    settings: Settings, redis: Redis, embedder: Embeds, stop: asyncio.Event, *, decoders: Decoders, claim_idle_ms: int
) -> None:
    keys = Keys(settings.redis_prefix)
    streams = Streams(redis, keys)
    await streams.prepare()
    threads = usable_cpus()
    with (
        GenerationStore(settings.index_dir, alarm=tell_broken) as store,
        ThreadPoolExecutor(threads, "photos") as pool,
        ThreadPoolExecutor(1, "embed") as embedding,
        sweeping_pool() as sweeping,
    ):
        alive = _Alive(redis, keys, GenerationWatch(store, embedder))
        batcher = Batcher(
            embedder.embed, embedding, size=settings.batch, wait_ms=settings.batch_ms, observe=_observe_batch
        )
        blobs = Blobs(redis, keys, settings.blob_budget_mb)
        answerer = Answerer(Searcher(store, embedder, decoders.decode), batcher, blobs, pool)
        searches = Searches(
            streams,
            keys,
            answerer,
            name=alive.name,
            batch=settings.batch,
            claim_idle_ms=claim_idle_ms,
            idle=lambda: alive.idle,
        )
        await alive.say()
        log.info("worker ready", generation=alive.watch.serving, batch=settings.batch, threads=threads)
        maintainer = Maintainer(settings, streams, embedder, name=alive.name, claim_idle_ms=claim_idle_ms)
        try:
            await together(
                [searches.run(stop), maintainer.run(stop)],
                beside=[batcher.run(), alive.run(), Sweep(store, sweeping).run()],
            )
        finally:
            await alive.leave()
    log.info("worker left")


class _Alive:
    """Says every few seconds that this worker is there, and with which generation."""

    def __init__(self, redis: Redis, keys: Keys, watch: GenerationWatch) -> None:
        self._redis, self._keys, self.watch = redis, keys, watch
        self.idle = False
        """This worker cannot answer and another one can: searches are left to that."""
        self.name = f"{process_name()}-{secrets.token_hex(2)}"

    async def say(self) -> None:
        """Look at the index, then say so. Raises Unavailable."""
        metrics.HEARTBEAT.set_to_current_time()
        await asyncio.to_thread(self.watch.look)
        here = Presence(self.name, self.watch.serving, self.watch.problem)
        with redis_errors():
            await announce(self._redis, self._keys, WORKER, here)
            self.idle = here.generation is None and any(
                worker.generation for worker in await present(self._redis, self._keys, WORKER)
            )

    async def run(self) -> None:
        """Until it is cancelled; Redis being away is no reason to stop."""
        while True:
            await asyncio.sleep(ANNOUNCE_S)
            try:
                await self.say()
            except (RedisError, Unavailable) as error:
                log.warning("cannot say that this worker is alive", error=type(error).__name__)

    async def leave(self) -> None:
        """Say that this worker leaves; unsaid, it is forgotten after 10 s."""
        try:
            await withdraw(self._redis, self._keys, WORKER, self.name)
        except (RedisError, Unavailable) as error:
            log.info("cannot say that this worker leaves", error=type(error).__name__)


def _observe_batch(size: int, seconds: float) -> None:
    metrics.BATCH_SIZE.observe(size)
    metrics.STAGE_SECONDS.labels("batch").observe(seconds)
