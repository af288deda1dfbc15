"""The index changes under the load: reindexed, killed in the middle, rolled back, damaged."""

from __future__ import annotations

import asyncio
import contextlib
import random

from redis.exceptions import RedisError

from tests.faults.commands import COMMAND_S, run, write_feed
from tests.faults.marks import Marks
from tests.faults.pace import Pace
from tests.faults.world import World
from tests.standins.shop import PRODUCTS

BEFORE_S = (0.5, 8.0)
"""From a wish in the chat to the death of a worker, which may have it in hand by then."""


async def reindex(world: World, dice: random.Random, _: Pace) -> bool:
    return await reindexed(world, dice) == 0


async def reindex_killed(world: World, dice: random.Random, _: Pace) -> bool:
    """`kill -9` somewhere in a reindex, loading of the model included."""
    return await reindexed(world, dice, kill_after_s=dice.uniform(0.5, 3.0)) != 0


async def reindex_by_admin(world: World, dice: random.Random, _: Pace) -> bool:
    """An admin asks for it in the chat, and whoever does it may die: it goes on, and its end is told once."""
    async with world.reindexing:
        write_feed(world.shop.feed, dice)
        job = await world.telegram.wish("/reindex")
        await asyncio.sleep(dice.uniform(*BEFORE_S))
        hit = dice.choice(world.workers).kill()
        try:
            async with asyncio.timeout(COMMAND_S):
                while not await _ended(world, job):  # noqa: ASYNC110 - a key in Redis
                    await asyncio.sleep(0.5)
        except TimeoutError:
            world.broken.append(f"an admin's reindex did not end within {COMMAND_S:.0f} s")
    return hit


async def _ended(world: World, job: str) -> bool:
    """Whether its end is on its way to the admin: taken once, so never told twice. Or every worker died of it."""
    with contextlib.suppress(RedisError, OSError):
        taken = await world.streams.redis.exists(world.streams.keys.taken(f"maintainer:{job}"))
        return bool(taken) or job in await Marks(world.streams).letters()
    return False


async def rollback(world: World, dice: random.Random, pace: Pace) -> bool:
    """Back to the generation before, and after a while on to a new one."""
    done = await run(world.folder, world.env, "rollback")
    await asyncio.sleep(dice.uniform(*pace.away_s))
    await reindexed(world, dice)
    return done == 0


async def bit_flipped(world: World, dice: random.Random, pace: Pace) -> bool:
    """One bit of one file of the generation that answers; a worker that starts anew meets it, then it is reindexed."""
    folder = world.shop.settings.index_dir / "current"
    file = dice.choice(sorted(path for path in folder.iterdir() if path.stat().st_size))
    at = dice.randrange(file.stat().st_size)
    with file.open("r+b") as opened:
        opened.seek(at)
        byte = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([byte ^ 1 << dice.randrange(8)]))
    if dice.random() < 0.5:
        dice.choice(world.workers).kill()
    await asyncio.sleep(dice.uniform(*pace.away_s))
    await reindexed(world, dice)
    return True


async def reindexed(world: World, dice: random.Random, *, kill_after_s: float | None = None) -> int | None:
    """Run `snapshelf reindex` over a feed in which something changed; its exit code, None when it took too long."""
    async with world.reindexing:
        return await _reindexed(world, dice, kill_after_s)


async def _reindexed(world: World, dice: random.Random, kill_after_s: float | None) -> int | None:
    write_feed(world.shop.feed, dice, {PRODUCTS - 1} if dice.random() < 0.5 else ())
    feed = str(world.shop.feed)
    return await run(world.folder, world.env, "reindex", feed, "--yes", kill_after_s=kill_after_s)
