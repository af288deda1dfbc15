"""Content templates: one for each number of rows, every text a variable, so that one serves all shops and languages.

A list-picker, and a quick reply of up to three buttons, go out inside the 24-hour window without approval; a list can
never be approved. https://www.twilio.com/docs/content/overview
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.channel import Part
from bots.whatsapp.api import TwilioApi
from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import Keys
from core.telemetry import get_logger

log = get_logger(__name__)

Json = dict[str, Any]
ANEW_S = 3600.0
_FIELDS = {"list": ("item", "id", "description"), "choice": ("item", "id")}


@dataclass(frozen=True, slots=True)
class Template:
    """What is created at Twilio's, and under which name it is remembered."""

    name: str
    definition: Mapping[str, Any]


def template_of(part: Part) -> Template:
    """The template that a list or choice is sent with: it follows from the kind and the number of rows alone."""
    count = len(part.payload["rows"])
    return (_list if part.kind == "list" else _choice)(count)


def variables_of(part: Part) -> str:
    """The texts of a list or choice for its template: a JSON string, as Twilio wants it."""
    payload = part.payload
    texts = [payload["body"], *([payload["opener"]] if part.kind == "list" else [])]
    texts += [row[field] for row in payload["rows"] for field in _FIELDS[part.kind]]
    return json.dumps({str(at): text for at, text in enumerate(texts, start=1)}, ensure_ascii=False)


def _list(count: int) -> Template:
    items = [
        {"item": _variable(3 + 3 * at), "id": _variable(4 + 3 * at), "description": _variable(5 + 3 * at)}
        for at in range(count)
    ]
    types = {"twilio/list-picker": {"body": _variable(1), "button": _variable(2), "items": items}}
    return _template(f"snapshelf_list_{count}", types, 2 + 3 * count)


def _choice(count: int) -> Template:
    actions = [
        {"type": "QUICK_REPLY", "title": _variable(2 + 2 * at), "id": _variable(3 + 2 * at)} for at in range(count)
    ]
    types = {"twilio/quick-reply": {"body": _variable(1), "actions": actions}}
    return _template(f"snapshelf_choice_{count}", types, 1 + 2 * count)


def _variable(number: int) -> str:
    return f"{{{{{number}}}}}"


def _template(name: str, types: Json, variables: int) -> Template:
    samples = {str(number): f"text {number}" for number in range(1, variables + 1)}
    return Template(name, {"friendly_name": name, "language": "en", "variables": samples, "types": types})


class Templates:
    """Templates that exist at Twilio's: created once, remembered in Redis by account and name."""

    def __init__(self, api: TwilioApi, redis: Any, keys: Keys) -> None:
        self._api, self._redis, self._keys = api, redis, keys
        self._known: dict[str, str] = {}
        self._doubted: set[str] = set()
        self._created_at: dict[str, float] = {}
        self._creating = asyncio.Lock()

    async def sid_of(self, template: Template) -> str:
        """The id to send with. Raises errors.Failed when it is not there and cannot be created now."""
        if sid := self._known.get(template.name):
            return sid
        async with self._creating:
            sid = self._known.get(template.name) or await self._stored(template) or await self._created(template)
        self._known[template.name] = sid
        return sid

    def doubt(self, template: Template) -> None:
        """It was refused: the next message has it created anew, once an hour at most (it may not be its fault)."""
        if time.monotonic() - self._created_at.get(template.name, -ANEW_S) >= ANEW_S:
            self._known.pop(template.name, None)
            self._doubted.add(template.name)

    async def _stored(self, template: Template) -> str | None:
        if template.name in self._doubted:
            return None
        try:
            with redis_errors():
                found = await self._redis.get(self._key(template))
        except Unavailable:
            return None
        return found.decode() if found is not None else None

    async def _created(self, template: Template) -> str:
        """Two processes may both create it: one of the two is then never used, which does no harm."""
        sid = await self._api.create_content(template.definition)
        self._created_at[template.name] = time.monotonic()
        self._doubted.discard(template.name)
        log.info("content template created", name=template.name)
        try:
            with redis_errors():
                await self._redis.set(self._key(template), sid)
        except Unavailable as error:
            log.info("a template was not remembered", reason=str(error))
        return sid

    def _key(self, template: Template) -> str:
        return self._keys.content(self._api.account, template.name)
