"""The account of the fault harness finds what it is there for: a photo lost, a part seen twice, numbers that differ."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from core.messages import ByPhoto, Search, encode, job_id
from core.streams import PartState, Streams
from tests.faults.account import SEARCHING, Account, settle
from tests.faults.question import Question, Saw

CHAT, FIRST = "7", "1. Product 3 in wool"
LIST = Saw(CHAT, "list", f"{FIRST}\n2. x", 0, needs=frozenset({"album"}))
SEEN = {
    "album": Saw(CHAT, "album", FIRST, 0),
    "list": LIST,
    "list, untold": dataclasses.replace(LIST, untold=True),
    "cards": Saw(CHAT, "cards", FIRST, 0, needs=frozenset()),
    "searching": Saw(CHAT, "sentence", SEARCHING, 0),
}


def question(*jobs: str, **more: Any) -> Question:
    return Question("telegram", CHAT, (3,), list(jobs or ["job"]), **more)


class Told:
    """What a shopper saw and what Redis remembers, put there by hand."""

    def __init__(self, streams: Streams, asked: Question) -> None:
        self._streams, self._asked = streams, asked
        self._saws: list[Saw] = []

    async def saw(self, *whats: str, job: str | None = "job", marked: bool = True) -> None:
        """Parts of an answer, or a sentence; unmarked: its process died before it could note that."""
        for what in whats:
            number = len(self._saws) + 1
            saw = SEEN.get(what) or Saw(CHAT, "sentence", what, 0)
            self._saws.append(dataclasses.replace(saw, provider_id=f"telegram:{CHAT}:{number}"))
            if job is not None and marked:
                await self._streams.mark_part(job, number, PartState.SENT, self._saws[-1].provider_id)

    async def says(self, job: str, what: str = "cards") -> None:
        """A message that tells its job itself, as on the web."""
        self._saws.append(dataclasses.replace(SEEN[what], job=job))

    async def tally(self, **counts: int) -> None:
        await self._streams.redis.hset(self._streams.keys.tally, mapping=counts)

    async def parts(self, job: str, *states: str) -> None:
        for number, state in enumerate(states, start=90):
            await self._streams.redis.hset(self._streams.keys.parts(job), str(number), state)

    async def account(self, *others: Question) -> Account:
        return await settle([self._asked, *others], self._saws, self._streams)


@pytest.mark.parametrize(
    ("seen", "state", "end"),
    [
        (("album", "list"), "sent", "answered"),
        (("cards",), "sent", "answered"),
        (("Sorry",), "sent", "apologised"),
        (("album",), "unknown", "unknown"),
        ((), "unknown", "unknown"),
        (("album", "list"), "resent", "unknown"),
        (("album", "list, untold"), "sent", "unknown"),
        (("album",), "sent", "lost"),
        (("list",), "sending", "lost"),
        (("searching",), "sent", "lost"),
        ((), "sent", "lost"),
        ((), None, "lost"),
    ],
)
async def test_a_photo_ends_as_its_shopper_saw_it(
    streams: Streams, seen: tuple[str, ...], state: str | None, end: str
) -> None:
    told = Told(streams, question())
    await told.saw(*seen, job=job_id("searching", "job") if seen == ("searching",) else "job")
    if state:
        await told.parts("job", state)
    await told.tally(accepted=1, **({end: 1} if end != "lost" else {"answered": 1}))
    account = await told.account()
    assert account.ends == {end: 1}
    assert account.by_channel == {"telegram": {"photos": 1, end: 1}}
    assert bool(account.problems) is (end == "lost")


async def test_a_dead_letter_with_a_reason_is_an_end(streams: Streams) -> None:
    told = Told(streams, question())
    search = Search("job", f"telegram:{CHAT}", ByPhoto(("b",)), at=1, deadline=2, photos=1)
    letter: dict[Any, Any] = {"job": "job", "reason": "poison", "data": encode(search)}
    await streams.redis.xadd(streams.keys.dead, letter)
    await told.saw("Sorry")
    await told.tally(accepted=1, dead=1)
    account = await told.account()
    assert (account.ends, account.reasons, account.problems) == ({"dead": 1}, {"poison": 1}, [])


@pytest.mark.parametrize(("repeated", "broken"), [(0, True), (1, False)])
async def test_a_part_seen_twice_has_to_be_counted(streams: Streams, repeated: int, broken: bool) -> None:
    told = Told(streams, question())
    await told.saw("album", marked=False)
    await told.saw("album", "list")
    await told.tally(accepted=1, answered=1, repeated=repeated)
    account = await told.account()
    assert account.ends == {"answered": 1}
    assert len(account.twice) == 1
    assert bool(account.problems) is broken


async def test_a_sentence_that_was_never_confirmed_belongs_to_the_part_that_nobody_knows_about(
    streams: Streams,
) -> None:
    told = Told(streams, question())
    await told.saw("Sorry", marked=False)
    await told.parts("job", "unknown")
    await told.tally(accepted=1, unknown=1)
    account = await told.account()
    assert (account.ends, account.twice, account.problems) == ({"unknown": 1}, [], [])
    await told.saw("Sorry", marked=False)
    assert len((await told.account()).twice) == 1


async def test_a_photo_that_nobody_answered_200_for_is_not_lost_and_not_forgotten(streams: Streams) -> None:
    told = Told(streams, question(taken=False))
    account = await told.account()
    assert (account.photos, account.never_taken, account.problems) == (0, 1, [])
    await told.tally(accepted=1, answered=1)
    assert (await told.account()).problems, "it was taken, and nobody saw an answer"
    await told.saw("album", "list")
    account = await told.account()
    assert (account.photos, account.never_taken, account.problems) == (1, 0, [])


async def test_an_answer_to_an_attempt_that_was_said_to_have_failed_is_its_attempts(streams: Streams) -> None:
    failed = Question("web", CHAT, (3,), [], taken=False, repeated=True)
    told = Told(streams, failed)
    again = Question("web", CHAT, (3,), ["second"])
    await told.says("first")
    await told.says("second")
    await told.tally(accepted=2, answered=2)
    account = await told.account(again)
    assert (account.photos, account.ends, account.problems) == (2, {"answered": 2}, [])


async def test_an_attempt_that_was_sent_once_more_counts_nowhere(streams: Streams) -> None:
    told = Told(streams, Question("web", CHAT, (3,), [], taken=False, repeated=True))
    account = await told.account()
    assert (account.photos, account.never_taken, account.problems) == (0, 0, [])


@pytest.mark.parametrize(("searched", "lost"), [(3, 0), (2, 1)])
async def test_an_album_counts_with_each_of_its_photos(streams: Streams, searched: int, lost: int) -> None:
    told = Told(streams, question("job", "of-the-second", "of-the-third", photos=3, album=True))
    search = Search("job", f"telegram:{CHAT}", ByPhoto(("b",)), at=1, deadline=2, photos=searched)
    await streams.redis.set(streams.keys.query("job"), encode(search))
    await told.saw("album", "list")
    await told.tally(accepted=3, answered=searched)
    account = await told.account()
    assert (account.ends["answered"], account.ends["lost"]) == (searched, lost)
    assert bool(account.problems) is bool(lost)


@pytest.mark.parametrize("tally", [{"accepted": 2, "answered": 1}, {"accepted": 1}, {"accepted": 1, "answered": 2}])
async def test_numbers_of_the_service_that_do_not_add_up_break_the_promise(
    streams: Streams, tally: dict[str, int]
) -> None:
    told = Told(streams, question())
    await told.saw("album", "list")
    await told.tally(**tally)
    assert (await told.account()).problems
