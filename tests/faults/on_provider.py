"""A provider says no, answers late, breaks off, or does what it is asked and never says so; a page loses its line.

Each fault draws the provider that it happens to; see the `harms` of each front.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.faults.front_whatsapp import LATE
from tests.faults.pace import Pace
from tests.faults.question import Messenger
from tests.faults.world import World

ALL = 1_000_000
TAKEN_S = 20.0
HANG_S = 35.0
"""Longer than any of our clients waits."""


async def storm_429(world: World, dice: random.Random, pace: Pace) -> str | None:
    return await _storm(world, dice, pace, "too_many")


async def storm_5xx(world: World, dice: random.Random, pace: Pace) -> str | None:
    return await _storm(world, dice, pace, "broken")


async def slow(world: World, dice: random.Random, pace: Pace) -> str | None:
    """Answers come after a while, or begin and do not go on."""
    return await _storm(world, dice, pace, "slow")


async def cut(world: World, dice: random.Random, _: Pace) -> str | None:
    """Some calls are done, then the connection breaks; nobody can know."""
    front = dice.choice(world.messengers)
    call = dice.choice([*front.harms.sends, *front.harms.fetches])
    kind = dice.choice(front.harms.cut) if call in front.harms.sends else "cut"
    return await _some(front, call, kind=kind, times=dice.randint(1, 4))


async def refused(world: World, dice: random.Random, pace: Pace) -> str | None:
    """Nobody listens at the provider's address."""
    front = dice.choice(world.messengers)
    async with front.gone():
        await asyncio.sleep(dice.uniform(*pace.storm_s))
    return front.name


async def timeout_after_delivery(world: World, dice: random.Random, _: Pace) -> str | None:
    """A message arrives, and we never hear of it."""
    front = dice.choice(world.messengers)
    return await _some(front, dice.choice(front.harms.sends), kind="hang", times=dice.randint(1, 2), hang_s=HANG_S)


async def kill_between_send_and_mark(world: World, dice: random.Random, _: Pace) -> str | None:
    """The provider has done it, and the sender dies before it hears so."""
    front = dice.choice(world.messengers)
    fault = front.fail(dice.choice(front.harms.sends), kind="hang")
    try:
        async with asyncio.timeout(TAKEN_S):
            await front.wait_for(lambda: fault.taken > 0)
        await asyncio.sleep(0.01)  # what hangs is done first
        return front.name if world.bots.kill() else None
    except TimeoutError:
        return None
    finally:
        _end(front, fault)


async def fails_later(world: World, dice: random.Random, _: Pace) -> str | None:
    """WhatsApp takes messages, and tells by callback that they failed."""
    code, only = dice.choice(LATE)
    failure = world.whatsapp.failing_later(code, only, times=dice.randint(1, 3))
    wanted = failure.times
    try:
        async with asyncio.timeout(TAKEN_S):
            await world.whatsapp.wait_for(lambda: failure.times == 0)
    except TimeoutError:
        pass  # those that did fail count
    hit = failure.times < wanted
    failure.times = 0
    return world.whatsapp.name if hit else None


async def phones_refuse(world: World, dice: random.Random, pace: Pace) -> str | None:
    """Viber takes messages, and the phones refuse what is in them."""
    world.viber.refusing(dice.choice(["rich_media", "keyboard"]))
    await asyncio.sleep(dice.uniform(*pace.storm_s))
    world.viber.refusing(None)
    return world.viber.name


async def pages_cut(world: World, dice: random.Random, pace: Pace) -> str | None:
    """Every open page loses its stream, again and again; photos break off on their way."""
    world.web.breaks_off += dice.randint(1, 3)
    hit = 0
    for _ in range(dice.randint(1, 4)):
        hit += world.web.cut()
        await asyncio.sleep(dice.uniform(*pace.storm_s) / 4)
    return world.web.name if hit else None


async def _storm(world: World, dice: random.Random, pace: Pace, how: str) -> str | None:
    """Every call to one provider, for a while."""
    front = dice.choice(world.messengers)
    fault = front.fail(**({"call": "*"} | dice.choice(getattr(front.harms, how))), times=ALL)
    await asyncio.sleep(dice.uniform(*pace.storm_s))
    _end(front, fault)
    return front.name if fault.taken else None


async def _some(front: Messenger, call: str, *, hang_s: float = 0.0, **how: Any) -> str | None:
    """The next few calls of one kind."""
    fault = front.fail(call, **how)
    try:
        async with asyncio.timeout(TAKEN_S):
            await front.wait_for(lambda: fault.taken >= fault.times)
    except TimeoutError:
        pass  # no such call came; those that did come count
    await asyncio.sleep(hang_s)
    _end(front, fault)
    return front.name if fault.taken else None


def _end(front: Messenger, fault: Any) -> None:
    front.faults.remove(fault)
    fault.release.set()
