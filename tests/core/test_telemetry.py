"""Logs: each line names its job, and none carries a token, an authorisation or a phone number."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core.telemetry import bound_job, configure_logging, get_logger, redact

TOKEN = "123456789:AAF-this_is_no_real_token_but_looks"
LINES = [
    (f"POST https://api.telegram.org/bot{TOKEN}/sendPhoto", TOKEN),
    (f"https://api.telegram.org/file/bot{TOKEN}/photos/file_1.jpg", TOKEN),
    (f"The token `{TOKEN}` was rejected by the server.", TOKEN),
    ("X-Viber-Auth-Token: 445da6az1s345z78-dazcczb2542zv51a", "445da6az1s345z78-dazcczb2542zv51a"),
    ("x-viber-auth-token=445da6az1s345z78", "445da6az1s345z78"),
    ("{'Authorization': 'Bearer-abcdefgh'}", "Bearer-abcdefgh"),
    ("Authorization: Basic QUMxOnNlY3JldA==", "QUMxOnNlY3JldA"),
    ("Authorization: Bearer abcdefghijkl", "abcdefghijkl"),
    ("cannot connect to redis://shop:pass-word@10.0.0.1:6379/0", "pass-word"),
    ("cannot connect to rediss://:pass-word@10.0.0.1:6379/0", "pass-word"),
    ("to whatsapp:+4915112345678 failed", "4915112345678"),
    ("to whatsapp:4915112345678 failed", "4915112345678"),
    ("call +4915112345678 now", "4915112345678"),
]
HARMLESS = [
    "photo answered in 123 ms",
    "generation 20261120T101500-abc123 published",
    "127.0.0.1:8080 answered 200",
    "job 0123456789abcdef0123 at 12:34:56",
    "reason: too_large",
    "https://cdn.example/pictures/a@b.jpg",
    "connected to redis://10.0.0.1:6379/0",
]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged meanwhile; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("json", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(("line", "secret"), LINES)
def test_secrets_are_removed_from_a_text(line: str, secret: str) -> None:
    assert secret not in redact(line)
    assert "[removed]" in redact(line)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_secret_stays(line: str) -> None:
    assert redact(line) == line


@pytest.mark.parametrize(("line", "secret"), LINES)
def test_no_secret_reaches_a_line_of_ours_in_text_or_field(line: str, secret: str, lines: io.StringIO) -> None:
    get_logger("here").warning(line, address=line)
    assert secret not in lines.getvalue()


@pytest.mark.parametrize(("line", "secret"), LINES)
def test_no_secret_hides_in_a_field_that_is_no_text(line: str, secret: str, lines: io.StringIO) -> None:
    get_logger("here").warning("failed", error=ValueError(line), tried=[line], inside={"address": (line,)}, count=3)
    assert secret not in lines.getvalue()
    assert json.loads(lines.getvalue())["count"] == 3


def raise_with(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize(("line", "secret"), LINES)
def test_no_secret_reaches_a_traceback(line: str, secret: str, lines: io.StringIO) -> None:
    try:
        raise_with(line)
    except ValueError:
        get_logger("here").exception("it failed")
    assert "ValueError" in lines.getvalue()
    assert secret not in lines.getvalue()


@pytest.mark.parametrize(("line", "secret"), LINES)
def test_no_secret_reaches_a_line_of_a_library(line: str, secret: str, lines: io.StringIO) -> None:
    logging.getLogger("some.library").error("%s", line)
    assert "some.library" in lines.getvalue()
    assert secret not in lines.getvalue()


def test_addresses_that_libraries_log_at_info_do_not_appear(lines: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot%s/getMe", TOKEN)
    assert lines.getvalue() == ""


def test_each_line_inside_names_the_job_and_none_after(lines: io.StringIO) -> None:
    log = get_logger("worker")
    with bound_job("abc"):
        log.info("embedded", count=3)
    log.info("idle")
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert (first["job"], first["count"], first["module"], first["level"]) == ("abc", 3, "worker", "info")
    assert first["timestamp"].endswith("Z")
    assert "job" not in second


def test_elsewhere_than_on_a_terminal_lines_are_json() -> None:
    stream = io.StringIO()
    handlers = logging.getLogger().handlers[:]
    configure_logging("auto", stream)
    get_logger("here").info("hello")
    assert json.loads(stream.getvalue())["event"] == "hello"
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
