"""What a tap on a button means.

A button carries a token of 16 characters (Telegram's `callback_data` holds 64 bytes, Viber and WhatsApp have limits
of their own); what it stands for lies in Redis under `keys.button(token)` and works in its own chat alone. The
token is made from job and action, so that an answer rendered again, or sent again, has the same buttons.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from redis.asyncio import Redis

from core.keys import BUTTON_S, OPEN_S, Keys
from core.marks import keep
from core.messages import Filters, Reply

_CONFIG = ConfigDict(extra="ignore", hide_input_in_errors=True)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 16
_TOKEN = re.compile(rf"[a-z0-9]{{{_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class More:
    """Products like this one."""

    __pydantic_config__ = _CONFIG

    product: str
    kind: Literal["more"] = "more"


@dataclass(frozen=True, slots=True)
class Next:
    """The next hits of an earlier question: its job, and the product ids that it has shown so far."""

    __pydantic_config__ = _CONFIG

    job: str
    shown: tuple[str, ...] = ()
    kind: Literal["next"] = "next"


@dataclass(frozen=True, slots=True)
class Narrow:
    """The question of an earlier job again, with these filters (none: back to all)."""

    __pydantic_config__ = _CONFIG

    job: str
    filters: Filters = field(default_factory=Filters)
    kind: Literal["narrow"] = "narrow"


@dataclass(frozen=True, slots=True)
class Judge:
    """What the shopper thinks of the answer to a job; `product` is empty where it is about the whole answer."""

    __pydantic_config__ = _CONFIG

    job: str
    verdict: Literal["up", "down", "bought"]
    product: str = ""
    results: tuple[str, ...] = ()
    """The products of the answer, in order."""
    generation: str = ""
    kind: Literal["judge"] = "judge"


@dataclass(frozen=True, slots=True)
class Speak:
    """Answer in this language from now on."""

    __pydantic_config__ = _CONFIG

    language: str
    kind: Literal["speak"] = "speak"


@dataclass(frozen=True, slots=True)
class Open:
    """Open the product in the shop by way of `/go/‹token›`, which counts the tap."""

    __pydantic_config__ = _CONFIG

    product: str
    link: str
    channel: str
    kind: Literal["open"] = "open"


Action = Annotated[More | Next | Narrow | Judge | Speak | Open, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class _Stored:
    """An action and whose it is; the chat only as a digest, so that a button tells nothing about a person."""

    __pydantic_config__ = _CONFIG

    owner: str
    action: Action


_STORED: TypeAdapter[_Stored] = TypeAdapter(_Stored)
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)


def _plain(action: Action) -> dict[str, Any]:
    """As `dataclasses.asdict`, in a fifth of its time: an answer has some fifteen buttons."""
    fields: dict[str, Any] = _ACTION.dump_python(action, warnings=False)
    return fields


def token_of(job: str, action: Action) -> str:
    """The token of an action in the answer to a job: 16 of `a-z0-9` (82 bits), the same whenever it is asked."""
    content = json.dumps(_plain(action), sort_keys=True)
    number = int.from_bytes(hashlib.sha256(f"{job}\0{content}".encode()).digest())
    signs = []
    for _ in range(_LENGTH):
        number, at = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[at])
    return "".join(signs)


def next_of(reply: Reply) -> Next | None:
    """What Next under this answer means; None when there were no hits to go on from."""
    return Next(reply.job, reply.shown) if reply.outcome == "hits" and reply.hits and reply.more else None


def judge_of(reply: Reply, verdict: Literal["up", "down", "bought"], product: str = "") -> Judge:
    """A verdict about this answer, or about one product of it."""
    return Judge(reply.job, verdict, product, tuple(hit.id for hit in reply.hits), reply.generation or "")


async def mint_all(redis: Redis, keys: Keys, chat: str, job: str, actions: Iterable[Action]) -> list[str]:
    """Store what the buttons of one answer mean, for 7 days and for this chat; their tokens in order.

    At the memory limit too: the answer is accepted work. Raises Unavailable.
    """
    tokens, marks = [], []
    for action in actions:
        tokens.append(token_of(job, action))
        value = json.dumps({"owner": _owner(chat), "action": _plain(action)}, ensure_ascii=False)
        marks.append((keys.button(tokens[-1]), value, OPEN_S if isinstance(action, Open) else BUTTON_S))
    await keep(redis, *marks)
    return tokens


async def resolve(redis: Redis, keys: Keys, chat: str, token: str) -> Action | None:
    """What a tap in this chat means; None for a token that is unknown, expired or of another chat."""
    stored = await _stored(redis, keys, token)
    return stored.action if stored is not None and hmac.compare_digest(stored.owner, _owner(chat)) else None


async def open_of(redis: Redis, keys: Keys, token: str) -> Open | None:
    """Where `/go/‹token›` leads: a browser opens it, so that nobody can say from which chat."""
    stored = await _stored(redis, keys, token)
    return stored.action if stored is not None and isinstance(stored.action, Open) else None


async def _stored(redis: Redis, keys: Keys, token: str) -> _Stored | None:
    value = await redis.get(keys.button(token)) if _TOKEN.fullmatch(token) else None
    try:
        return _STORED.validate_json(value) if value is not None else None
    except ValidationError:  # written by a newer version
        return None


def _owner(chat: str) -> str:
    return hashlib.sha256(chat.encode()).hexdigest()[:32]
