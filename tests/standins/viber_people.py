"""The shopper's side of the stand-in: what people send, and how Viber brings it to a bot.

Each event is signed and posted by itself, in no promised order; whatever is not answered by 200 within 5 s comes again,
with the same token, for an hour. The answer to an opened conversation is a message, checked like any other.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.viber_checks import check_message
from tests.standins.viber_faults import Refusal

if TYPE_CHECKING:
    from tests.standins.viber import Bot, User, ViberServer

Json = dict[str, Any]
HEADER = "X-Viber-Content-Signature"
ANSWER_S = 5.0


def signed(token: str, body: bytes) -> str:
    """The signature of a body: lower-case hex HMAC-SHA256."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Event:
    """One event on its way."""

    body: bytes
    done: asyncio.Event = field(default_factory=asyncio.Event)
    tries: int = 0


class People:
    """Everybody who talks to one bot."""

    def __init__(self, server: ViberServer, bot: Bot) -> None:
        self._server, self._bot = server, bot
        self._waiting: list[Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._session: aiohttp.ClientSession | None = None
        self.duplicates = 0
        """Deliver every event so many times more, although it was accepted."""
        self.reordered = False
        """Let every second event overtake the one before it."""
        self._held: Event | None = None
        self.resend_s: tuple[float, ...] = (5.0, 30.0, 120.0)
        self.statuses: list[int] = []
        """What the webhook answered; 0: nothing."""
        self.refused_welcomes: list[str] = []

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    # --- what people do ---------------------------------------------------------------------------------------

    async def photo(self, user: str, data: bytes, *, caption: str = "", name: str = "photo.jpg") -> Event:
        """A picture from the gallery."""
        address = self._server.keep(data, name)
        content = {"type": "picture", "media": address, "thumbnail": address, "text": caption}
        return await self.message(user, content | {"file_name": name, "size": len(data)})

    async def file(self, user: str, data: bytes, name: str) -> Event:
        """Any file, as it is."""
        content = {"type": "file", "media": self._server.keep(data, name), "file_name": name, "size": len(data)}
        return await self.message(user, content)

    async def text(self, user: str, text: str) -> Event:
        """Words."""
        return await self.message(user, {"type": "text", "text": text})

    async def tap(self, user: str, label: str) -> Event:
        """A button whose text says so, of the newest message that has one: its body comes as a text."""
        button = button_of(self._bot.messages[user], label)
        silent = bool(button.get("Silent"))
        return await self.message(user, {"type": "text", "text": button["ActionBody"]}, silent=silent)

    async def message(self, user: str, content: Json, *, silent: bool = False) -> Event:
        """Any message; the first one subscribes."""
        known = self._bot.user(user)
        known.subscribed = True
        self._bot.rates.heard(user)
        return await self.push("message", {"silent": silent, "sender": known.profile(), "message": content})

    async def open(self, user: str, *, context: str = "", **known: Any) -> Event:
        """The chat with the bot, by the Message button or a deep link: no consent yet."""
        opener = self._bot.user(user, **({"subscribed": False} | known))
        about: Json = {"type": "open", "user": opener.profile(), "subscribed": opener.subscribed}
        return await self.push("conversation_started", about | ({"context": context} if context else {}), user=opener)

    async def subscribe(self, user: str) -> Event:
        known = self._bot.user(user)
        known.subscribed = True
        return await self.push("subscribed", {"user": known.profile()})

    async def unsubscribe(self, user: str) -> Event:
        self._bot.user(user).subscribed = False
        return await self.push("unsubscribed", {"user_id": user})

    async def told(self, user: User, event: str, token: int, **more: Any) -> None:
        """What became of a message of the bot's."""
        if self._bot.takes(event):
            await self.push(event, {"user_id": user.id} | more, token=token)

    async def push(self, event: str, content: Json, *, token: int | None = None, user: User | None = None) -> Event:
        """Any event."""
        stamp = {"event": event, "timestamp": int(time.time() * 1000), "chat_hostname": "SN-CHAT-05_"}
        about = stamp | {"message_token": token if token is not None else self._server.token()} | content
        pushed = Event(json.dumps(about).encode())
        self._waiting.append(pushed)
        if self.reordered and self._held is None:
            self._held = pushed
            return pushed
        self._start(pushed, user)
        if self._held is not None:
            held, self._held = self._held, None
            self._start(held, None)
        return pushed

    @property
    def idle(self) -> bool:
        """Whether nothing waits any more."""
        return not self._waiting

    async def delivered(self) -> None:
        """Returns when nothing waits any more."""
        if self._held is not None:
            held, self._held = self._held, None
            self._start(held, None)
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting)

    async def knock(self, url: str) -> int:
        """The event that tries a webhook out while it is being set; what it was answered."""
        body = json.dumps({"event": "webhook", "timestamp": 1, "message_token": self._server.token()}).encode()
        status, _ = await self._post(url, body)
        return status

    # --- webhook ----------------------------------------------------------------------------------------------

    def _start(self, event: Event, opener: User | None) -> None:
        task = asyncio.create_task(self._deliver(event, opener))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, event: Event, opener: User | None) -> None:
        while event.tries < len(self.resend_s) + 1:
            status, answer = await self._post(self._bot.webhook, event.body)
            self.statuses.append(status)
            if status == 200:
                if opener is not None and answer:
                    self._welcomed(opener, answer)
                for _ in range(self.duplicates):
                    self.statuses.append((await self._post(self._bot.webhook, event.body))[0])
                break
            await asyncio.sleep(self.resend_s[min(event.tries, len(self.resend_s) - 1)])
            event.tries += 1
        async with self._changed:
            self._waiting.remove(event)
            event.done.set()
            self._changed.notify_all()
        await self._server.tell()

    def _welcomed(self, opener: User, answer: bytes) -> None:
        try:
            message = json.loads(answer)
            check_message(message, opener.api_version)
        except (ValueError, Refusal) as error:
            self.refused_welcomes.append(str(error))
            return
        if "receiver" in message:
            self.refused_welcomes.append("a welcome names no receiver")
            return
        self._bot.messages[opener.id].append(message)

    async def _post(self, url: str, body: bytes) -> tuple[int, bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
        headers = {HEADER: signed(self._bot.token, body), "Content-Type": "application/json"}
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return 0, b""


def buttons_of(message: Json) -> list[Json]:
    """Everything that can be tapped: of the carousel, then of the keyboard."""
    carousel = message.get("rich_media", {}).get("Buttons", [])
    return [cell for cell in [*carousel, *message.get("keyboard", {}).get("Buttons", [])] if cell.get("Text")]


def button_of(messages: list[Json], label: str) -> Json:
    """The first button with these words, in the newest message that has one. KeyError: there is none."""
    for message in reversed(messages):
        for button in buttons_of(message):
            if label in button["Text"] and button.get("ActionType", "reply") != "none":
                return button
    raise KeyError(label)
