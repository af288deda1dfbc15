"""Redis: whether it answers, is new enough, evicts nothing and writes to disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from core.connection import client
from core.embedded import FLOOR, WrongServer, find_server
from core.errors import SettingsError
from core.keys import Keys
from core.presence import Presence, present
from core.settings import Settings
from snapshelf.doctor.check import Check, bad, ok, warn

FULL_SHARE = 0.7
"""Of Redis's own limit: from here on photos are turned away."""


async def redis_checks(settings: Settings) -> list[Check]:
    """Of the server that is set or runs over DATA_DIR, else of the one that would be started."""
    if not settings.embedded_redis:
        found = await _look(settings.redis_url.get_secret_value(), settings.redis_prefix)
        return found if isinstance(found, list) else [found]
    address = settings.data_dir / "redis" / "address"
    if address.exists():
        found = await _look(address.read_text().strip(), settings.redis_prefix)
        if isinstance(found, list):
            return found
    return [embedded_check(settings.data_dir / "redis")]


async def _look(address: str, prefix: str) -> list[Check] | Check:
    """The checks of a server, or the one that says why it does not answer."""
    try:
        redis = client(address)
    except ValueError:
        return bad("Redis", "REDIS_URL is no address.", "Write it as redis://host:6379/0 or rediss://...")
    try:
        info = await redis.info("everything")
        dead = int(await redis.xlen(Keys(prefix).dead))
        workers = await present(redis, Keys(prefix), "worker")
    except AuthenticationError:
        return bad("Redis", "it refuses the password.", "Put user and password into SNAPSHELF_REDIS_URL.")
    except (RedisError, OSError) as error:
        return bad(
            "Redis",
            f"it does not answer ({type(error).__name__}).",
            "Start it, or correct SNAPSHELF_REDIS_URL; without one, `snapshelf up` brings its own.",
        )
    finally:
        await _close(redis)
    return [*info_checks(info, prefix), dead_check(dead), *worker_checks(workers)]


async def _close(redis: Redis) -> None:
    await redis.aclose()


def info_checks(info: dict[str, Any], prefix: str) -> list[Check]:
    """What the server's own INFO says about version, eviction, persistence, memory and cluster."""
    return [_version(info), _policy(info), _persistence(info), *_memory(info), *_cluster(info, prefix)]


def _version(info: dict[str, Any]) -> Check:
    name = "Valkey" if info.get("server_name") == "valkey" else "Redis"
    told = str(info.get("valkey_version") or info["redis_version"])
    # Valkey gives in `redis_version` the Redis that it can stand in for
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2] if part.isdigit())
    if version < FLOOR:
        return bad("Redis", f"{name} {told} is too old.", "Run Redis 6.2 or newer, or Valkey.")
    return ok("Redis", f"{name} {told} answers.")


def _policy(info: dict[str, Any]) -> Check:
    policy = str(info.get("maxmemory_policy", "unknown"))
    if policy == "noeviction":
        return ok("Redis eviction", "nothing is evicted (noeviction).")
    return bad(
        "Redis eviction",
        f"maxmemory-policy is {policy}: Redis may throw accepted photos away.",
        "Set maxmemory-policy to noeviction in redis.conf or at your provider.",
    )


def _persistence(info: dict[str, Any]) -> Check:
    if int(info.get("aof_enabled", 0)):
        return ok("Redis on disk", "it keeps an append-only file.")
    return warn(
        "Redis on disk",
        "it keeps no append-only file: what was accepted is lost when it stops.",
        "Set appendonly to yes and appendfsync to always.",
    )


def _memory(info: dict[str, Any]) -> list[Check]:
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if not limit or used < FULL_SHARE * limit:
        return []
    text = f"{used / limit:.0%} of its limit is used: new photos are turned away."
    return [bad("Redis memory", text, "Raise maxmemory, start more workers, or look at `snapshelf queue list`.")]


def _cluster(info: dict[str, Any], prefix: str) -> list[Check]:
    if not int(info.get("cluster_enabled", 0)) or ("{" in prefix and "}" in prefix):
        return []
    text = "a Redis Cluster needs all our keys in one slot, and REDIS_PREFIX has no braces."
    return [bad("Redis cluster", text, "Set SNAPSHELF_REDIS_PREFIX to {name}: with the braces.")]


def dead_check(dead: int) -> Check:
    """Whether anything was given up."""
    if not dead:
        return ok("Queue", "nothing was given up.")
    return warn("Queue", f"{dead} given up.", "See why with `snapshelf queue list`, then retry or drop them.")


def worker_checks(workers: Sequence[Presence]) -> list[Check]:
    """Whether those that are at work can answer."""
    problems = [worker.problem for worker in workers if worker.problem]
    if not workers:
        return []  # nothing runs yet: doctor is asked before the start, too
    if problems:
        told = f"{len(problems)} of {len(workers)} at work cannot answer."
        return [bad("Workers", told, " ".join(sorted(set(problems))))]
    return [ok("Workers", f"{len(workers)} at work.")]


def embedded_check(folder: Path) -> Check:
    """Which server `snapshelf up` would start over this folder, and whether it may open what lies there."""
    try:
        server = find_server(folder)
    except WrongServer as error:
        return bad("Redis", str(error), "Install the server that it names, so that it is found in PATH.")
    except SettingsError as error:
        return bad("Redis", "none is set and none can be started here.", str(error))
    return ok("Redis", f"embedded, not running now: `snapshelf up` starts {server.label}.")
