"""What is fuzzed: each target takes any bytes and lets through only the errors that its code documents.

A target raises AssertionError where a promise is broken, and whatever else escapes is a finding too. They are plain
functions: the corpus is replayed through them by ordinary tests, and `make fuzz` drives them by coverage.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import copy
import functools
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pydantic
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from multidict import MultiDict

from bots.exif import strip_metadata
from bots.telegram import updates as telegram
from bots.viber import updates as viber
from bots.web import forms
from bots.whatsapp import signature
from bots.whatsapp import updates as whatsapp
from core.errors import Refused
from core.messages import (
    BadMessage,
    Box,
    Message,
    Update,
    decode_outgoing,
    decode_search,
    decode_task,
    decode_update,
    encode,
)
from index import pictures
from index.feed import FeedError, Row, read_feed
from tests.fuzz.make_corpus import corpus_of

Target = Callable[[bytes], None]

NOW_MS = 1_800_000_000_000
SIDE = 24
PICTURES = pictures.Limits(max_bytes=1 << 20, max_pixels=1_000_000)
"""Below what shoppers may send, so that a finding costs milliseconds."""


# --- pictures -------------------------------------------------------------------------------------------------------


def decoding(data: bytes) -> None:
    """A photo becomes the model's square, or is refused with a reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for box in (None, Box(0.25, 0.5, 0.5, 0.25)):
            try:
                pixels = pictures.decode_to_pixels(data, SIDE, box, limits=PICTURES)
            except Refused:
                continue
            assert pixels.shape == (SIDE, SIDE, 3)


def keeping(data: bytes) -> None:
    """A product's picture becomes a JPEG within the limits of the cards, which can itself be kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kept = pictures.prepare(data, SIDE, limits=PICTURES).jpeg
        except Refused:
            return
        assert len(kept) <= pictures.STORED_BYTES
        again = pictures.prepare(kept, SIDE, limits=pictures.Limits(min_side=1))
        assert again.jpeg == kept


def stripping(data: bytes) -> None:
    """What is personal is cut out of any bytes without an error."""
    assert len(strip_metadata(data)) <= len(data) + 64


# --- messages -------------------------------------------------------------------------------------------------------

_DECODERS: tuple[Callable[[bytes], Message], ...] = (decode_update, decode_search, decode_task, decode_outgoing)


def messages(data: bytes) -> None:
    """Whatever a decoder takes comes back the same after it was written anew."""
    for decode in _DECODERS:
        try:
            message = decode(data)
        except BadMessage:
            continue
        assert decode(encode(message)) == message


# --- feeds ----------------------------------------------------------------------------------------------------------


@functools.cache
def _folder() -> Path:
    """Removed at the end; a fuzzer ends without one, so that `run` names a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="snapshelf-fuzz-", dir=os.environ.get("FUZZ_FOLDER")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def feed(data: bytes) -> None:
    """A TSV, CSV or XML, told by its content: rows within their limits, or a sentence about the whole."""
    path = _folder() / "feed"
    path.write_bytes(data)
    last = 0
    try:
        for found in read_feed(path):
            assert found.line >= last
            last = found.line
            if isinstance(found, Row):
                _check_row(found)
            else:
                assert found.reason
    except FeedError:
        return
    finally:
        path.unlink()


def _check_row(row: Row) -> None:
    assert 0 < len(row.id) <= 200
    assert 0 < len(row.title) <= 500
    assert row.link is None or row.link.startswith(("http://", "https://"))
    assert (row.price is None) == (row.currency is None)
    assert row.price is None or (row.price.is_finite() and row.price >= 0)
    for text in (row.id, row.title, row.brand, row.category, row.colour, row.description, *row.images):
        assert text is None or text.encode().decode().isprintable()


# --- what channels deliver ------------------------------------------------------------------------------------------


def _travels(update: Update) -> None:
    """An update goes into Redis and comes out the same (but for halves of surrogate pairs, which cannot travel)."""
    assert encode(decode_update(encode(update))) == encode(update)


def telegram_webhook(data: bytes) -> None:
    """A body with the right secret is an update, asks nothing, or is buried."""
    try:
        update = telegram.read_body(data, telegram.Me("1", "shop_bot"), NOW_MS)
    except telegram.Unreadable:
        return
    if update is not None:
        telegram.split_chat(update.chat)
        _travels(update)


def viber_webhook(data: bytes) -> None:
    """A signed body is a callback or is buried."""
    try:
        callback = viber.read(data, NOW_MS)
    except viber.Unreadable:
        return
    for update in (callback.update, callback.opened):
        if update is not None:
            _travels(update)


def whatsapp_webhook(data: bytes) -> None:
    """A signed form is messages or states, asks nothing, or is buried; one with too many fields is nobody's."""
    try:
        fields = signature.read_form(data)
    except ValueError:
        assert data.count(b"&") >= signature.FIELDS_MAX
        return
    try:
        updates = whatsapp.read(fields, NOW_MS)
    except whatsapp.Unreadable:
        return
    for update in updates:
        _travels(update)


_TEMPLATES = tuple(json.loads(data) for data in corpus_of("messages").values())


def message_fields(data: bytes) -> None:
    """As `messages`, with one field of a good one replaced: byte 0 says whose, byte 1 which, the rest is its value."""
    if len(data) < 3 or not _TEMPLATES:
        return
    message = copy.deepcopy(_TEMPLATES[data[0] % len(_TEMPLATES)])
    places = list(_places(message))
    where, name = places[data[1] % len(places)]
    try:
        where[name] = json.loads(data[2:])
    except (ValueError, RecursionError):
        where[name] = data[2:].decode("utf-8", "surrogateescape")
    with contextlib.suppress(RecursionError):
        messages(json.dumps(message).encode())


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in list(pairs):
        yield value, name
        yield from _places(inner)


def web_form(data: bytes) -> None:
    """The first line is the Content-Type, the rest the body of a search: read, or refused with a sentence."""
    kind, _, body = data.partition(b"\n")
    try:
        form = asyncio.run(_read_form(kind.decode("latin-1").strip(), body))
        _read_fields(form)
    except Refused:
        return


async def _read_form(kind: str, body: bytes) -> forms.Form:
    loop = asyncio.get_running_loop()
    payload = StreamReader(BaseProtocol(loop), limit=1 << 16, loop=loop)
    payload.feed_data(body)
    payload.feed_eof()
    headers = MultiDict({"Content-Type": kind, "Content-Length": str(len(body))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return await forms.read_form(make_mocked_request("POST", "/api/search", headers, payload=payload))


def _read_fields(form: forms.Form) -> None:
    box = forms.parse_box(form.get("box"))
    assert box is None or pydantic.TypeAdapter(Box).validate_python(box) == box
    price = forms.parse_price("min_price", form.get("min_price"))
    assert price is None or len(price) < 9_000
    assert 1 <= forms.parse_count(form.get("count"), 5) <= 100


def web_form_fields(data: bytes) -> None:
    """The same without the transport: fields of a plain form."""
    try:
        _read_fields(forms.Form(fields=dict(parse_qsl(data.decode("utf-8", "replace")))))
    except Refused:
        return


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        decoding,
        keeping,
        stripping,
        messages,
        message_fields,
        feed,
        telegram_webhook,
        viber_webhook,
        whatsapp_webhook,
        web_form,
        web_form_fields,
    )
}
