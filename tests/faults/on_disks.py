"""Disks are full: under Redis's append-only file, under the spool, under a reindex."""

from __future__ import annotations

import asyncio
import random

from tests.faults.on_index import reindexed
from tests.faults.pace import Pace
from tests.faults.world import World

SPARE_BYTES = (0, 30_000)


async def redis_disk_full(world: World, dice: random.Random, pace: Pace) -> bool:
    """With `appendfsync always` Redis ends at the first write that it cannot keep; it is started anew all the while."""
    before = len(world.redis.ends)
    world.redis_disk.fill(dice.randint(*SPARE_BYTES))
    await asyncio.sleep(dice.uniform(*pace.away_s))
    world.redis_disk.free()
    return len(world.redis.ends) > before


async def spool_disk_full(world: World, dice: random.Random, pace: Pace) -> bool:
    """Redis is away, and the spool takes little or nothing: the provider is told to come again."""
    with world.redis.away():
        world.data_disk.fill(dice.randint(0, 2_000))
        await asyncio.sleep(dice.uniform(*pace.away_s))
        world.data_disk.free()
    return True


async def reindex_disk_full(world: World, dice: random.Random, _: Pace) -> bool:
    """A reindex finds no room; what answers goes on answering."""
    world.data_disk.fill(dice.randint(*SPARE_BYTES))
    try:
        await reindexed(world, dice)
    finally:
        world.data_disk.free()
    return True
