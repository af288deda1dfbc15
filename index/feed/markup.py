"""RSS 2.0 and Atom with Google's `g:` elements, through a parser that follows no entity, item after item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from index.feed.columns import canonical, missing, sentence_for_missing
from index.feed.lines import text_pieces
from index.feed.row import FeedError, Skipped
from index.feed.tables import FIELD_MAX, Record

GOOGLE = "http://base.google.com/ns/1.0"
TOKEN_MAX = 8 << 20
"""Bytes that the parser may hold back: a tag or comment that never ends must not fill the memory."""
_ITEMS = frozenset({"item", "entry"})
# What XML 1.0 forbids even as a reference; exports hold it all the same, and one sign must not cost the whole feed.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_markup(path: Path, encoding: str) -> Iterator[Record | Skipped]:
    """The items of an RSS or Atom feed. Raises FeedError: not well-formed, entities, no item, a field in no item."""
    items = _Items()
    parser = DefusedXMLParser(target=items, encoding="utf-8", forbid_dtd=False)
    items.expat = parser.parser
    try:
        fed = 0
        for piece in text_pieces(path, encoding):
            encoded = _FORBIDDEN.sub(" ", piece).encode("utf-8", "replace")
            parser.feed(encoded)
            fed += len(encoded)
            if fed - parser.parser.CurrentByteIndex > TOKEN_MAX:
                raise FeedError(f"The feed {path.name} holds a tag that is too long: it can't be read.")
            yield from items.take()
        parser.close()
    except ParseError as error:
        raise FeedError(
            f"The feed {path.name} is not well-formed XML at line {error.position[0]}: please export it again."
        ) from None
    except DefusedXmlException:
        raise FeedError(
            f"The feed {path.name} defines XML entities, which are refused: please leave them out."
        ) from None
    yield from items.take()
    items.check(path)


@dataclass
class _Item:
    line: int
    google: dict[str, list[str]] = field(default_factory=dict)
    plain: dict[str, list[str]] = field(default_factory=dict)
    too_long: bool = False

    def record(self) -> Record | Skipped:
        """A `g:` element stands before one of the same name without `g:`."""
        fields = self.plain | self.google
        if "additional_image_link" in self.plain and "additional_image_link" in self.google:
            key = "additional_image_link"
            fields[key] = self.google[key] + self.plain[key]
        if self.too_long:
            return Skipped(self.line, fields.get("id", [""])[0].strip()[:200], "one of its fields is longer than 1 MiB")
        return self.line, fields


class _Items:
    """Target of the parser: gathers the direct children of items, forgets the rest."""

    def __init__(self) -> None:
        self.expat: object = None
        self._done: list[_Item] = []
        self._item: _Item | None = None
        self._depth = 0
        """Elements open below the item."""
        self._field: str | None = None
        self._is_google = False
        self._text: list[str] = []
        self._length = 0
        self._count = 0
        self._seen: set[str] = set()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        space, _, name = tag.rpartition("}")
        if self._item is None:
            if name in _ITEMS:
                self._item = _Item(getattr(self.expat, "CurrentLineNumber", 0))
                self._depth = 0
            return
        self._depth += 1
        if self._depth == 1:
            self._is_google = space.lstrip("{") == GOOGLE or name.startswith("g:")
            self._field, self._text, self._length = canonical(name), [], 0
            if name == "link" and "href" in attributes:
                self._atom_link(attributes)

    def data(self, text: str) -> None:
        if self._item is None or self._depth != 1 or self._field is None:
            return
        self._length += len(text)
        if self._length > FIELD_MAX:
            self._item.too_long, self._text = True, []
        else:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if self._item is None:
            return
        if self._depth == 0:
            self._done.append(self._item)
            self._item = None
            self._count += 1
            return
        if self._depth == 1 and self._field is not None:
            self._keep(self._field, "".join(self._text))
            self._field = None
        self._depth -= 1

    def close(self) -> None:
        pass

    def take(self) -> Iterator[Record | Skipped]:
        done, self._done = self._done, []
        return (item.record() for item in done)

    def check(self, path: Path) -> None:
        if not self._count:
            raise FeedError(f"The feed {path.name} holds no <item> or <entry>: was a web page saved in its place?")
        lacking = missing(self._seen)
        if lacking:
            raise FeedError(sentence_for_missing(lacking, "element"))

    def _atom_link(self, attributes: Mapping[str, str]) -> None:
        self._field = None
        if attributes.get("rel", "alternate") == "alternate":
            self._keep("link", attributes["href"])

    def _keep(self, name: str, text: str) -> None:
        if self._item is not None and text.strip():
            values = self._item.google if self._is_google else self._item.plain
            values.setdefault(name, []).append(text)
            self._seen.add(name)
