"""The faults: each is told the world, does its harm, and puts right what would not mend itself."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from tests.faults.pace import Pace
from tests.faults.world import World

Fault = Callable[[World, random.Random, Pace], Awaitable[None]]


async def kill_worker(world: World, dice: random.Random, pace: Pace) -> None:
    """`kill -9` of a worker, wherever it is."""
    dice.choice(world.workers).kill()


KINDS: dict[str, Fault] = {"kill worker": kill_worker}
