"""Whatever a provider answers, part by part: an answer ends, once, in order, and its photo is counted once.

Providers here are a list of outcomes for each part; `Broke` stands for a process that dies between send and mark.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import outbox
from bots.channel import Alarm, Degrade, Drop, Gone, Outcome, Part, Retry, Sent, Unknown
from core.connection import client
from core.keys import Keys
from core.settings import Settings
from core.streams import Streams
from tests.bots.sending import House, PartedChannel
from tests.examples import few
from tests.redis_server import RedisServer

JOBS = ("a", "b")


@dataclass(frozen=True)
class Broke:
    """The provider has it, and then our process dies."""


@dataclass(frozen=True)
class Instead:
    """Refused as it is: so many others go out in its place."""

    count: int


Answer = Outcome | Broke | Instead
WORDS: dict[str, Answer] = {
    "sent": Sent(("id",)),
    "later": Retry("HTTP 500"),
    "in 5 ms": Retry("too many requests", 5),
    "never": Drop("refused"),
    "who knows": Unknown(),
    "gone": Gone("blocked"),
    "act": Alarm("token revoked"),
    "broke": Broke(),
    "one instead": Instead(1),
    "two instead": Instead(2),
}
COMMON = ["sent", "later", "in 5 ms", "never", "who knows", "broke", "one instead", "two instead"]
PLANS = st.dictionaries(
    st.tuples(st.sampled_from(JOBS), st.integers(0, 2)),
    st.lists(st.sampled_from([*COMMON, "act", "gone"]), max_size=4),
    max_size=6,
)


class Provider(PartedChannel):
    """Answers as the plan says, then takes everything."""

    def __init__(self, plan: dict[tuple[str, int], list[str]]) -> None:
        super().__init__()
        self.answers = {place: [WORDS[word] for word in words] for place, words in plan.items()}
        self.log: list[tuple[str, int, Answer]] = []

    async def send(self, part: Part) -> Outcome:
        planned = self.answers.get((part.job, part.number))
        answer = planned.pop(0) if planned else Sent((f"{part.job}-{part.number}-{len(self.log)}",))
        self.log.append((part.job, part.number, answer))
        if isinstance(answer, Broke):
            raise RuntimeError("this process died")  # noqa: TRY004 - it stands for any
        if isinstance(answer, Instead):
            others = tuple(Part(part.chat, part.job, 0, "text", {"text": "x"}) for _ in range(answer.count))
            return Degrade(others, "too large")
        return answer


async def played(house: House, sizes: tuple[int, ...]) -> dict[str, int]:
    for job, size in zip(JOBS, sizes, strict=True):
        await house.answer(job, *[str(number) for number in range(size)])
    async with asyncio.timeout(40), house.at_work():
        return await house.settled()


def check(log: list[tuple[str, int, Answer]], tally: dict[str, int]) -> None:
    ended = sum(tally.get(name, 0) for name in ("answered", "apologised", "dead", "unknown"))
    assert ended == len(JOBS)
    taken = Counter((job, number) for job, number, answer in log if isinstance(answer, Sent | Broke))
    broke = Counter((job, number) for job, number, answer in log if isinstance(answer, Broke))
    # none twice, but for one repetition after a death between send and mark
    assert all(count <= 1 + min(1, broke[place]) for place, count in taken.items())
    unsure = {(job, number) for job, number, answer in log if isinstance(answer, Unknown)}
    for place in unsure:  # after a time-out a part is not tried again
        last = max(at for at, (job, number, _) in enumerate(log) if (job, number) == place)
        assert isinstance(log[last][2], Unknown)
    gone = [at for at, (_, _, answer) in enumerate(log) if isinstance(answer, Gone)]
    assert not gone or gone == [len(log) - 1]  # nothing is said to who is gone
    firsts = [(job, number) for job, number, _ in log if number < 100]
    order = list(dict.fromkeys(firsts))
    assert order == sorted(order)  # parts in their order, the second answer after the first


@pytest.mark.slow
def test_properties_of_the_senders_whatever_a_provider_answers(
    redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.streams.streams.RETRY_AFTER_MS", (1, 1, 1, 1))
    monkeypatch.setattr(outbox, "ALARM_RETRY_MS", 5)
    monkeypatch.setattr(outbox, "ALARM_PAUSE_MS", 5)
    settings = Settings(data_dir=tmp_path, _env_file=None)

    async def play(plan: dict[tuple[str, int], list[str]], sizes: tuple[int, ...]) -> None:
        redis: Any = client(redis_server.url)
        try:
            await redis.flushall()
            streams = Streams(redis, Keys())
            await streams.prepare()
            house = House(redis, streams, settings)
            house.channel = provider = Provider(plan)
            house.services.channels.by_name["fake"] = provider  # type: ignore[index]
            check(provider.log, await played(house, sizes))
        finally:
            await redis.aclose()

    @few(20, shrink=False)
    @given(plan=PLANS, sizes=st.tuples(st.integers(1, 3), st.integers(1, 3)))
    def whatever(plan: dict[tuple[str, int], list[str]], sizes: tuple[int, ...]) -> None:
        asyncio.run(play(plan, sizes))

    whatever()
