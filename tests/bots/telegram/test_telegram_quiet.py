"""An answer of Telegram's that cannot be read is not quoted in our log: it may hold what people wrote."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from telegram.error import TelegramError
from telegram.request import BaseRequest

from core.telemetry import SILENT, configure_logging


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; the loggers are as before afterwards."""
    root, out = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level, [logging.getLogger(name).level for name in SILENT]
    configure_logging("json", out)
    yield out
    root.handlers[:], root.level = before[:2]
    for name, level in zip(SILENT, before[2], strict=True):
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


def test_half_an_answer_with_a_shoppers_words_in_it_is_not_logged(lines: io.StringIO) -> None:
    with pytest.raises(TelegramError, match="Invalid server response"):
        BaseRequest.parse_json_payload(b'{"ok": true, "result": {"text": "my secret wish", "chat": {"id": 4')
    assert lines.getvalue() == ""
