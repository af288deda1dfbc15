"""The index changes under the load: reindexed, killed in the middle, rolled back, damaged."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys

from tests.faults.pace import Pace
from tests.faults.world import World
from tests.standins.shop import PRODUCTS

REINDEX_S = 240.0


async def reindex(world: World, dice: random.Random, _: Pace) -> bool:
    return await reindexed(world, dice) == 0


async def reindex_killed(world: World, dice: random.Random, _: Pace) -> bool:
    """`kill -9` somewhere in a reindex, loading of the model included."""
    return await reindexed(world, dice, kill_after_s=dice.uniform(0.5, 3.0)) != 0


async def rollback(world: World, dice: random.Random, pace: Pace) -> bool:
    """Back to the generation before, and after a while on to a new one."""
    done = await _run(world, "rollback")
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
    leaving_out = {PRODUCTS - 1} if dice.random() < 0.5 else set()
    rows = [
        f"p{n}\tProduct {n} in wool\timages/{n}.jpg\t{dice.randint(1, 999)}.00 EUR"
        for n in range(PRODUCTS)
        if n not in leaving_out
    ]
    feed = world.shop.feed
    draft = feed.with_name(f"draft-{dice.getrandbits(40)}.tsv")
    draft.write_text("\n".join(["id\ttitle\timage_link\tprice", *rows, ""]))
    draft.replace(feed)
    return await _run(world, "reindex", str(feed), "--yes", kill_after_s=kill_after_s)


async def _run(world: World, *arguments: str, kill_after_s: float | None = None) -> int | None:
    with (world.folder / "commands.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "snapshelf", *arguments, cwd=world.folder, env=world.env, stdout=log, stderr=log,
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(kill_after_s or REINDEX_S):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
