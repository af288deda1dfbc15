"""The account of the fault harness finds what it is there for: a photo lost, a part seen twice, numbers that differ."""

from __future__ import annotations

from typing import Any

import pytest

from core.messages import ByPhoto, Search, encode
from core.streams import PartState, Streams
from tests.faults.account import Account, settle
from tests.faults.shoppers import Question
from tests.standins.telegram import Bot
from tests.standins.telegram_updates import Pending

BOT = Bot("10000001:" + "a" * 35)
CHAT = 7


def question(*numbers: int, album: str | None = None) -> Question:
    sent = tuple(Pending({"update_id": number}, f"chat:{CHAT}") for number in numbers)
    return Question(CHAT, tuple(range(3, 3 + len(numbers))), sent, album)


class Told:
    """What a shopper saw and what Redis remembers, put there by hand."""

    def __init__(self, streams: Streams, asked: Question) -> None:
        self.bot, self._streams, self._asked = Bot(BOT.token), streams, asked
        self._count = 0

    async def saw(self, *whats: str, job: str | None, marked: bool = True) -> None:
        """`album`, `list` or a sentence, for this job; unmarked: its process died before it could note that."""
        for what in whats:
            self._count += 1
            message: dict[str, Any] = {"chat": {"id": CHAT}, "message_id": self._count, "date": 0}
            first = f"1. Product {self._asked.products[0]} in wool"
            told = {"album": {"caption": first, "media_group_id": str(self._count)}, "list": {"text": f"{first}\n2. x"}}
            self.bot.messages[CHAT].append(message | told.get(what, {"text": what}))
            if job is not None and marked:
                part, provider_id = self._count, f"telegram:{CHAT}:{self._count}"
                await self._streams.mark_part(job, part, PartState.SENT, provider_id)

    async def tally(self, **counts: int) -> None:
        await self._streams.redis.hset(self._streams.keys.tally, mapping=counts)

    async def account(self) -> Account:
        return await settle([self._asked], self.bot, self._streams)


@pytest.mark.parametrize(
    ("seen", "state", "end"),
    [
        (("album", "list"), "sent", "answered"),
        (("Sorry",), "sent", "apologised"),
        (("album",), "unknown", "unknown"),
        ((), "unknown", "unknown"),
        (("album", "list"), "resent", "unknown"),
        (("album",), "sent", "lost"),
        (("list",), "sending", "lost"),
        ((), "sent", "lost"),
        ((), None, "lost"),
    ],
)
async def test_a_photo_ends_as_its_shopper_saw_it(
    streams: Streams, seen: tuple[str, ...], state: str | None, end: str
) -> None:
    asked = question(1)
    told, [job] = Told(streams, asked), asked.jobs(BOT)
    await told.saw(*seen, job=job)
    if state:
        await streams.redis.hset(streams.keys.parts(job), "99", state)
    await told.tally(accepted=1, **({end: 1} if end != "lost" else {"answered": 1}))
    account = await told.account()
    assert account.ends == {end: 1}
    assert bool(account.problems) is (end == "lost")


async def test_a_dead_letter_with_a_reason_is_an_end(streams: Streams) -> None:
    asked = question(1)
    told, [job] = Told(streams, asked), asked.jobs(BOT)
    search = Search(job, f"telegram:{CHAT}", ByPhoto(("b",)), at=1, deadline=2, photos=1)
    letter: dict[Any, Any] = {"job": job, "reason": "poison", "data": encode(search)}
    await streams.redis.xadd(streams.keys.dead, letter)
    await told.saw("Sorry", job=job)
    await told.tally(accepted=1, dead=1)
    account = await told.account()
    assert (account.ends, account.reasons, account.problems) == ({"dead": 1}, {"poison": 1}, [])


@pytest.mark.parametrize(("repeated", "broken"), [(0, True), (1, False)])
async def test_a_part_seen_twice_has_to_be_counted(streams: Streams, repeated: int, broken: bool) -> None:
    asked = question(1)
    told, [job] = Told(streams, asked), asked.jobs(BOT)
    await told.saw("album", job=job, marked=False)
    await told.saw("album", "list", job=job)
    await told.tally(accepted=1, answered=1, repeated=repeated)
    account = await told.account()
    assert account.ends == {"answered": 1}
    assert len(account.twice) == 1
    assert bool(account.problems) is broken


@pytest.mark.parametrize(("searched", "lost"), [(3, 0), (2, 1)])
async def test_an_album_counts_with_each_of_its_photos(streams: Streams, searched: int, lost: int) -> None:
    asked = question(1, 2, 3, album="a")
    told, job = Told(streams, asked), asked.jobs(BOT)[0]
    search = Search(job, f"telegram:{CHAT}", ByPhoto(("b",)), at=1, deadline=2, photos=searched)
    await streams.redis.set(streams.keys.query(job), encode(search))
    await told.saw("album", "list", job=job)
    await told.tally(accepted=3, answered=searched)
    account = await told.account()
    assert (account.ends["answered"], account.ends["lost"]) == (searched, lost)
    assert bool(account.problems) is bool(lost)


@pytest.mark.parametrize("tally", [{"accepted": 2, "answered": 1}, {"accepted": 1}, {"accepted": 1, "answered": 2}])
async def test_numbers_of_the_service_that_do_not_add_up_break_the_promise(
    streams: Streams, tally: dict[str, int]
) -> None:
    asked = question(1)
    told, [job] = Told(streams, asked), asked.jobs(BOT)
    await told.saw("album", "list", job=job)
    await told.tally(**tally)
    assert (await told.account()).problems
