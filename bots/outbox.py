"""The senders: an answer becomes parts, and each part goes out once, in order, within the provider's limits.

Each part is marked `sending` before and `sent` after. Found `sending` after a crash it is sent once more (counted
`repeated`); after a time-out it is not (counted `unknown`), and the rest follows. One chat's trouble delays no other.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Sequence

from bots import actions, late
from bots.alarms import raise_alarm
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
from bots.partmarks import PartMarks
from bots.services import Services
from core import metrics, tracing
from core.connection import redis_errors
from core.keys import MOVED_S, STATE_S
from core.leases import Lease
from core.limits import Limiter, Taken, Wait
from core.marks import keep
from core.messages import BadMessage, Notice, Progress, Reply, Status, Update, decode_outgoing, hears_words
from core.streams import Entry, PartState
from core.telemetry import get_logger

log = get_logger(__name__)

TURN_RETRY_MS = 40
ALARM_RETRY_MS = 30_000
ALARM_PAUSE_MS = 5_000
"""After an alarm the whole channel waits: what is sent next only looks whether somebody has acted."""
LIMIT_SLEEP_MAX_MS = 5_000
"""A longer wait for a rate is spent in Redis, not in this process."""
RATE_RETRY_MAX_MS = 15_000
"""Some rates begin anew when the shopper writes, and then nobody should wait for the hour to end."""
GONE_S = 90 * 24 * 3600
MOVES_MAX = 3


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
        self._marks = PartMarks(self._streams)
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
            failure = late.failure_in(entry.data)
            if failure is None:
                await self._streams.bury(entry, str(error), lease=lease)
            else:
                await self._handle_failure(entry, failure, lease)
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
        with tracing.span("send", parent=entry.trace, kind="consumer", channel=channel.name, what=outgoing.kind):
            await self._deliver(entry, outgoing, channel, lease)

    async def _deliver(self, entry: Entry, outgoing: Reply | Notice | Progress, channel: Channel, lease: Lease) -> None:
        done = _Progress()
        if await self._put_aside(entry, self._send_all(outgoing, channel, done), done, lease):
            return
        ended = await self._streams.advance(entry, tally=tally_of(outgoing, done), finish_turn=True, lease=lease)
        if ended and isinstance(outgoing, Reply):
            await count(self._redis, self._keys, channel.name, outcome_of(outgoing))

    async def _put_aside(self, entry: Entry, sending: Awaitable[_Later | None], done: _Progress, lease: Lease) -> bool:
        """Whether the entry goes on later, with what could not be sent now."""
        try:
            later = await sending
        finally:
            await done.settled()
            await done.marked()
        if later is not None:
            await self._streams.retry(entry, later.reason, after_ms=later.after_ms, count=later.failure, lease=lease)
        return later is not None

    async def _handle_failure(self, entry: Entry, update: Update, lease: Lease) -> None:
        """A part that the provider had taken failed afterwards: once, the channel says what goes out instead."""
        channel, status = self._services.channels.of(update.chat), update.content
        if isinstance(channel, late.HearsLate) and isinstance(status, Status):
            with redis_errors():
                kept = await self._redis.get(self._keys.sent(status.provider_id))
            part = late.part_from(kept, update.chat) if kept else None
            if part is not None:
                outcome = channel.late_failure(part, status.code)
                wait_ms = late.wait_before(outcome, entry.attempt)
                if wait_ms is not None:
                    await self._streams.retry(entry, "it is to be sent once more", after_ms=wait_ms, lease=lease)
                    return
                done = _Progress()
                if await self._put_aside(entry, self._mend(part, outcome, channel, done), done, lease):
                    return
            with redis_errors():
                await self._redis.delete(self._keys.sent(status.provider_id))
        await self._streams.advance(entry, lease=lease)

    async def _mend(self, part: Part, outcome: Outcome, channel: Channel, done: _Progress) -> _Later | None:
        log.info("a part failed after it was taken", job=part.job, channel=channel.name, outcome=type(outcome).__name__)
        metrics.SENDS.labels(channel.name, f"late_{type(outcome).__name__.lower()}").inc()
        if isinstance(outcome, Alarm):
            await raise_alarm(self._services, channel.name, outcome.reason)
            await self._marks.ended(part, PartState.DROPPED)
            return None
        later = await self._look(part.chat, part.job, channel, done)
        if later is not None or done.gone:
            return later
        return await self._settle(part, late.second_try(part, outcome), channel, done)

    async def _send_all(self, outgoing: Reply | Notice | Progress, channel: Channel, done: _Progress) -> _Later | None:
        later = await self._look(outgoing.chat, outgoing.job, channel, done)
        if later is not None or done.gone:
            return later
        if isinstance(outgoing, Reply) and hears_words(outgoing.chat):
            onward = actions.next_of(outgoing)
            token = actions.token_of(outgoing.job, onward) if onward is not None else ""
            await keep(self._redis, (self._keys.onward(outgoing.chat), token, STATE_S))
        return await self._send_parts(channel.render(outgoing, self._context), channel, done)

    async def _look(self, chat: str, job: str, channel: Channel, done: _Progress) -> _Later | None:
        """Where the chat is, whether it may be written to now, and what of the answer it has already."""
        with redis_errors():
            for _ in range(MOVES_MAX):
                moved = await self._redis.get(self._keys.moved(chat))
                if not moved:
                    break
                done.moved_to = chat = moved.decode()
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.exists(self._keys.gone(chat))
                pipe.pttl(self._keys.paused(chat))
                pipe.pttl(self._keys.paused(channel.name))
                pipe.hgetall(self._keys.parts(job))
                gone, chat_ms, channel_ms, marked = await pipe.execute()
        if gone:
            metrics.SENDS.labels(channel.name, "skipped").inc()
            done.gone = True
            return None
        if channel_ms > 0:
            return _Later("its channel waits until somebody acts", channel_ms)
        if chat_ms > 0:
            return _Later("the provider asked to wait", chat_ms)
        done.states = {int(number): PartState(state.decode()) for number, state in marked.items()}
        await self._marks.catch_up(job, done.states)
        return None

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
        if done.moved_to is not None and part.chat != done.moved_to:
            part = dataclasses.replace(part, chat=done.moved_to)
            await self._mint([part])  # a button works in its own chat alone
        await done.settled()
        room = await self._limiter.take(channel.limits(part), LIMIT_SLEEP_MAX_MS)
        try:
            await done.marked()
            if isinstance(room, Wait):
                return _Later("the provider's rate is used up", min(room.ms, RATE_RETRY_MAX_MS))
            if not part.editing:
                await self._marks.take(part, done.states.get(part.number))
            with tracing.span("send.part", kind="client", channel=channel.name) as span:
                outcome = await channel.send(part)
                span.note(outcome=type(outcome).__name__.lower())
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
                what = late.remembered(part) if isinstance(channel, late.HearsLate) else None
                done.marking = asyncio.create_task(self._marks.sent(part, ids, what))
            case Unknown(reason=reason):
                log.warning("a send may have arrived or not; it is not repeated", job=part.job, reason=reason)
                done.unknown = True
                await self._marks.ended(part, PartState.UNKNOWN)
            case Drop(reason=reason, alarm=alarm):
                log.warning("a part was refused for good", job=part.job, channel=channel.name, reason=reason)
                if alarm:
                    await raise_alarm(self._services, channel.name, reason)
                await self._marks.ended(part, PartState.DROPPED)
            case Gone(reason=reason):
                log.info("a chat cannot be written to any more", job=part.job, reason=reason)
                done.gone = True
                await keep(self._redis, (self._keys.gone(part.chat), "1", GONE_S))
                await self._marks.ended(part, PartState.DROPPED)
            case Degrade(to=instead, reason=reason):
                log.info("a part goes out in another form", job=part.job, reason=reason)
                return await self._send_instead(part, instead, channel, done)
            case Rekey(chat=chat):
                return await self._send_elsewhere(part, chat, channel, done)
            case Retry(reason=reason, after_ms=after_ms):
                return await self._put_off(part, reason, after_ms)
            case Alarm(reason=reason):
                await self._marks.not_sent(part)
                await keep(self._redis, (self._keys.paused(channel.name), "1", ALARM_PAUSE_MS / 1000))
                await raise_alarm(self._services, channel.name, reason)
                return _Later(reason, ALARM_RETRY_MS)
        return None

    async def _send_instead(
        self, part: Part, instead: Sequence[Part], channel: Channel, done: _Progress
    ) -> _Later | None:
        """The same part in another form, each of its messages marked on its own.

        The part itself was not sent, so its own mark goes: when this is interrupted, the part is tried and refused
        again, and of its other form only what is missing follows.
        """
        await self._marks.not_sent(part)
        others = [dataclasses.replace(other, number=_beneath(part, at)) for at, other in enumerate(instead)]
        later = await self._send_parts(others, channel, done)
        await done.marked()
        if later is None:
            await self._marks.ended(part, PartState.UNKNOWN if done.unknown else PartState.SENT)
        return later

    async def _send_elsewhere(self, part: Part, chat: str, channel: Channel, done: _Progress) -> _Later | None:
        """The chat has another name now: this part and the rest of the answer go there."""
        await self._marks.not_sent(part)
        if done.moved_to == chat:
            log.warning("a chat is said to have moved where it is", job=part.job, channel=channel.name)
            await self._marks.ended(part, PartState.DROPPED)
            return None
        await keep(self._redis, (self._keys.moved(part.chat), chat, MOVED_S))
        done.moved_to = chat
        done.states.pop(part.number, None)
        return await self._send_part(part, channel, done)

    async def _put_off(self, part: Part, reason: str, after_ms: int | None) -> _Later:
        await self._marks.not_sent(part)
        if after_ms is not None:
            await keep(self._redis, (self._keys.paused(part.chat), "1", after_ms / 1000))
        return _Later(reason, after_ms, failure=after_ms is None)


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
