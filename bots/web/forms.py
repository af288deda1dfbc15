"""Reading what a browser or a program posts: one photo, a few short fields, all under caps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, ClientPayloadError, web
from aiohttp.http_exceptions import BadHttpMessage

from core.errors import Reason, Refused
from core.messages import Box

PHOTO_BYTES = 20 * 1024 * 1024
FIELD_BYTES = 8 * 1024
FIELDS_MAX = 20
READ_S = 60
"""How long a form may take to arrive; whoever sends slower would hold a connection, and 20 MiB, for nothing."""


class TooSlow(Refused):
    """A form that had not arrived in READ_S."""

    def __init__(self) -> None:
        super().__init__(Reason.BAD_REQUEST, "That took too long to arrive: please send it again.")


@dataclass
class Form:
    """A read form: the photo's bytes, if any, and the other fields as text."""

    photo: bytes | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The field, stripped; None when it is missing or empty."""
        return self.fields.get(name, "").strip() or None


async def read_form(request: web.Request) -> Form:
    """Raises Refused (too_large, bad_request), TooSlow."""
    if request.content_length is not None and request.content_length > PHOTO_BYTES + 64 * 1024:
        raise Refused(Reason.TOO_LARGE)
    try:
        async with asyncio.timeout(READ_S):
            if request.content_type == "multipart/form-data":
                return await _read_parts(request)
            if request.content_type == "application/x-www-form-urlencoded":
                return await _read_fields(request)
    except TimeoutError:
        raise TooSlow from None
    except ConnectionResetError:  # nobody is there any more to read this
        raise Refused(Reason.BAD_REQUEST, "That form did not arrive whole.") from None
    except (
        *(ValueError, AssertionError, EOFError),
        *(ClientPayloadError, BadHttpMessage, web.RequestPayloadError, web.HTTPException),
    ):
        raise Refused(Reason.BAD_REQUEST, "That form could not be read.") from None
    raise Refused(Reason.BAD_REQUEST, "Send a form (multipart/form-data) with a photo, a product or a text.")


async def _read_fields(request: web.Request) -> Form:
    """A form without a photo."""
    body = bytearray()
    async for piece in request.content.iter_any():  # as it comes: in several pieces over a slow line
        body += piece
        if len(body) > FIELD_BYTES:
            raise Refused(Reason.TOO_LARGE)
    return Form(fields=dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=FIELDS_MAX)))


async def _read_parts(request: web.Request) -> Form:
    form = Form()
    count = 0
    async for part in await request.multipart():
        count += 1
        if not isinstance(part, BodyPartReader) or part.name is None or count > FIELDS_MAX:
            raise Refused(Reason.BAD_REQUEST, "That form has parts that are not expected.")
        data = await _read_part(part, PHOTO_BYTES if part.name == "photo" else FIELD_BYTES)
        if part.name == "photo":
            form.photo = data
        else:
            form.fields[part.name] = data.decode("utf-8", "replace")
    return form


async def _read_part(part: BodyPartReader, limit: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        data += chunk
        if len(data) > limit:
            raise Refused(Reason.TOO_LARGE)
    return bytes(data)


def parse_box(text: str | None) -> Box | None:
    """`x,y,width,height` as fractions of the upright photo. Raises Refused (bad_request)."""
    if text is None:
        return None
    try:
        x, y, width, height = (float(number) for number in text.split(","))
    except ValueError:
        raise _bad_box() from None
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1 and 0 < height <= 1):
        raise _bad_box()
    return Box(x, y, min(width, 1 - x), min(height, 1 - y))


def _bad_box() -> Refused:
    return Refused(Reason.BAD_REQUEST, "A box is x,y,width,height as fractions of the photo, e.g. 0.1,0.2,0.5,0.5.")


def parse_price(name: str, text: str | None) -> str | None:
    """A decimal number that is not negative. Raises Refused (bad_request)."""
    if text is None:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0 or abs(price.adjusted()) > 15:
        raise Refused(Reason.BAD_REQUEST, f"{name} is a number such as 49.90.")
    return str(price)


def parse_count(text: str | None, default: int) -> int:
    """1 to 100. Raises Refused (bad_request)."""
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= 100:
        raise Refused(Reason.BAD_REQUEST, "count is a number from 1 to 100.")
    return int(text)
