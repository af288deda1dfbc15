"""Leases: one holder at a time for a thing that must not be done twice, proven by a fenced token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from redis.asyncio import Redis

from core.keys import LEASE_MS
from core.presence import process_name
from core.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Lease:
    """That the holder of `token` may change what `key` guards; scripts compare it before they write."""

    key: str
    token: str


async def acquire_lease(redis: Redis, key: str, *, ms: int = LEASE_MS) -> Lease | None:
    """The lease, or None while another holds it."""
    lease = Lease(key, f"{process_name()}-{secrets.token_hex(8)}")
    return lease if await Scripts(redis).run("lease_take", [key], [lease.token, ms]) == 1 else None


async def refresh_lease(scripts: Scripts, lease: Lease, *, ms: int = LEASE_MS) -> bool:
    """Keep it; False when it was lost: stop what it allowed."""
    return bool(await scripts.run("lease", [lease.key], [lease.token, ms]))


async def release_lease(scripts: Scripts, lease: Lease) -> None:
    """Give it up, if it is still ours."""
    await scripts.run("lease", [lease.key], [lease.token, 0])
