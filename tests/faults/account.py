"""What became of each photo: from what its shopper saw, and from what Redis says of it.

The shopper's side counts: Redis's marks only explain what a shopper did not see, or saw twice.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bots.texts import sentence
from core.messages import job_id
from core.streams import Streams
from tests.faults.marks import Marks
from tests.faults.question import Question, Saw

_FIRST_HIT = re.compile(r"Product (\d+) in")
_OPEN = frozenset({"unknown", "resent"})
"""States of parts that may have arrived or not."""
ENDS = ("answered", "apologised", "dead", "unknown")
SEARCHING = sentence("searching", "en")


@dataclass
class Account:
    """The figures of one round."""

    photos: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """By what the shopper saw and what Redis says: answered, apologised, dead, unknown, lost."""
    by_channel: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The same for each channel, with `photos`."""
    never_taken: int = 0
    """Photos that nobody answered 200 for, and that nobody brings again."""
    tally: dict[str, int] = field(default_factory=dict)
    """What the service itself counted."""
    twice: list[str] = field(default_factory=list)
    """Parts that a shopper saw once more: where and when."""
    unseen: list[str] = field(default_factory=list)
    """Of the unknown: those whose shopper did not see all of the answer."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why letters are dead."""
    sentences: Counter[str] = field(default_factory=Counter)
    """What shoppers read instead of products, or above them."""
    lost: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What contradicts the promise."""

    def ended(self, channel: str, end: str, photos: int) -> None:
        self.ends[end] += photos
        self.by_channel[channel][end] += photos


@dataclass
class Seen:
    """What the shopper of one job saw."""

    times: Counter[str] = field(default_factory=Counter)
    needs: list[frozenset[str]] = field(default_factory=list)
    """Of each part that ends an answer: what has to be there with it."""
    untold: bool = False

    @property
    def whole(self) -> bool:
        return any(all(self.times[what] for what in needs) for needs in self.needs)


async def settle(questions: Sequence[Question], saws: Sequence[Saw], streams: Streams) -> Account:
    """The account of questions that have all come to an end."""
    account = Account(tally=await streams.tally())
    marks = Marks(streams)
    letters = await marks.letters()
    account.reasons.update(reason for reason, _ in letters.values())
    _adopt(questions, saws)
    seen = await _seen(questions, saws, marks, account)
    for question in questions:
        ended = 0
        for job in question.jobs:
            reason, dead = letters.get(job, ("", 0))
            states = set(await marks.parts(job))
            end = _end(seen[job], states, dead=bool(reason))
            if end is None:
                continue
            if end == "unknown" and not (seen[job].whole or seen[job].times["sentence"]):
                account.unseen.append(f"{question.channel} {job} {dict(seen[job].times)} {sorted(states)}")
            photos = (dead or await marks.photos(job) or 1) if question.album else 1
            account.ended(question.channel, end, photos)
            ended += photos
        _count(account, question, ended)
    _compare(account)
    return account


def _count(account: Account, question: Question, ended: int) -> None:
    if not ended and question.repeated:
        return
    if not ended and not question.taken:
        account.never_taken += question.photos
        account.by_channel[question.channel]["never taken in"] += question.photos
        return
    account.photos += question.photos
    account.by_channel[question.channel]["photos"] += question.photos
    if ended < question.photos:
        missing = question.photos - ended
        account.lost.append(f"{missing} of {question.channel}, chat {question.chat}, jobs {question.jobs}")
        account.ended(question.channel, "lost", missing)


def _adopt(questions: Sequence[Question], saws: Iterable[Saw]) -> None:
    """Answers to photos that were taken though their page was never told so: they belong to its attempts."""
    known = {job for question in questions for job in question.jobs}
    for saw in saws:
        if saw.job is not None and saw.job not in known:
            attempts = (one for one in questions if one.chat == saw.chat and not one.taken and not one.jobs)
            attempt = next(attempts, None)
            if attempt is not None:
                attempt.jobs = [saw.job]
                known.add(saw.job)


def _end(seen: Seen, states: set[str], *, dead: bool) -> str | None:
    """One of ENDS, or None where no end is to be seen."""
    if dead:
        return "dead"
    if states & _OPEN:
        return "unknown"
    if seen.whole:
        return "unknown" if seen.untold else "answered"
    return "apologised" if seen.times["sentence"] else None


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


async def _seen(questions: Sequence[Question], saws: Sequence[Saw], marks: Marks, account: Account) -> dict[str, Seen]:
    """Job → what its shopper saw."""
    seen: dict[str, Seen] = defaultdict(Seen)
    known = {job for question in questions for job in question.jobs}
    notices = {job_id("searching", job): job for job in known}
    whose = _Whose(questions, marks)
    for saw in saws:
        # the mark first: a flipped bit may have changed the product's title
        job = saw.job or await marks.job_of(saw.provider_id)
        what = saw.what
        if job in notices:
            job, what = notices[job], "searching"
        elif job is None:
            if saw.text == SEARCHING:  # its process died before it noted that; it may be out of date by the next time
                continue
            job = await whose.job_of(saw)
        # a sentence whose process died before it noted what it is about was sent once more, and that was noted
        if job not in known or seen[job].times[what]:
            at = time.strftime(" %H:%M:%S", time.gmtime(saw.at)) if saw.at else ""
            account.twice.append(f"{saw.chat.partition(':')[0][:12]} {what}{at}")
        if job in known:
            seen[job].times[what] += 1
            seen[job].untold |= saw.untold
            if saw.needs is not None:
                seen[job].needs.append(saw.needs)
        if what == "sentence":
            account.sentences[saw.text[:70]] += 1
    return seen


class _Whose:
    """Finds the job of a message that nobody noted."""

    def __init__(self, questions: Sequence[Question], marks: Marks) -> None:
        self._marks = marks
        self._by_product = {(one.chat, product): one.jobs for one in questions for product in one.products}
        self._by_chat: dict[str, list[str]] = defaultdict(list)
        for one in questions:
            self._by_chat[one.chat] += one.jobs
        self._open: dict[str, int] = {}
        """Job → parts that may have arrived, and that no message was found for yet."""

    async def job_of(self, saw: Saw) -> str | None:
        """By the product that it shows first; else the job of its chat that has a part nobody heard about."""
        found = _FIRST_HIT.search(saw.text)
        if found:
            for job in self._by_product.get((saw.chat, int(found[1])), []):
                if await self._marks.parts(job):
                    return job
        for job in self._by_chat[saw.chat]:
            if job not in self._open:
                self._open[job] = sum(state in _OPEN for state in await self._marks.parts(job))
            if self._open[job]:
                self._open[job] -= 1
                return job
        return None
