"""Processes die, freeze and go away; clocks step; a photo kills who decodes it."""

from __future__ import annotations

import asyncio
import contextlib
import random

from tests.faults.pace import Pace
from tests.faults.processes import Kept
from tests.faults.world import World

STEPS_S = (2.0, -2.0, 45.0, -45.0, 3600.0, -3600.0, 86400.0)
"""How far a clock steps."""


async def kill_worker(world: World, dice: random.Random, _: Pace) -> bool:
    return await dice.choice(world.workers).kill_once_there()


async def kill_bots(world: World, _: random.Random, __: Pace) -> bool:
    """Webhooks, conversation, senders and promoter live in it."""
    return await world.bots.kill_once_there()


async def kill_redis(world: World, _: random.Random, __: Pace) -> bool:
    """It comes back over its append-only file."""
    return await world.redis.kill_once_there()


async def kill_all(world: World, _: random.Random, __: Pace) -> bool:
    """As when the power fails, but for what the disk holds."""
    hit = [process.kill() for process in world.processes]
    return any(hit)


async def redis_away(world: World, dice: random.Random, pace: Pace) -> bool:
    with world.redis.away():
        await asyncio.sleep(dice.uniform(*pace.away_s))
    return True


async def redis_frozen(world: World, dice: random.Random, pace: Pace) -> bool:
    """It accepts connections and answers nothing."""
    return await _frozen(dice, pace, world.redis)


async def workers_frozen(world: World, dice: random.Random, pace: Pace) -> bool:
    """Long enough and others take their searches over; then they go on as if nothing had been."""
    return await _frozen(dice, pace, *world.workers)


async def bots_frozen(world: World, dice: random.Random, pace: Pace) -> bool:
    """Long enough and their leases run out while they hold answers in hand."""
    return await _frozen(dice, pace, world.bots)


async def _frozen(dice: random.Random, pace: Pace, *processes: Kept) -> bool:
    with contextlib.ExitStack() as stack:
        frozen = [stack.enter_context(process.frozen()) for process in processes]
        await asyncio.sleep(dice.uniform(*pace.away_s))
    return any(frozen)


async def clock_steps(world: World, dice: random.Random, pace: Pace) -> bool:
    """The clock of bots, of workers or of both steps, and back after a while."""
    clocks = dice.choice([[world.bots_clock], [world.workers_clock], [world.bots_clock, world.workers_clock]])
    ahead_s = dice.choice(STEPS_S)
    for clock in clocks:
        clock.step_to(ahead_s)
    await asyncio.sleep(dice.uniform(*pace.away_s))
    for clock in clocks:
        clock.step_to(0.0)
    return True


async def kills_workers(world: World, _: random.Random, __: Pace) -> bool:
    """A photo that kills each worker that touches it."""
    await world.shoppers.deadly(world.hooks / "kills-workers")
    return True


async def kills_decoders(world: World, _: random.Random, __: Pace) -> bool:
    """A photo that kills each process that decodes it."""
    await world.shoppers.deadly(world.hooks / "kills-decoders")
    return True
