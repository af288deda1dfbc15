"""The terminal's side of the conversation: a line becomes an update, answers are printed."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bots.console.channel import NAME, stream_of
from bots.exif import strip_metadata
from bots.intake import PHOTO_BYTES
from bots.texts import sentence
from core.blobs import Blobs
from core.connection import redis_errors
from core.keys import Keys
from core.messages import Button, Command, Content, Photo, Text, Update, job_id
from core.streams import Streams

WAIT_S = 70.0
"""A little longer than a search may take."""
Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tappable:
    """A button below the last answer."""

    label: str
    token: str


class ConsoleClient:
    """One terminal. `show` prints a text."""

    def __init__(self, redis: Redis, keys: Keys, streams: Streams, blobs: Blobs, show: Show) -> None:
        self._redis, self._keys, self._streams, self._blobs, self._show = redis, keys, streams, blobs, show
        self.chat = f"{NAME}:{uuid.uuid4().hex}"
        self.buttons: list[Tappable] = []
        self._seen: str | bytes = "0"

    async def ask(self, line: str) -> bool:
        """Send what was typed and print the answer; False when none came in time.

        Raises OSError for a photo that cannot be read, Unavailable when Redis is away or full.
        """
        update_id = f"{self.chat.partition(':')[2]}:{uuid.uuid4()}"
        content = self._content(line.strip(), job_id(NAME, update_id))
        if isinstance(content, Photo):
            await self._blobs.put(content.media, strip_metadata(_read(path_of(line))))
        update = Update(NAME, update_id, self.chat, self.chat, content, int(time.time() * 1000))
        await self._streams.claim_and_append(update)
        return await self._wait(update.job)

    def _content(self, line: str, job: str) -> Content:
        content = understand(line, self.buttons)
        return replace(content, media=self._keys.blob(job, 0)) if isinstance(content, Photo) else content

    async def _wait(self, job: str) -> bool:
        stream, until = stream_of(self._keys, self.chat), time.monotonic() + WAIT_S
        while (left_s := until - time.monotonic()) > 0:
            for event in await self._events(stream, block_ms=max(1, min(5000, int(left_s * 1000)))):
                self._print(event)
                if event["job"] == job and event["last"]:
                    return True
        self._show(sentence("late"))
        return False

    async def _events(self, stream: str, block_ms: int) -> list[dict[str, Any]]:
        with redis_errors():
            found: Any = await self._redis.xread({stream: self._seen}, block=block_ms)
        rows = [row for _, rows in found or () for row in rows]
        if rows:
            self._seen = rows[-1][0]
        return [json.loads(fields[b"data"]) for _, fields in rows]

    def _print(self, event: dict[str, Any]) -> None:
        self._show(str(event["text"]))
        buttons = event["buttons"]
        if isinstance(buttons, list) and buttons:
            self.buttons = [Tappable(button["label"], button["token"]) for button in buttons]
            self._show("  ".join(f"[{number}] {button.label}" for number, button in enumerate(self.buttons, 1)))


def understand(line: str, buttons: list[Tappable]) -> Photo | Button | Command | Text:
    """What a line means: the path of a file, the number or label of a button, a command, or words.

    A Photo comes without `media`: the caller stores it first.
    """
    by_name = {str(number): button.token for number, button in enumerate(buttons, 1)}
    by_name |= {button.label.lower(): button.token for button in buttons}
    if token := by_name.get(line.lower()):
        return Button(token)
    if _is_file(path_of(line)):
        return Photo(media="")
    name, _, argument = line[1:].partition(" ")
    if line.startswith("/") and "/" not in name:
        return Command(name, argument.strip())
    return Text(line)


def path_of(line: str) -> Path:
    """The path that a line names: a terminal puts quotes around one that is dropped into it."""
    text = line.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return Path(text).expanduser() if text.startswith("~/") else Path(text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or a zero byte: words, then
        return False


def _read(path: Path) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    with path.open("rb") as file:
        return file.read(PHOTO_BYTES + 1)
