"""What the stand-in for Telegram refuses in a message: lengths, pictures, buttons, entities."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.standins.telegram_faults import ApiError

UPLOAD_BYTES = 10 * 1024 * 1024
Json = dict[str, Any]


def sized(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG or PNG. Raises ValueError for anything else."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            return image.size
    except (UnidentifiedImageError, OSError):
        raise ValueError("no photo") from None


def sized_or_refused(data: bytes) -> tuple[int, int]:
    """Width and height of an upload that is a photo. Raises ApiError."""
    if not data:
        raise ApiError(400, "Bad Request: file must be non-empty")
    if len(data) > UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    try:
        width, height = sized(data)
    except ValueError:
        raise ApiError(400, "Bad Request: IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise ApiError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    return width, height


def size_of(file_id: str, width: int, height: int) -> Json:
    return {"file_id": file_id, "file_unique_id": file_id[-8:], "width": width, "height": height}


def caption_of(params: Mapping[str, Any]) -> Json:
    caption = str(params.get("caption") or "")
    if units(caption) > 1024:
        raise ApiError(400, "Bad Request: message caption is too long")
    return ({"caption": caption} | entities_of(params, "caption_entities", caption)) if caption else {}


def entities_of(params: Mapping[str, Any], name: str, text: str) -> Json:
    if params.get("parse_mode"):
        raise ApiError(400, "Bad Request: can't parse entities: this stand-in knows none")
    entities = parsed(params.get(name), [])
    for entity in entities:
        if entity["offset"] < 0 or entity["length"] < 1 or entity["offset"] + entity["length"] > units(text):
            raise ApiError(400, "Bad Request: ENTITY_BOUNDS_INVALID")
    return {name: entities} if entities else {}


def markup_of(params: Mapping[str, Any]) -> Json:
    markup = parsed(params.get("reply_markup"), None)
    if not markup:
        return {}
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in markup.get("inline_keyboard", [])):
        raise ApiError(400, "Bad Request: reply markup is too long")
    for button in buttons:
        url, data = button.get("url"), button.get("callback_data")
        if not button.get("text") or (url is None) == (data is None):
            raise ApiError(400, "Bad Request: can't parse inline keyboard button: text buttons are unallowed")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if url is not None and not re.fullmatch(r"(https?|tg)://[^/\s]*\.[^\s]*", url):
            text = f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
            raise ApiError(400, text)
    return {"reply_markup": markup}


async def params_of(request: web.Request) -> tuple[Json, dict[str, bytes]]:
    """Query, form, multipart or JSON, as the real one takes them."""
    params: Json = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise ApiError(400, "Bad Request: can't parse JSON") from None
        return params | dict(body), files
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            params[name] = value
    return params, files


def parsed(value: Any, default: Any) -> Any:
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ApiError(400, "Bad Request: can't parse JSON object") from None


def is_true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def jpeg(width: int = 640, height: int = 480, colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    """A small JPEG for tests."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()
