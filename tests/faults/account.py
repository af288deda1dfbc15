"""What became of each photo: from what its shopper saw, and from what Redis says of it.

The shopper's side counts: Redis's marks only explain what a shopper did not see, or saw twice.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.streams import Streams
from tests.faults.marks import Json, Marks
from tests.faults.shoppers import Question
from tests.standins.telegram import Bot

_FIRST_HIT = re.compile(r"^1\. Product (\d+) in", re.MULTILINE)
_LISTED = re.compile(r"^2\. ", re.MULTILINE)
ENDS = ("answered", "apologised", "dead", "unknown")


@dataclass
class Account:
    """The figures of one round."""

    photos: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """By what the shopper saw and what Redis says: answered, apologised, dead, unknown, lost."""
    tally: dict[str, int] = field(default_factory=dict)
    """What the service itself counted."""
    twice: list[str] = field(default_factory=list)
    """Parts that a shopper saw once more: when."""
    unseen: list[str] = field(default_factory=list)
    """Of the unknown: those whose shopper did not see all of the answer."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why letters are dead."""
    sentences: Counter[str] = field(default_factory=Counter)
    """What shoppers read instead of products, or above them."""
    lost: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What contradicts the promise."""


async def settle(questions: Sequence[Question], bot: Bot, streams: Streams) -> Account:
    """The account of questions that have all come to an end."""
    account = Account(sum(len(question.sent) for question in questions), tally=await streams.tally())
    marks = Marks(streams)
    letters = await marks.letters()
    account.reasons.update(reason for reason, _ in letters.values())
    seen = await _seen(questions, bot, marks, account)
    for question in questions:
        ended = 0
        for job in question.jobs(bot):
            reason, dead = letters.get(job, ("", 0))
            states = await marks.parts(job)
            end = _end(seen[job], states, dead=bool(reason))
            if end is None:
                continue
            if end == "unknown" and not (seen[job]["album"] and seen[job]["list"]):
                account.unseen.append(f"{job} {dict(seen[job])} {sorted(states)}")
            photos = (dead or await marks.photos(job) or 1) if question.album else 1
            account.ends[end] += photos
            ended += photos
        if ended < len(question.sent):
            account.lost.append(f"{len(question.sent) - ended} of chat {question.chat}, jobs {question.jobs(bot)}")
            account.ends["lost"] += len(question.sent) - ended
    _compare(account)
    return account


def _end(seen: Counter[str], states: set[str], *, dead: bool) -> str | None:
    """One of ENDS, or None where no end is to be seen."""
    if dead:
        return "dead"
    if states & {"unknown", "resent"}:
        return "unknown"
    if seen["album"] and seen["list"]:
        return "answered"
    return "apologised" if seen["sentence"] else None


def _compare(account: Account) -> None:
    """Our own count against the service's."""
    tally = account.tally
    ended = sum(tally.get(end, 0) for end in ENDS)
    if tally.get("accepted", 0) != account.photos:
        account.problems.append(f"{account.photos} photos were sent, {tally.get('accepted', 0)} were accepted")
    if ended != account.photos:
        account.problems.append(f"{account.photos} photos were sent, {ended} came to an end")
    if account.lost:
        account.problems.append(f"{account.ends['lost']} photos are lost: {account.lost[:3]}")
    if len(account.twice) > tally.get("repeated", 0):
        account.problems.append(f"{len(account.twice)} parts were seen twice, {tally.get('repeated', 0)} were counted")


async def _seen(questions: Sequence[Question], bot: Bot, marks: Marks, account: Account) -> dict[str, Counter[str]]:
    """Job → how often its shopper saw its `album`, its `list` (the buttons are there), a `sentence`."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    known = {job for question in questions for job in question.jobs(bot)}
    by_product = {
        (question.chat, product): question.jobs(bot) for question in questions for product in question.products
    }
    for chat, messages in list(bot.messages.items()):
        for message in _one_of_each_album(messages):
            text = str(message.get("caption") or message.get("text") or "")
            what = "album" if "media_group_id" in message else "list" if _LISTED.search(text) else "sentence"
            # the mark first: a flipped bit may have changed the product's title
            job = await marks.job_of(message)
            found = _FIRST_HIT.search(text)
            if job is None and found:
                job = await _that_was_sent(by_product.get((chat, int(found[1])), []), marks)
            # a sentence whose process died before it noted what it is about was sent once more, and that was noted
            if job not in known or seen[job][what]:
                account.twice.append(time.strftime("%H:%M:%S", time.gmtime(message["date"])))
            if job in known:
                seen[job][what] += 1
            if what == "sentence":
                account.sentences[text[:70]] += 1
    return seen


def _one_of_each_album(messages: Sequence[Json]) -> list[Json]:
    """The first picture stands for its group."""
    groups = {message.get("media_group_id") or message["message_id"]: message for message in reversed(messages)}
    return sorted(groups.values(), key=lambda message: int(message["message_id"]))


async def _that_was_sent(jobs: Sequence[str], marks: Marks) -> str | None:
    """The one of a question's jobs that any part was sent for."""
    for job in jobs:
        if await marks.parts(job):
            return job
    return None
