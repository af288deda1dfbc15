"""What nobody but a person can mend: counted each time, and said once to those who can."""

from __future__ import annotations

import hashlib
import secrets

from bots.services import Services
from core import metrics
from core.connection import redis_errors
from core.errors import Unavailable
from core.keys import ALARM_S
from core.messages import Notice, channel_of, job_id
from core.telemetry import get_logger

log = get_logger(__name__)


async def raise_alarm(services: Services, channel: str, reason: str) -> None:
    """Count it; the first of 6 hours with this reason also goes into the log and to each admin who can be reached.

    An admin hears of it over a channel that works: one that is on here, is not the one in trouble and does not wait
    after an alarm of its own.
    """
    metrics.ALARMS.labels(channel).inc()
    key = services.keys.alarm(channel, hashlib.sha256(reason.encode()).hexdigest()[:16])
    try:
        with redis_errors():
            first = await services.streams.redis.set(key, "1", nx=True, ex=ALARM_S)
        if first:
            told = await _tell(services, channel, reason)
            log.error("nothing can be sent until somebody acts", channel=channel, reason=reason, admins_told=told)
    except Unavailable as error:
        log.error("an alarm that no admin heard of", channel=channel, reason=reason, redis=str(error))


async def _tell(services: Services, channel: str, reason: str) -> int:
    told = 0
    for admin in services.settings.admins:
        if not await _works(services, channel_of(admin), channel):
            continue
        job = job_id("alarm", f"{channel}:{secrets.token_hex(8)}")
        language = await services.streams.redis.get(services.keys.language(admin))
        words = Notice(job, admin, "alarm", {"channel": channel, "reason": reason})
        if language:
            words = Notice(job, admin, "alarm", words.args, language.decode())
        await services.streams.append_reply(words, step="alarm")
        told += 1
    return told


async def _works(services: Services, name: str, in_trouble: str) -> bool:
    if name == in_trouble or name not in services.channels.by_name:
        return False
    return not await services.streams.redis.exists(services.keys.paused(name))
