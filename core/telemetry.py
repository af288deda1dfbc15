"""Logs: one line an event, with the job it belongs to, readable on a terminal and JSON elsewhere; never a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO, cast

import structlog

_SECRET = re.compile(
    r"(bot)?\d{3,}:[A-Za-z0-9_-]{20,}"
    r"|(?i:authorization|x-viber-auth-token)\W+(?i:(?:basic|bearer|digest|token)\s+)?\S+"
    r"|(?<=://)[^/\s@]+(?=@)"  # user and password in an address
    r"|\bwhatsapp:\+?\d+|\+\d{7,15}\b"
)
QUIET = ("httpx", "httpcore", "aiohttp", "telegram", "asyncio", "urllib3", "PIL")
"""Libraries whose lines below a warning are of no use here, and may hold addresses with a token."""
SILENT = ("telegram.request.BaseRequest",)
"""It quotes the whole of an answer that it cannot read, with people's names and words. What it raises says enough."""


def redact(text: str) -> str:
    """The text without tokens, authorisation and phone numbers."""
    return _SECRET.sub("[removed]", text)


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _clean(value)
    return event


def _clean(value: object) -> object:
    """Whatever was put on a line, an exception or a list too, as the renderer would spell it."""
    match value:
        case str():
            return redact(value)
        case None | int() | float():
            return value
        case Mapping():
            return {str(key): _clean(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(inner) for inner in value]
        case _:
            return redact(repr(value))


class _RedactingHandler(logging.StreamHandler[TextIO]):
    """For libraries that log by themselves."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure_logging(form: Literal["auto", "text", "json"] = "auto", stream: TextIO | None = None) -> None:
    """Set up logs of this process: `auto` is text on a terminal and JSON elsewhere."""
    out = stream or sys.stderr
    text = form == "text" or (form == "auto" and out.isatty())
    last = structlog.dev.ConsoleRenderer(colors=out.isatty()) if text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = _RedactingHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry the module and, inside `bound_job`, the job."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(module=name))


@contextmanager
def bound_job(job: str) -> Iterator[None]:
    """Every line inside names this job."""
    with structlog.contextvars.bound_contextvars(job=job):
        yield
