"""Spans through the OpenTelemetry SDK to a collector; imported only when traces are switched on (extra `traces`)."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.tracing import Attribute, Kind

TRACES = "/v1/traces"
TIMEOUT_S = 5
"""For one batch, its repetitions included; the exporter has a thread of its own."""
_KINDS = {
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
}
_CONTEXT = TraceContextTextMapPropagator()


class OtlpSpan:
    """One span of the SDK."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, **attributes: Attribute) -> None:
        """Attributes under our own prefix."""
        self._span.set_attributes(_named(attributes))


class OtlpTracer:
    """Records spans and sends them in batches. The SDK's own `OTEL_TRACES_SAMPLER` decides how many are kept."""

    def __init__(self, endpoint: str, service: str) -> None:
        target = endpoint.rstrip("/")
        exporter = OTLPSpanExporter(target if target.endswith(TRACES) else target + TRACES, timeout=TIMEOUT_S)
        instance = f"{socket.gethostname()}-{os.getpid()}"
        resource = Resource.create({"service.name": service, "service.instance.id": instance})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("snapshelf")

    @contextlib.contextmanager
    def span(self, name: str, parent: str, kind: Kind, attributes: dict[str, Attribute]) -> Iterator[OtlpSpan]:
        """A span around the block; of what the block raises only the class is told: its text may name a person."""
        above = _CONTEXT.extract({"traceparent": parent}) if parent else None
        with self._tracer.start_as_current_span(
            name,
            above,
            kind=_KINDS[kind],
            attributes=_named(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield OtlpSpan(span)
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR))
                span.set_attribute("error.type", type(error).__name__)
                raise

    def current(self) -> str:
        """The `traceparent` of the span that we are in, empty outside of any."""
        carrier: dict[str, str] = {}
        _CONTEXT.inject(carrier)
        return carrier.get("traceparent", "")

    def close(self) -> None:
        """Send what is left and end the exporter's thread."""
        self._provider.shutdown()


def _named(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    return {f"snapshelf.{name}": value for name, value in attributes.items()}
