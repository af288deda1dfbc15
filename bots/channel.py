"""What every channel is: one small class with the same duties, so that nothing else knows a provider.

`conversation.py` asks a channel for photos and typing signals, `outbox.py` for parts and their sending, `server.py`
hands it requests. Providers differ in everything else, and all of that stays in the channel's folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.messages import Button, Notice, Progress, Reply, Update

if TYPE_CHECKING:
    from bots.actions import Action
    from core.limits import Limit

# --- in -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one request: the updates in it and what the provider is answered.

    The server appends `updates` (and `dead`) to Redis or the spool first and only then sends the response.
    """

    updates: tuple[Update, ...] = ()
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    dead: bytes | None = None
    """The raw body, when it was verified but could not be read: it goes to `dead` for 24 h, the answer is 200."""


FORBIDDEN = Received(status=403)
"""No signature, or a wrong one; nothing of the body was looked at."""

# --- out ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ButtonSpec:
    """One button: it opens `url` where there is one, else it stands for an action (a tap comes back with `token`).

    `token` is made from job and action alone (`bots.actions`), so that rendering twice gives the same one; the
    outbox stores what it means before the part is sent.
    """

    label: str
    action: Action | None = None
    token: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer, in the channel's own terms (`payload`, JSON-able)."""

    chat: str
    job: str
    number: int
    """Position in the answer, from 0, the same however often the answer is rendered: `sent` is marked by it."""
    kind: str
    payload: Mapping[str, Any]
    weight: int = 1
    """How many messages it counts against the provider's overall rate (an album: its pictures)."""
    buttons: tuple[ButtonSpec, ...] = ()

    @property
    def editing(self) -> bool:
        """It replaces what an earlier one of its job showed: repeating it does no harm, so nothing is marked."""
        return self.kind == "progress"


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What rendering needs to know of the shop."""

    shop_name: str = "Snapshelf"
    currency: str = "USD"
    """Of prices that name none."""
    public_url: str = ""
    support_link: str = ""
    count_taps: bool = False
    """Open leads through `/go/‹token›` (needs `public_url`)."""


# --- what became of a send: one class for each different reaction of the outbox ---------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it."""

    provider_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """Not sent; again later. `after_ms` when the provider said when (not counted as an attempt)."""

    reason: str
    after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """This chat cannot be written to any more (blocked, left, deactivated)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """This part will never be accepted; the rest of the answer goes on."""

    reason: str
    alarm: bool = False
    """Admins hear of it: our own mistake, or one in the provider's settings."""


@dataclass(frozen=True, slots=True)
class Degrade:
    """This part was refused as it is: send these instead."""

    to: tuple[Part, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Rekey:
    """The chat goes by another name now: send it there."""

    chat: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Nothing can be sent until a person acts (token revoked, ...); the part is kept and tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer came: it may have been sent or not. It is not repeated."""

    reason: str = "timeout"


Outcome = Sent | Retry | Gone | Drop | Degrade | Rekey | Alarm | Unknown


class Channel(Protocol):
    """The duties of a channel. `name` is what its chats, users and metrics begin with."""

    @property
    def name(self) -> str: ...

    @property
    def shows_typing(self) -> bool:
        """Whether `typing` shows anything; where not, a search of over 3 s is announced in words."""
        ...

    @property
    def groups_photos(self) -> bool:
        """Whether photos sent together come with an album id; where not, a burst of them gets one hit each."""
        ...

    async def start(self) -> None:
        """Open connections; needs no network to succeed."""
        ...

    async def close(self) -> None: ...

    async def receive(self, headers: Mapping[str, str], body: bytes, path: str = "") -> Received:
        """Verify in constant time on the raw body, then read. Never raises for what a stranger sends.

        `headers` are looked up without regard to case (aiohttp's are); `path` is what was asked for as it came, query
        included, for providers that sign it. Missing or wrong signature: 403; verified but unreadable: 200 and `dead`.
        """
        ...

    async def fetch(self, media: str) -> bytes:
        """The bytes of a photo, at most 20 MiB, guarded.

        Raises core.errors.Refused (too large, not there any more) and core.errors.Unavailable (try again later).
        """
        ...

    def render(self, outgoing: Reply | Notice | Progress, context: RenderContext) -> list[Part]:
        """Pure: the same answer gives the same parts."""
        ...

    async def send(self, part: Part) -> Outcome:
        """Send one part, once. Raises nothing that a provider can cause."""
        ...

    def limits(self, part: Part) -> Sequence[Limit]:
        """The rates that this part counts against, shared by all processes; what all chats share comes first."""
        ...

    async def typing(self, chat: str) -> None:
        """Show that an answer is on its way; failing to is no error."""
        ...

    async def acknowledge(self, button: Button) -> None:
        """Tell the provider that the tap arrived; failing to is no error."""
        ...


@dataclass(frozen=True)
class Channels:
    """The channels that are switched on, by name."""

    by_name: Mapping[str, Channel] = field(default_factory=dict)

    def of(self, chat: str) -> Channel | None:
        """The channel of a chat; None when it is not switched on in this process."""
        return self.by_name.get(chat.partition(":")[0])
