"""The senders: an answer becomes parts, and each part goes out once, in order, within the provider's limits.

Each part is marked `sending` before and `sent` after. Found `sending` after a crash it is sent once more (counted
`repeated`); after a time-out it is not (counted `unknown`), and the rest follows. One chat's trouble delays no other.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from bots import actions
from bots.channel import (
    Alarm,
    Channel,
    Degrade,
    Drop,
    Gone,
    Outcome,
    Part,
    Rekey,
    RenderContext,
    Retry,
    Sent,
    Unknown,
)
from bots.counts import count, outcome_of
from bots.services import Services
from core import metrics
from core.connection import redis_errors
from core.leases import Lease
from core.limits import Limiter, Taken, Wait
from core.messages import BadMessage, Notice, Progress, Reply, decode_outgoing
from core.streams import Entry, PartState
from core.telemetry import get_logger

log = get_logger(__name__)

TURN_RETRY_MS = 40
ALARM_RETRY_MS = 30_000
LIMIT_SLEEP_MAX_MS = 5_000
"""A longer wait for a rate is spent in Redis, not in this process."""
GONE_S = 90 * 24 * 3600


@dataclasses.dataclass(frozen=True, slots=True)
class _Later:
    """The answer goes on later; what was sent stays sent."""

    reason: str
    after_ms: int | None = None
    failure: bool = False


@dataclasses.dataclass(slots=True)
class _Progress:
    """What became of the parts so far."""

    sent: bool = False
    unknown: bool = False
    gone: bool = False
    moved_to: str | None = None
    states: dict[int, PartState] = dataclasses.field(default_factory=dict)
    """What stood at the parts when this answer was taken in hand."""
    marking: asyncio.Task[None] | None = None
    settling: asyncio.Task[None] | None = None

    async def marked(self) -> None:
        """Returns when the part sent last is marked so. Raises Unavailable."""
        marking, self.marking = self.marking, None
        if marking is not None:
            await asyncio.shield(marking)

    async def settled(self) -> None:
        """Returns when the rates know that the send tried last has ended."""
        settling, self.settling = self.settling, None
        if settling is not None:
            await asyncio.shield(settling)


class Outbox:
    """The handler of `replies`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._streams, self._keys = services.streams, services.keys
        self._redis = services.streams.redis
        self._limiter = Limiter(self._redis, self._keys)
        settings = services.settings
        self._context = RenderContext(
            shop_name=settings.shop_name,
            currency=settings.currency,
            public_url=settings.public_url,
            support_link=settings.support_link,
            count_taps=settings.count_taps,
        )

    async def handle(self, entry: Entry, lease: Lease) -> None:
        """Send one answer, or as much of it as can be sent now."""
        try:
            outgoing = decode_outgoing(entry.data)
        except BadMessage as error:
            await self._streams.bury(entry, str(error), lease=lease)
            return
        channel = self._services.channels.of(outgoing.chat)
        if channel is None:
            await self._streams.retry(entry, "Its channel is not switched on here.", lease=lease)
            return
        if isinstance(outgoing, Notice) and outgoing.while_open:
            if not await self._streams.is_open(outgoing.chat, outgoing.while_open):
                await self._streams.advance(entry, lease=lease)
                return
        elif not isinstance(outgoing, Progress) and await self._streams.earlier_turns(outgoing.chat, outgoing.job):
            waits = "waits for its turn"
            await self._streams.retry(entry, waits, after_ms=TURN_RETRY_MS, count=False, hold=False, lease=lease)
            return
        done = _Progress()
        try:
            later = await self._send_all(outgoing, channel, done)
        finally:
            await done.settled()
            await done.marked()
        if later is not None:
            await self._streams.retry(entry, later.reason, after_ms=later.after_ms, count=later.failure, lease=lease)
            return
        ended = await self._streams.advance(entry, tally=tally_of(outgoing, done), finish_turn=True, lease=lease)
        if ended and isinstance(outgoing, Reply):
            await count(self._redis, self._keys, channel.name, outcome_of(outgoing))

    async def _send_all(self, outgoing: Reply | Notice | Progress, channel: Channel, done: _Progress) -> _Later | None:
        chat = outgoing.chat
        with redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.exists(self._keys.gone(chat))
                pipe.pttl(self._keys.paused(chat))
                pipe.hgetall(self._keys.parts(outgoing.job))
                gone, paused_ms, marked = await pipe.execute()
        if gone:
            metrics.SENDS.labels(channel.name, "skipped").inc()
            done.gone = True
            return None
        if paused_ms > 0:
            return _Later("the provider asked to wait", paused_ms)
        done.states = {int(number): PartState(state.decode()) for number, state in marked.items()}
        return await self._send_parts(channel.render(outgoing, self._context), channel, done)

    async def _send_parts(self, parts: Sequence[Part], channel: Channel, done: _Progress) -> _Later | None:
        """One after the other: what follows a part that has to wait, waits too."""
        await self._mint(parts)
        for part in parts:
            later = await self._send_part(part, channel, done)
            if later is not None or done.gone:
                return later
        return None

    async def _mint(self, parts: Sequence[Part]) -> None:
        """Store what the buttons mean before anybody can tap them."""
        for part in parts:
            wanted = [button.action for button in part.buttons if button.action is not None]
            if wanted:
                with redis_errors():
                    await actions.mint_all(self._redis, self._keys, part.chat, part.job, wanted)

    async def _send_part(self, part: Part, channel: Channel, done: _Progress) -> _Later | None:
        if not part.editing:
            before = done.states.get(part.number)
            if before is PartState.UNKNOWN or before is PartState.RESENT:
                done.unknown = True
                return None
            if before in (PartState.SENT, PartState.DROPPED):
                done.sent |= before is PartState.SENT
                return None
        if done.moved_to is not None:
            part = dataclasses.replace(part, chat=done.moved_to)
        await done.settled()
        room = await self._limiter.take(channel.limits(part), LIMIT_SLEEP_MAX_MS)
        try:
            await done.marked()
            if isinstance(room, Wait):
                return _Later("the provider's rate is used up", room.ms)
            if not part.editing:
                await self._streams.take_part(part.job, part.number)
            outcome = await channel.send(part)
        finally:
            if isinstance(room, Taken):
                done.settling = asyncio.create_task(self._limiter.settle(room))
        metrics.SENDS.labels(channel.name, type(outcome).__name__.lower()).inc()
        return await self._settle(part, outcome, channel, done)

    async def _settle(self, part: Part, outcome: Outcome, channel: Channel, done: _Progress) -> _Later | None:
        match outcome:
            case Sent(provider_ids=ids):
                done.sent = True
                # Redis writes it to its disk while the next part waits for its rate
                done.marking = asyncio.create_task(self._mark_sent(part, ids))
            case Unknown(reason=reason):
                log.warning("a send may have arrived or not; it is not repeated", job=part.job, reason=reason)
                done.unknown = True
                await self._mark(part, PartState.UNKNOWN)
            case Drop(reason=reason):
                log.warning("a part was refused for good", job=part.job, channel=channel.name, reason=reason)
                await self._mark(part, PartState.DROPPED)
            case Gone(reason=reason):
                log.info("a chat cannot be written to any more", job=part.job, reason=reason)
                done.gone = True
                with redis_errors():
                    await self._redis.set(self._keys.gone(part.chat), "1", ex=GONE_S)
                await self._mark(part, PartState.DROPPED)
            case Degrade(to=instead, reason=reason):
                log.info("a part goes out in another form", job=part.job, reason=reason)
                return await self._send_instead(part, instead, channel, done)
            case Rekey(chat=chat):
                return await self._send_elsewhere(part, chat, channel, done)
            case Retry(reason=reason, after_ms=after_ms):
                return await self._put_off(part, reason, after_ms)
            case Alarm(reason=reason):
                log.error("nothing can be sent until somebody acts", channel=channel.name, reason=reason)
                metrics.ALARMS.labels(channel.name).inc()
                await self._unmark(part)
                return _Later(reason, ALARM_RETRY_MS)
        return None

    async def _send_instead(
        self, part: Part, instead: Sequence[Part], channel: Channel, done: _Progress
    ) -> _Later | None:
        """The same part in another form, each of its messages marked on its own.

        The part itself was not sent, so its own mark goes: when this is interrupted, the part is tried and refused
        again, and of its other form only what is missing follows.
        """
        await self._unmark(part)
        others = [dataclasses.replace(other, number=_beneath(part, at)) for at, other in enumerate(instead)]
        later = await self._send_parts(others, channel, done)
        await done.marked()
        if later is None:
            await self._mark(part, PartState.UNKNOWN if done.unknown else PartState.SENT)
        return later

    async def _send_elsewhere(self, part: Part, chat: str, channel: Channel, done: _Progress) -> _Later | None:
        """The chat has another name now: this part and the rest of the answer go there."""
        await self._unmark(part)
        if done.moved_to == chat:
            log.warning("a chat is said to have moved where it is", job=part.job, channel=channel.name)
            await self._mark(part, PartState.DROPPED)
            return None
        done.moved_to = chat
        done.states.pop(part.number, None)
        return await self._send_part(part, channel, done)

    async def _put_off(self, part: Part, reason: str, after_ms: int | None) -> _Later:
        await self._unmark(part)
        if after_ms is not None:
            with redis_errors():
                await self._redis.set(self._keys.paused(part.chat), "1", px=max(1, after_ms))
        return _Later(reason, after_ms, failure=after_ms is None)

    async def _mark_sent(self, part: Part, provider_ids: Sequence[str]) -> None:
        for provider_id in provider_ids or (None,):
            await self._mark(part, PartState.SENT, provider_id)

    async def _mark(self, part: Part, state: PartState, provider_id: str | None = None) -> None:
        if not part.editing:
            await self._streams.mark_part(part.job, part.number, state, provider_id)

    async def _unmark(self, part: Part) -> None:
        """It was not sent, and that is known."""
        with redis_errors():
            await self._redis.hdel(self._keys.parts(part.job), str(part.number))


def _beneath(part: Part, at: int) -> int:
    """The number of a message that stands for a part: below 100 are parts, then their other forms, and so on."""
    return (part.number + 1) * 100 + at


def tally_of(outgoing: Reply | Notice | Progress, done: _Progress) -> str:
    """What the photos of an answer count as."""
    if done.gone:
        return "dead"
    if done.unknown:
        return "unknown"
    if not done.sent:
        return "dead"  # each part was refused for good; the log says why
    if isinstance(outgoing, Reply) and outgoing.outcome in ("hits", "nothing"):
        return "answered"
    return "apologised"
