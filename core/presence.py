"""Which processes are at work: each says so every few seconds, and is taken as gone when it has not for a while.

Redis's clock counts: one that stepped, or another machine's, would keep the dead or forget the living.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis

from core.keys import Keys
from core.scripts import Scripts

PRESENT_MS = 10_000
"""A process that was silent for this long is not counted on."""


WORKER = "worker"
"""Kind of the processes that search."""


def process_name(pid: int | None = None) -> str:
    """A process of this machine, by default ours. Consumers and leases are named `‹process›-‹hex›`."""
    return f"{socket.gethostname()}-{os.getpid() if pid is None else pid}"


@dataclass(frozen=True, slots=True)
class Presence:
    """One process: its name and, for a worker, the generation that it answers from."""

    name: str
    generation: str | None = None
    problem: str | None = None
    """Where a worker cannot answer: one sentence on what to do."""


async def announce(redis: Redis, keys: Keys, kind: str, presence: Presence) -> None:
    """Say that this process works; call it every 3 s or so. At Redis's memory limit too."""
    value = json.dumps({"generation": presence.generation, "problem": presence.problem})
    await Scripts(redis).run("announce", [keys.alive(kind)], [presence.name, value])


async def withdraw(redis: Redis, keys: Keys, kind: str, name: str) -> None:
    """Say that this process leaves."""
    await redis.hdel(keys.alive(kind), name)


async def present(redis: Redis, keys: Keys, kind: str) -> list[Presence]:
    """The processes of a kind that are at work; those silent for an hour are forgotten."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.hgetall(keys.alive(kind))
        (seconds, micros), raw = await pipe.execute()
    now = seconds * 1000 + micros / 1000
    here = []
    for raw_name, value in cast("dict[bytes, bytes]", raw).items():
        fields = json.loads(value)
        silent_ms = now - fields["at"]
        if silent_ms < PRESENT_MS:
            here.append(Presence(raw_name.decode(), fields["generation"], fields.get("problem")))
        elif silent_ms > 3_600_000:
            await redis.hdel(keys.alive(kind), raw_name.decode())
    return here
