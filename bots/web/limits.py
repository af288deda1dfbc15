"""How often one address may search: the same budget for the web chat and the API."""

from __future__ import annotations

import hashlib

from bots.services import Services
from core.errors import Reason, Refused
from core.limits import Bucket, acquire


async def take_search(services: Services, address: str) -> None:
    """Raises Refused (too_many_searches). Only a hash of the address reaches Redis."""
    per_hour = services.settings.photos_per_hour
    name = "web:" + hashlib.sha256(address.encode()).hexdigest()[:24]
    wait_ms = await acquire(services.redis, services.keys, [Bucket(name, capacity=per_hour, per_s=per_hour / 3600)])
    if wait_ms:
        raise Refused(Reason.TOO_MANY_SEARCHES)
