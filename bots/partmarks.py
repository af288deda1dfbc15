"""The marks of parts in Redis, and what Redis was away to be told: this process knows it until Redis does.

Otherwise a part that was sent just before Redis went would be sent once more when it is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bots.channel import Part
from core.connection import redis_errors
from core.errors import Unavailable
from core.streams import PartState, Streams

KNOWN_MAX = 10_000
"""Parts; the oldest go. Their answers are with another process by then, which sends such a part once more."""


@dataclass(frozen=True, slots=True)
class _Known:
    state: PartState | None
    """None: it was not sent, and that is known."""
    provider_ids: tuple[str, ...] = ()
    what: object = None


class PartMarks:
    """What became of the parts that this process sent."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._known: dict[tuple[str, int], _Known] = {}

    async def take(self, part: Part, before: PartState | None) -> None:
        """Mark it `sending`, `before` is what stood there (None: nothing). Raises Unavailable."""
        try:
            await self._streams.take_part(part.job, part.number)
        except Unavailable:
            if before is None:  # the mark may stand there now, but nothing was sent
                self._learn(part, _Known(None))
            raise

    async def sent(self, part: Part, provider_ids: Sequence[str], what: object = None) -> None:
        """The provider has it; `what` was in it, for a callback that comes later. Raises Unavailable."""
        await self._learn_and_tell(part, _Known(PartState.SENT, tuple(provider_ids), what))

    async def ended(self, part: Part, state: PartState) -> None:
        """It came to another end. Raises Unavailable."""
        await self._learn_and_tell(part, _Known(state))

    async def not_sent(self, part: Part) -> None:
        """It is as if it had never been tried. Raises Unavailable."""
        await self._learn_and_tell(part, _Known(None))

    async def catch_up(self, job: str, states: dict[int, PartState]) -> None:
        """Tell Redis what it missed of this job, and correct `states` (what it says now). Raises Unavailable."""
        for (of, number), known in [pair for pair in self._known.items() if pair[0][0] == job]:
            if states.get(number) in (PartState.SENDING, PartState.RESENT):
                await self._tell(of, number, known)
                states.pop(number)
                if known.state is not None:
                    states[number] = known.state
            else:  # Redis was told after all, or by another process
                self._known.pop((of, number), None)

    async def _learn_and_tell(self, part: Part, known: _Known) -> None:
        if part.editing and known.state is not None:
            return
        self._learn(part, known)
        await self._tell(part.job, part.number, known)

    def _learn(self, part: Part, known: _Known) -> None:
        while len(self._known) >= KNOWN_MAX:
            self._known.pop(next(iter(self._known)))
        self._known[part.job, part.number] = known

    async def _tell(self, job: str, number: int, known: _Known) -> None:
        if known.state is None:
            with redis_errors():
                await self._streams.redis.hdel(self._streams.keys.parts(job), str(number))
        else:
            for provider_id in known.provider_ids or (None,):
                await self._streams.mark_part(job, number, known.state, provider_id, known.what)
        if self._known.get((job, number)) is known:
            del self._known[job, number]
