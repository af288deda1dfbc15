"""What shoppers asked and saw, in terms that all channels share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from core.streams import Streams


@dataclass(eq=False)
class Question:
    """One photo that was sent, or an album."""

    channel: str
    chat: str
    products: tuple[int, ...]
    """Of each photo; none for a picture of nothing that the shop has."""
    jobs: list[str]
    """The jobs that its answers may have: of the photo; of the album by whichever was its first, and of each that came
    too late for it."""
    photos: int = 1
    album: bool = False
    taken: bool = True
    """False: it was never answered 200, and nobody brings it again; an answer may come all the same."""
    repeated: bool = False
    """Not taken, and its shopper sent it once more, as another question."""


@dataclass(frozen=True)
class Saw:
    """One message that arrived at a shopper."""

    chat: str
    what: str
    """`sentence`, or a part of an answer."""
    text: str
    at: float
    """Seconds since 1970, or 0 where nobody wrote it down."""
    provider_id: str | None = None
    job: str | None = None
    """Where the message itself says so."""
    needs: frozenset[str] | None = None
    """With these the answer is whole; None: another part ends it."""
    untold: bool = False
    """It was taken, failed later, and the callback that says so was never answered."""


class Front(Protocol):
    """One channel: its shoppers and its provider."""

    name: str

    async def ask(self, chat: int, products: Sequence[int], photos: Sequence[bytes]) -> None:
        """Somebody sends photos; they are in `questions` then."""

    def sums(self, photo: bytes) -> list[str]:
        """SHA-256 of everything that the service may get of this photo."""

    async def quiet(self, streams: Streams) -> bool:
        """Whether all that people sent was brought or given up, and all that was told of it arrived."""

    def saw(self) -> list[Saw]:
        """All that shoppers saw, in the order in which it came."""

    @property
    def questions(self) -> list[Question]:
        """Everything that was asked."""


@dataclass(frozen=True)
class Harms:
    """How a provider can fail: arguments of its stand-in's `fail`, one of each drawn."""

    sends: tuple[str, ...]
    """Calls that bring something to a shopper."""
    fetches: tuple[str, ...]
    """Calls that bring a photo to us."""
    too_many: tuple[dict[str, Any], ...]
    """With the call each time; without: every call."""
    broken: tuple[dict[str, Any], ...]
    slow: tuple[dict[str, Any], ...] = ({"kind": "hang"},)
    cut: tuple[str, ...] = ("cut", "broken")


class Messenger(Front, Protocol):
    """A channel with a provider that can fail."""

    harms: Harms
    faults: list[Any]

    def fail(self, call: str, **how: Any) -> Any:
        """The next matching calls fail so."""

    async def wait_for(self, happened: Any) -> None:
        """Returns when this is true after some call."""

    def gone(self) -> AbstractAsyncContextManager[None]:
        """Nobody listens at the provider's address."""
