"""TSV and CSV: lines → records → fields, with quotes where they are meant and without where they are just signs."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.feed.columns import REQUIRED, canonical, missing, sentence_for_missing
from index.feed.lines import lines
from index.feed.row import FeedError, Skipped

FIELD_MAX = 1 << 20
RECORD_LINES_MAX = 500
DELIMITERS = "\t,;|"
_CLOSING = re.compile(r'(?:[^"]++|"")*+"')
_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')

Record = tuple[int, dict[str, list[str]]]
"""Line where it begins, and its texts by canonical column."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which column holds what."""

    delimiter: str
    columns: tuple[str | None, ...]
    """Canonical names; None for those that we don't read."""


def read_table(path: Path, encoding: str) -> Iterator[Record | Skipped]:
    """The records of a TSV or CSV. Raises FeedError when the header lacks a required column."""
    source = _Lines(path, encoding)
    header = _read_header(source)
    while (taken := source.take()) is not None:
        number, line = taken
        if line is None:
            yield Skipped(number, "", "the row is too long")
        elif line.strip():
            yield _to_record(number, _record(source, line, header.delimiter), header)


class _Lines:
    """Lines that can be put back: a quote that never closes gives back what it swallowed."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._source = lines(path, encoding)
        self._back: deque[tuple[int, str | None]] = deque()

    def take(self) -> tuple[int, str | None] | None:
        return self._back.popleft() if self._back else next(self._source, None)

    def put_back(self, taken: list[tuple[int, str | None]]) -> None:
        self._back.extendleft(reversed(taken))


def _read_header(source: _Lines) -> Header:
    while (taken := source.take()) is not None:
        line = taken[1]
        if line is None:
            raise FeedError("The feed's first line is too long: it should hold the names of the columns.")
        if line.strip():
            return _best_header(line)
    raise FeedError("The feed is empty: it needs a first line with the names of its columns.")


def _best_header(line: str) -> Header:
    """The delimiter under which most of the columns have names that we know."""
    headers = [
        Header(delimiter, tuple(canonical(name) for name in split(line, delimiter, may_open=False)[0]))
        for delimiter in DELIMITERS
    ]
    best = max(headers, key=_known)
    lacking = missing(best.columns)
    if lacking:
        raise FeedError(sentence_for_missing(lacking))
    return best


def _known(header: Header) -> tuple[int, int]:
    known = set(header.columns) - {None}
    return len(known & set(REQUIRED)), len(known)


def split(record: str, delimiter: str, *, may_open: bool = True) -> tuple[list[str], str | None]:
    """The fields of a line, quotes taken off; and the text of a last field whose quote is still open, else None.

    A quote counts only around a whole field: `5" pipe` and `"Retro" lamp` stand as they are.
    """
    if '"' not in record:
        return record.split(delimiter), None
    fields: list[str] = []
    at = 0
    while at <= len(record):
        quoted = _QUOTED.match(record, at) if record.startswith('"', at) else None
        if quoted is None and may_open and record.startswith('"', at):
            return fields, record[at + 1 :]
        if quoted is not None and record[quoted.end() : quoted.end() + 1] in ("", delimiter):
            fields.append(quoted[0][1:-1].replace('""', '"'))
            at = quoted.end() + 1
        else:
            end = record.find(delimiter, at)
            end = len(record) if end < 0 else end
            fields.append(record[at:end])
            at = end + 1
    return fields, None


def _record(source: _Lines, line: str, delimiter: str) -> list[str]:
    """The fields of the record that begins with this line, with the following lines that a quoted field spans."""
    fields, opened = split(line, delimiter)
    swallowed: list[tuple[int, str | None]] = []
    parts = [opened or ""]
    length = len(line)
    while opened is not None:
        taken = source.take()
        if taken is not None:
            swallowed.append(taken)
        text = taken[1] if taken is not None else None
        if text is None or len(swallowed) > RECORD_LINES_MAX or length > FIELD_MAX:
            return _as_signs(source, swallowed, line, delimiter)
        length += len(text)
        closing = _CLOSING.match(text)
        if closing is None:
            parts.append(text)
            continue
        if text[closing.end() : closing.end() + 1] not in ("", delimiter):
            return _as_signs(source, swallowed, line, delimiter)
        parts.append(text[: closing.end() - 1])
        fields.append("\n".join(parts).replace('""', '"'))
        if closing.end() == len(text):
            return fields
        more, opened = split(text[closing.end() + 1 :], delimiter)
        fields += more
        parts = [opened or ""]
    return fields


def _as_signs(source: _Lines, swallowed: list[tuple[int, str | None]], line: str, delimiter: str) -> list[str]:
    """The quote that never closed was a sign of the text: its line stands alone."""
    source.put_back(swallowed)
    return split(line, delimiter, may_open=False)[0]


def _to_record(number: int, fields: list[str], header: Header) -> Record | Skipped:
    columns = header.columns
    record: dict[str, list[str]] = {}
    for name, value in zip(columns, fields, strict=False):
        if name is not None and value:
            record.setdefault(name, []).append(value)
    product = record.get("id", [""])[0].strip()[:200]
    if any(value.strip() for value in fields[len(columns) :]):
        return Skipped(number, product, f"it has {len(fields)} fields, the first line names {len(columns)}")
    if any(len(value) > FIELD_MAX for value in fields):
        return Skipped(number, product, "one of its fields is longer than 1 MiB")
    return number, record
