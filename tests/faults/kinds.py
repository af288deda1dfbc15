"""All faults by name: each does its harm, puts right what would not mend itself, and says whether it hit anything.

Those of providers say which one they hit.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from tests.faults import on_disks, on_index, on_processes, on_provider
from tests.faults.pace import Pace
from tests.faults.world import World

Fault = Callable[[World, random.Random, Pace], Awaitable[bool | str | None]]

KINDS: dict[str, Fault] = {
    "kill -9: worker": on_processes.kill_worker,
    "kill -9: bots": on_processes.kill_bots,
    "kill -9: bots, between send and mark": on_provider.kill_between_send_and_mark,
    "kill -9: Redis": on_processes.kill_redis,
    "kill -9: all at once": on_processes.kill_all,
    "Redis away": on_processes.redis_away,
    "Redis frozen": on_processes.redis_frozen,
    "workers frozen": on_processes.workers_frozen,
    "bots frozen": on_processes.bots_frozen,
    "clocks step": on_processes.clock_steps,
    "photo that kills workers": on_processes.kills_workers,
    "photo that kills decoders": on_processes.kills_decoders,
    "disk full: Redis": on_disks.redis_disk_full,
    "disk full: spool, Redis away": on_disks.spool_disk_full,
    "disk full: reindex": on_disks.reindex_disk_full,
    "reindex": on_index.reindex,
    "reindex killed": on_index.reindex_killed,
    "reindex in the chat, worker killed": on_index.reindex_by_admin,
    "rollback": on_index.rollback,
    "bit flipped in the index": on_index.bit_flipped,
    "provider: storm of 429": on_provider.storm_429,
    "provider: storm of 5xx": on_provider.storm_5xx,
    "provider: slow": on_provider.slow,
    "provider: connections cut": on_provider.cut,
    "provider: connections refused": on_provider.refused,
    "provider: time-out after delivery": on_provider.timeout_after_delivery,
    "WhatsApp: failures told later": on_provider.fails_later,
    "Viber: phones refuse what came": on_provider.phones_refuse,
    "web chat: pages cut off": on_provider.pages_cut,
}
IN_SHORT = (
    "kill -9: worker",
    "kill -9: bots",
    "kill -9: bots, between send and mark",
    "kill -9: Redis",
    "Redis away",
    "disk full: spool, Redis away",
    "clocks step",
    "bit flipped in the index",
    "provider: storm of 429",
    "provider: storm of 5xx",
    "provider: connections cut",
    "web chat: pages cut off",
)
"""What a run of less than a minute tries: others would only add to the time that it takes to drain."""
