"""What became of each photo: from what its shopper saw, and from what Redis says of it.

The shopper's side counts: Redis's marks only explain what a shopper did not see, or saw twice.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.keys import Keys
from core.streams import Streams
from tests.faults.shoppers import Photo
from tests.standins.telegram import Bot

_FIRST_HIT = re.compile(r"^1\. Product (\d+) in", re.MULTILINE)
_LISTED = re.compile(r"^2\. ", re.MULTILINE)
ENDS = ("answered", "apologised", "dead", "unknown")
Json = dict[str, Any]


@dataclass
class Seen:
    """What one shopper saw of the answers to one photo."""

    albums: int = 0
    """Groups of pictures with its product first."""
    lists: int = 0
    """Lists with its product first, the buttons under them."""
    sentences: int = 0
    """Sentences sent for its job: apologies and refusals."""


@dataclass
class Account:
    """The figures of one round."""

    photos: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """By what the shopper saw and what Redis says: answered, apologised, dead, unknown, lost."""
    tally: dict[str, int] = field(default_factory=dict)
    """What the service itself counted."""
    twice: int = 0
    """Parts that a shopper saw more than once."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why letters are dead."""
    sentences: Counter[str] = field(default_factory=Counter)
    """What shoppers read instead of products, or above them."""
    lost: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What contradicts the promise."""


async def settle(photos: Sequence[Photo], bot: Bot, streams: Streams) -> Account:
    """The account of photos that have all come to an end."""
    account = Account(len(photos), tally=await streams.tally())
    marks = Marks(streams)
    letters = await marks.letters()
    account.reasons.update(letters.values())
    seen = await _seen(photos, bot, marks, account)
    for photo in photos:
        job, what = photo.job(bot), seen[photo]
        states = await marks.parts(job)
        end = _end(what, states, dead=job in letters)
        account.ends[end] += 1
        account.twice += sum(max(0, count - 1) for count in (what.albums, what.lists, what.sentences))
        if end == "lost":
            account.lost.append(f"chat {photo.chat} product {photo.product} job {job}: {what}, parts {states}")
    _compare(account)
    return account


def _end(seen: Seen, states: set[str], *, dead: bool) -> str:
    """One of ENDS, or `lost`."""
    if dead:
        return "dead"
    if states & {"unknown", "resent"}:
        return "unknown"
    if seen.albums and seen.lists:
        return "answered"
    if seen.sentences:
        return "apologised"
    return "lost"


def _compare(account: Account) -> None:
    """Our own count against the service's."""
    tally = account.tally
    ended = sum(tally.get(end, 0) for end in ENDS)
    if tally.get("accepted", 0) != account.photos:
        account.problems.append(f"{account.photos} photos were sent, {tally.get('accepted', 0)} were accepted")
    if ended != account.photos:
        account.problems.append(f"{account.photos} photos were sent, {ended} came to an end")
    if account.lost:
        account.problems.append(f"{len(account.lost)} photos are lost: {account.lost[:3]}")
    if account.twice > tally.get("repeated", 0):
        account.problems.append(f"{account.twice} parts were seen twice, {tally.get('repeated', 0)} were counted")


class Marks:
    """What Redis remembers of jobs and messages."""

    def __init__(self, streams: Streams) -> None:
        self._redis: Any = streams.redis
        self._keys: Keys = streams.keys

    async def letters(self) -> dict[str, str]:
        """Job → reason of each dead letter; those of unparsed bodies under their entry's id."""
        rows = await self._redis.xrange(self._keys.dead)
        return {row[b"job"].decode() or entry_id.decode(): row[b"reason"].decode() for entry_id, row in rows}

    async def parts(self, job: str) -> set[str]:
        return {state.decode() for state in await self._redis.hvals(self._keys.parts(job))}

    async def job_of(self, message: Json) -> str | None:
        """The job that a message was sent for; None when its process died before it could note that."""
        kept = await self._redis.get(self._keys.sent(f"telegram:{message['chat']['id']}:{message['message_id']}"))
        return json.loads(kept)[0] if kept else None


async def _seen(photos: Sequence[Photo], bot: Bot, marks: Marks, account: Account) -> dict[Photo, Seen]:
    seen: dict[Photo, Seen] = {photo: Seen() for photo in photos}
    by_job = {photo.job(bot): photo for photo in photos}
    by_product = {(photo.chat, photo.product): photo for photo in photos}
    unclaimed: defaultdict[int, int] = defaultdict(int)
    for chat, messages in bot.messages.items():
        groups: set[str] = set()
        for message in messages:
            group = message.get("media_group_id")
            if group is not None and group in groups:
                continue
            groups.add(str(group))
            text = str(message.get("caption") or message.get("text") or "")
            found = _FIRST_HIT.search(text)
            # the mark first: a flipped bit may have changed the product's title
            photo = by_job.get(await marks.job_of(message) or "")
            if photo is None and found:
                photo = by_product.get((chat, int(found[1])))
            if photo is None:
                unclaimed[chat] += 1
            elif group is not None:
                seen[photo].albums += 1
            elif _LISTED.search(text):
                seen[photo].lists += 1
            else:
                seen[photo].sentences += 1
                account.sentences[text[:70]] += 1
    # a sentence whose process died before it noted what it is about: its repetition is noted
    account.twice += sum(unclaimed.values())
    return seen
