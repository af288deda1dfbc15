"""Traces: one from a webhook to the card that answers it, sent over OTLP when OTLP_ENDPOINT is set; else nothing.

The context of a trace (W3C `traceparent`) travels as the field `trace` of the entries in our streams, beside the
message: a reader of an older version ignores it. No span carries a person, a chat or a text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal, Protocol

from core.errors import SettingsError
from core.telemetry import get_logger

log = get_logger(__name__)

Attribute = str | int | float | bool
Kind = Literal["server", "consumer", "client", "internal"]
MISSING = (
    "SNAPSHELF_OTLP_ENDPOINT is set, but what sends traces is not installed: run "
    "`pip install --require-hashes -r locks/traces.txt`, or leave that setting empty."
)


class Span(Protocol):
    """What is being done."""

    def note(self, **attributes: Attribute) -> None:
        """Say more about it, once that is known."""


class Tracer(Protocol):
    """What records spans; `core.otlp` has the one that sends them."""

    def span(
        self, name: str, parent: str, kind: Kind, attributes: dict[str, Attribute]
    ) -> contextlib.AbstractContextManager[Span]: ...

    def current(self) -> str: ...

    def close(self) -> None: ...


class _Silent:
    def note(self, **attributes: Attribute) -> None:
        pass


_SILENT = _Silent()
_tracer: Tracer | None = None


@contextlib.contextmanager
def span(name: str, *, parent: str = "", kind: Kind = "internal", **attributes: Attribute) -> Iterator[Span]:
    """A span around the block, beneath the `traceparent` given, else beneath the span that we are in."""
    if _tracer is None:
        yield _SILENT
        return
    with _tracer.span(name, parent, kind, attributes) as recorded:
        yield recorded


def current() -> str:
    """The `traceparent` of the span that we are in; empty outside of any, and when nothing is traced."""
    return _tracer.current() if _tracer is not None else ""


@contextlib.contextmanager
def send_traces(endpoint: str, service: str) -> Iterator[None]:
    """Send the spans of this process to a collector meanwhile, and what is left of them at the end.

    `endpoint`: OTLP over http, with or without `/v1/traces`; empty: nothing is recorded. Raises SettingsError where the
    libraries are missing. A collector that is away costs log lines and its spans, never the work.
    """
    global _tracer  # noqa: PLW0603 - one for the process, as the metrics are
    if not endpoint:
        yield
        return
    try:
        from core.otlp import OtlpTracer
    except ModuleNotFoundError:
        raise SettingsError(MISSING) from None
    _tracer = tracer = OtlpTracer(endpoint, service)
    log.info("traces are sent", service=service)
    try:
        yield
    finally:
        _tracer = None
        tracer.close()
