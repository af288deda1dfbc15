"""One round: a service is started, loaded, harmed for some minutes, left in peace until it is done, and counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis.exceptions import RedisError

from core.errors import Unavailable
from core.tasks import end
from tests.faults.account import ENDS, Account, settle
from tests.faults.kinds import KINDS
from tests.faults.pace import Pace
from tests.faults.shoppers import Shoppers
from tests.faults.world import World, opened

NO_SOCKET = shutil.ignore_patterns("*.sock")
AT_ONCE = 4
"""Faults that may go on at the same time."""


@dataclass(frozen=True)
class Plan:
    """What a round is to be."""

    seconds: float
    """For which faults go on."""
    pace: Pace
    kinds: Sequence[str]
    per_s: float
    """Photos."""
    workers: int
    mounts: bool
    """Whether full disks are real ones."""


@dataclass
class Told:
    """One round as it is written down."""

    seed: int
    seconds: float
    account: Account
    tried: Counter[str]
    providers: Counter[str]
    """Of the faults of providers: by channel."""
    drained_s: float
    errors: Counter[str] = field(default_factory=Counter)
    """What the processes logged as errors, with how often."""


async def play(folder: Path, seed: int, plan: Plan) -> Told:
    """One round; its account, whatever it says."""
    dice = random.Random(seed)
    started = time.monotonic()
    people = random.Random(seed + 1)
    async with opened(folder, people, workers=plan.workers, per_s=plan.per_s, mounts=plan.mounts) as world:
        shoppers = world.shoppers
        async with _loaded(shoppers):
            harm = Harm(world, dice, plan)
            tried = await harm.done()
        quiet = time.monotonic()
        stuck = await _drained(world, shoppers, plan.pace)
        drained_s = time.monotonic() - quiet
        saws = [saw for front in world.fronts for saw in front.saw()]
        account = await settle(shoppers.questions, saws, world.streams)
        account.problems += [*stuck, *world.broken, *_untold(world)]
        if account.problems or account.unseen:
            await asyncio.to_thread(shutil.copytree, folder / "redis", folder / "redis-kept", ignore=NO_SOCKET)
    errors = _errors(world)
    return Told(seed, time.monotonic() - started, account, tried, harm.providers, round(drained_s, 1), errors)


@asynccontextmanager
async def _loaded(shoppers: Shoppers) -> AsyncIterator[None]:
    sending = asyncio.create_task(shoppers.send())
    try:
        yield
        if sending.done():
            sending.result()
    finally:
        await end(sending)


class Harm:
    """Faults at random moments, some at a time, each kind before one comes again."""

    def __init__(self, world: World, dice: random.Random, plan: Plan) -> None:
        self._world, self._dice, self._plan = world, dice, plan
        self._bag: list[str] = []
        self._hit: Counter[str] = Counter()
        self.providers: Counter[str] = Counter()

    async def done(self) -> Counter[str]:
        """The faults that hit something, when the time for them is over and each has ended."""
        until = time.monotonic() + self._plan.seconds
        under_way: set[asyncio.Task[None]] = set()
        while time.monotonic() < until:
            await asyncio.sleep(self._dice.uniform(*self._plan.pace.between_s))
            under_way = {task for task in under_way if not _over(task)}
            if len(under_way) < AT_ONCE:
                self._bag = self._bag or self._dice.sample(list(self._plan.kinds), len(self._plan.kinds))
                under_way.add(asyncio.create_task(self._one(self._bag.pop())))
        await asyncio.gather(*under_way)
        return self._hit

    async def _one(self, kind: str) -> None:
        _say(f"fault: {kind}")
        hit = await KINDS[kind](self._world, self._dice, self._plan.pace)
        self._hit[kind] += bool(hit)
        if isinstance(hit, str):
            self.providers[hit] += 1


def _over(task: asyncio.Task[None]) -> bool:
    if task.done():
        task.result()  # a fault that failed ends the round
    return task.done()


async def _drained(world: World, shoppers: Shoppers, pace: Pace) -> list[str]:
    """Returns when every photo came to its end, or with what is stuck after the time for it."""
    try:
        async with asyncio.timeout(pace.drain_s):
            # a callback that came late makes work for the service, whose answer may fail later again
            while not (await _quiet(world) and await _done(world, shoppers.photos) and await _quiet(world)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    except TimeoutError:
        waiting = [front.name for front in world.fronts if not await front.quiet(world.streams)]
        return [f"not done after {pace.drain_s:.0f} s: {await world.streams.depths()}, not quiet: {waiting}"]
    return []


def _untold(world: World) -> list[str]:
    asked, told = len(world.telegram.wishes), len(world.telegram.ends_told())
    return [f"an admin asked {asked} times and was told of {told} ends"] if told < asked else []


async def _quiet(world: World) -> bool:
    with contextlib.suppress(RedisError, OSError):
        return all([await front.quiet(world.streams) for front in world.fronts])
    return False


async def _done(world: World, photos: int) -> bool:
    with contextlib.suppress(Unavailable):
        tally, depths = await world.streams.tally(), await world.streams.depths()
        waiting = sum(depth for name, depth in depths.items() if name != "dead")
        return waiting == 0 and sum(tally.get(state, 0) for state in ENDS) >= photos
    return False


def _errors(world: World) -> Counter[str]:
    errors: Counter[str] = Counter()
    for process in world.processes[:-1]:
        for line in process.log.read_text(errors="replace").splitlines():
            told = _json(line)
            if told.get("level") in ("error", "critical"):
                trace = str(told.get("exception", "")).strip().splitlines()
                errors[" / ".join(filter(None, [str(told.get("event")), *trace[-1:]]))[:200]] += 1
            elif line.startswith("Traceback"):
                errors[f"{process.name}: a traceback outside the log"] += 1
    return errors


def _json(line: str) -> dict[str, object]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}", flush=True)
