"""The messages between the parts: frozen, typed, versioned JSON.

Each has one decoder that refuses what it does not know with a reason; unknown extra fields are ignored, so that a
newer sender and an older reader run side by side during an update. Provider ids are strings everywhere (a Viber
token does not fit a double). Times are milliseconds since the epoch, UTC.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from core.box import Box as Box  # noqa: PLC0414 - part of the messages
from core.errors import Reason, SnapshelfError

VERSION = 1
SEARCH_DEADLINE_MS = 60_000
SHOWN_MAX = 100

# Values of a shopper must not stand in the text of an error.
_CONFIG = ConfigDict(extra="ignore", hide_input_in_errors=True)


class BadMessage(SnapshelfError):
    """A message that this version cannot read; the text says which field and why, never its value."""


def job_id(channel: str, update_id: str) -> str:
    """The id of the work that an update starts: the same for every delivery and every retry of it."""
    return hashlib.sha256(f"{channel}\0{update_id}".encode()).hexdigest()[:20]


def channel_of(chat: str) -> str:
    """The channel of a chat (`telegram:123` → `telegram`); what follows the colon only the channel can read."""
    return chat.partition(":")[0]


def hears_words(chat: str) -> bool:
    """Whether somebody may write into this chat later: one of the search API is a single request."""
    return channel_of(chat) != "api"


# --- what a channel delivered ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, not fetched yet: `media` is a reference that only its channel can resolve."""

    __pydantic_config__ = _CONFIG

    media: str
    album: str | None = None
    caption: str | None = None
    box: Box | None = None
    kind: Literal["photo"] = "photo"


@dataclass(frozen=True, slots=True)
class Album:
    """The photos of one closed album, in the order of their updates (made by us, never by a channel)."""

    __pydantic_config__ = _CONFIG

    photos: tuple[Photo, ...]
    caption: str | None = None
    kind: Literal["album"] = "album"


@dataclass(frozen=True, slots=True)
class Text:
    """Words that a person typed."""

    __pydantic_config__ = _CONFIG

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Button:
    """A tap: `token` was minted by us (`keys.button`); `callback` is what the provider wants acknowledged."""

    __pydantic_config__ = _CONFIG

    token: str
    callback: str | None = None
    kind: Literal["button"] = "button"


@dataclass(frozen=True, slots=True)
class Command:
    """`/name argument`."""

    __pydantic_config__ = _CONFIG

    name: str
    argument: str = ""
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class Joined:
    """The user opened the conversation or came back to it."""

    __pydantic_config__ = _CONFIG

    kind: Literal["joined"] = "joined"


@dataclass(frozen=True, slots=True)
class Left:
    """The user blocked us or left; nothing more can be sent."""

    __pydantic_config__ = _CONFIG

    kind: Literal["left"] = "left"


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message that we sent, told later by callback."""

    __pydantic_config__ = _CONFIG

    provider_id: str
    state: str
    code: str | None = None
    kind: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class Other:
    """Something that we do not search for: a sticker, a voice message, a location, a document ..."""

    __pydantic_config__ = _CONFIG

    what: str
    kind: Literal["other"] = "other"


Content = Annotated[
    Photo | Album | Text | Button | Command | Joined | Left | Status | Other, Field(discriminator="kind")
]


@dataclass(frozen=True, slots=True)
class Update:
    """What a channel delivered, channel-neutral."""

    __pydantic_config__ = _CONFIG

    channel: str
    update_id: str
    chat: str
    """`‹channel›:‹opaque›`."""
    user: str
    """`‹channel›:‹opaque›`, as in ADMINS."""
    content: Content
    at: int
    language: str = "en"
    trace: str = ""
    """The `traceparent` that it came with, where it waits outside of a stream: in the spool, in an album."""
    v: Literal[1] = 1

    @property
    def job(self) -> str:
        return job_id(self.channel, self.update_id)


# --- what is asked of the workers -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ByPhoto:
    """Search by the photos under these blob keys (several: an album, its hits are fused)."""

    __pydantic_config__ = _CONFIG

    blobs: tuple[str, ...]
    box: Box | None = None
    kind: Literal["photo"] = "photo"


@dataclass(frozen=True, slots=True)
class ByProduct:
    """More like this one."""

    __pydantic_config__ = _CONFIG

    product: str
    kind: Literal["product"] = "product"


@dataclass(frozen=True, slots=True)
class ByWords:
    """Search by words in titles."""

    __pydantic_config__ = _CONFIG

    words: str
    before: str = ""
    """Words that the chat searched before: `words` that only narrow (a colour, a price, cheaper) are said of them."""
    kind: Literal["words"] = "words"


Query = Annotated[ByPhoto | ByProduct | ByWords, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must fulfil; None asks nothing. Prices are decimal strings in the catalogue's currency."""

    __pydantic_config__ = _CONFIG

    category: str | None = None
    """A prefix of `A > B > C`, whole steps."""
    brand: str | None = None
    colour: str | None = None
    min_price: str | None = None
    max_price: str | None = None
    in_stock: bool = False
    words: str | None = None
    """Words that a title, or another text of the product, must hold."""


class Lane:
    """The two lanes of `searches`, served in turn so that neither starves the other."""

    MESSENGERS = "messengers"
    WEB = "web"
    ALL = (MESSENGERS, WEB)


@dataclass(frozen=True, slots=True)
class Search:
    """One question to the workers."""

    __pydantic_config__ = _CONFIG

    job: str
    chat: str
    query: Query
    at: int
    """When the update was accepted."""
    deadline: int
    """After it the shopper gets an apology and the work is dropped. Both are by the clock of the bots: workers take the
    difference, and count it from when the search came into its stream, by Redis's clock."""
    language: str = "en"
    refine: str = ""
    """The shopper's own words (a caption, a later text); the worker parses them against its generation."""
    filters: Filters = Filters()
    shown: tuple[str, ...] = ()
    """Product ids already shown, at most 100; they are left out: that is paging."""
    want: Annotated[int, Field(ge=1, le=100)] = 5
    photos: int = 0
    """How many accepted photos this answers: what the tally counts."""
    v: Literal[1] = 1

    @property
    def lane(self) -> str:
        return Lane.WEB if channel_of(self.chat) in ("web", "api") else Lane.MESSENGERS


class Wish:
    """What an admin may ask of a maintainer."""

    REINDEX = "reindex"
    STATUS = "status"
    ROLLBACK = "rollback"
    GENERATIONS = "generations"


@dataclass(frozen=True, slots=True)
class Task:
    """An admin's wish, run by a worker; its Progress and result come back as replies."""

    __pydantic_config__ = _CONFIG

    job: str
    chat: str
    wish: Literal["reindex", "status", "rollback", "generations"]
    by: str
    at: int
    feed: str | None = None
    """The name of one of FEEDS; None: FEED."""
    language: str = "en"
    v: Literal[1] = 1


# --- what goes back -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """One product of an answer."""

    __pydantic_config__ = _CONFIG

    id: str
    title: str
    price: str | None = None
    """Decimal string."""
    currency: str | None = None
    """ISO 4217."""
    link: str | None = None
    picture: str | None = None
    """`/pictures/‹64 hex›.jpg`; the edge makes it absolute when PUBLIC_URL is set."""
    brand: str | None = None
    category: str | None = None
    similarity: float = 0.0
    """1 − weighted long distance ÷ its maximum, 4 decimals."""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to go on with the same question that the worker found worth offering: a button under the answer."""

    __pydantic_config__ = _CONFIG

    name: Literal["cheaper", "colour", "category", "all"]
    """`all` leads back to the question without filters."""
    filters: Filters
    """What the question is asked with then: all of it, nothing is added to it."""
    value: str = ""
    """The colour or category, as the catalogue writes it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The workers' answer to one Search."""

    __pydantic_config__ = _CONFIG

    job: str
    chat: str
    outcome: Literal["hits", "nothing", "refused", "failed"]
    close: bool = True
    hits: tuple[Hit, ...] = ()
    reason: Reason | None = None
    message: str | None = None
    generation: str | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by stage."""
    language: str = "en"
    shown: tuple[str, ...] = ()
    """Every product id shown so far for this question, these hits included: where Next goes on."""
    filters: Filters = Filters()
    """What the hits fulfil, the shopper's own words included: said above the answer."""
    ignored: str = ""
    """The shopper's words that nothing in the catalogue answers to."""
    settled: bool = False
    """The shopper's words are all in `filters` (and `words`): later ones go on from there."""
    words: str = ""
    """With `settled`: what a search by words came to, where there was one before it."""
    offers: tuple[Offer, ...] = ()
    more: bool = True
    """Whether further hits may follow: Next is offered."""
    photos: int = 0
    """How many accepted photos this answers."""
    kind: Literal["reply"] = "reply"
    v: Literal[1] = 1

    def public(self) -> dict[str, Any]:
        """The form of `/api/search` and `search --json`."""
        return {
            "outcome": self.outcome,
            "close": self.close,
            "hits": [dataclasses.asdict(hit) | {"why": list(hit.why)} for hit in self.hits],
            "reason": self.reason,
            "message": self.message,
            "generation": self.generation,
            "timings": dict(self.timings),
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence of the conversation itself (welcome, help, ...): `name` stands in `bots/texts.py`."""

    __pydantic_config__ = _CONFIG

    job: str
    chat: str
    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    photos: int = 0
    """How many accepted photos this answers (with an apology)."""
    while_open: str = ""
    """Said at once and only while this job is still to be answered: that it takes a little longer."""
    kind: Literal["notice"] = "notice"
    v: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a Task is; the channel edits one message while it runs. The last one is `done`."""

    __pydantic_config__ = _CONFIG

    job: str
    chat: str
    text: str
    done: bool = False
    language: str = "en"
    kind: Literal["progress"] = "progress"
    v: Literal[1] = 1


Outgoing = Annotated[Reply | Notice | Progress, Field(discriminator="kind")]
Message = Update | Search | Task | Reply | Notice | Progress

_M = TypeVar("_M")
_UPDATE: TypeAdapter[Update] = TypeAdapter(Update)
_SEARCH: TypeAdapter[Search] = TypeAdapter(Search)
_TASK: TypeAdapter[Task] = TypeAdapter(Task)
_OUTGOING: TypeAdapter[Reply | Notice | Progress] = TypeAdapter(Outgoing)
_BY_TYPE: dict[type, TypeAdapter[Any]] = {
    Update: _UPDATE,
    Search: _SEARCH,
    Task: _TASK,
    **{kind: TypeAdapter(kind) for kind in (Reply, Notice, Progress)},
}


def encode(message: Message) -> bytes:
    """Any of the messages as compact JSON. Half a surrogate pair, which JSON can name and UTF-8 cannot, becomes `?`."""
    try:
        return _BY_TYPE[type(message)].dump_json(message, warnings=False)  # a twentieth of the time of the way below
    except PydanticSerializationError:
        pass
    text = json.dumps(dataclasses.asdict(message), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _decode(adapter: TypeAdapter[_M], data: bytes | str, what: str) -> _M:
    try:
        return adapter.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole"
        raise BadMessage(f"this {what} cannot be read: {where}: {first['type']}") from None


def decode_update(data: bytes | str) -> Update:
    """Raises BadMessage."""
    return _decode(_UPDATE, data, "update")


def decode_search(data: bytes | str) -> Search:
    """Raises BadMessage."""
    return _decode(_SEARCH, data, "search")


def decode_task(data: bytes | str) -> Task:
    """Raises BadMessage."""
    return _decode(_TASK, data, "task")


def decode_outgoing(data: bytes | str) -> Reply | Notice | Progress:
    """What stands in `replies`. Raises BadMessage."""
    return _decode(_OUTGOING, data, "reply")
