"""The provider says no, answers late, breaks off, or does what it is asked and never says so."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from bots.telegram.api import READ_S
from tests.faults.pace import Pace
from tests.faults.world import World

ALL = 1_000_000
SENDS = ("sendmediagroup", "sendmessage")
TAKEN_S = 20.0


async def storm_429(world: World, dice: random.Random, pace: Pace) -> bool:
    return await _storm(world, dice, pace, status=429, retry_after=dice.randint(1, 3))


async def storm_5xx(world: World, dice: random.Random, pace: Pace) -> bool:
    how: dict[str, Any] = dice.choice([{"status": 500}, {"status": 502, "kind": "html"}, {"status": 503}])
    return await _storm(world, dice, pace, **how)


async def slow(world: World, dice: random.Random, pace: Pace) -> bool:
    """Answers begin and do not go on for a while."""
    return await _storm(world, dice, pace, kind="slow")


async def cut(world: World, dice: random.Random, _: Pace) -> bool:
    """Some calls are done, then the connection breaks; nobody can know."""
    method = dice.choice(["getfile", "file", *SENDS])
    return await _some(world, method, kind=dice.choice(["cut", "broken"]), times=dice.randint(1, 4))


async def refused(world: World, dice: random.Random, pace: Pace) -> bool:
    """Nobody listens at the provider's address."""
    async with world.telegram.gone():
        await asyncio.sleep(dice.uniform(*pace.storm_s))
    return True


async def timeout_after_delivery(world: World, dice: random.Random, _: Pace) -> bool:
    """A message arrives, and we never hear of it."""
    return await _some(world, dice.choice(SENDS), kind="hang", times=dice.randint(1, 2), hang_s=READ_S + 5)


async def kill_between_send_and_mark(world: World, dice: random.Random, _: Pace) -> bool:
    """The provider has done it, and the sender dies before it hears so."""
    fault = world.telegram.fail(dice.choice(SENDS), kind="hang")
    try:
        async with asyncio.timeout(TAKEN_S):
            await world.telegram.wait_for(lambda: fault.taken > 0)
        await asyncio.sleep(0.01)  # what hangs is done first
        return world.bots.kill()
    except TimeoutError:
        return False
    finally:
        _end(world, fault)


async def _storm(world: World, dice: random.Random, pace: Pace, **how: Any) -> bool:
    """Every call, for a while."""
    fault = world.telegram.fail("*", times=ALL, **how)
    await asyncio.sleep(dice.uniform(*pace.storm_s))
    _end(world, fault)
    return bool(fault.taken)


async def _some(world: World, method: str, *, hang_s: float = 0.0, **how: Any) -> bool:
    """The next few calls of one method."""
    fault = world.telegram.fail(method, **how)
    try:
        async with asyncio.timeout(TAKEN_S):
            await world.telegram.wait_for(lambda: fault.taken >= fault.times)
    except TimeoutError:
        pass  # no such call came; those that did come count
    await asyncio.sleep(hang_s)
    _end(world, fault)
    return bool(fault.taken)


def _end(world: World, fault: Any) -> None:
    world.telegram.faults.remove(fault)
    fault.release.set()
