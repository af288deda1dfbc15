"""Prometheus metrics of bots and workers, all in one place; none has a label with a person or a secret in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from core.telemetry import get_logger

log = get_logger(__name__)

_MS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

STAGE_SECONDS = Histogram("snapshelf_stage_seconds", "Time of one stage of a search.", ["stage"], buckets=_MS)
BATCH_SIZE = Histogram("snapshelf_batch_size", "Photos embedded at once.", buckets=(1, 2, 4, 8, 16, 32, 64))
GENERATION = Gauge("snapshelf_generation", "1 for the generation that this worker answers from.", ["generation"])
GENERATIONS_BROKEN = Counter("snapshelf_generations_broken", "Generations found damaged and left for the one before.")
DECODERS_ENDED = Counter("snapshelf_decoders_ended", "Times when a photo ended the process that decoded it.")
QUEUE_DEPTH = Gauge("snapshelf_queue_depth", "Entries that wait or are under way, by stream.", ["stream"])
PHOTOS = Gauge("snapshelf_photos", "Photos accepted, answered, apologised, dead, unknown; parts repeated.", ["state"])
UPDATES = Counter("snapshelf_updates", "Updates that a channel delivered.", ["channel"])
WEBHOOK_SECONDS = Histogram("snapshelf_webhook_seconds", "Time to answer a webhook.", ["channel"], buckets=_MS)
SENDS = Counter("snapshelf_sends", "Parts of answers by what became of them.", ["channel", "outcome"])
REDIS_UP = Gauge("snapshelf_redis_up", "1 while Redis answers this bots process.")
SPOOL_BYTES = Gauge("snapshelf_spool_bytes", "Bytes of updates on disk that wait for Redis.")
INTAKE_OPEN = Gauge("snapshelf_intake_open", "1 while there is room for the photos of shoppers.")
HEARTBEAT = Gauge("snapshelf_heartbeat_timestamp_seconds", "When this process last went round its loop.")
ALARMS = Counter("snapshelf_alarms", "Times when nothing could go on until somebody acts.", ["channel"])


@contextmanager
def serve_metrics(host: str, port: int) -> Iterator[None]:
    """Answer scrapes on a port of their own meanwhile; 0: none. A taken port is a warning: the work goes on without."""
    if port == 0:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=host)
    except OSError as error:
        log.warning("no metrics: set SNAPSHELF_METRICS_PORT to a free port, or 0", port=port, error=error.strerror)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
