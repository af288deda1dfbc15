"""Pictures decoded in this process: tests that are not about decoding start no processes for it."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import Refused
from index import pictures
from index.pictures import Prepared


class DecodedHere:
    """As `index.decoding.Decoders`, without the processes."""

    def warm(self) -> None:
        """Nothing to get ready."""

    def prepare(self, data: Sequence[bytes], side: int) -> list[Prepared | Refused]:
        """What `index.pictures.prepare` makes of each, or why it makes nothing."""
        return [_prepared(one, side) for one in data]


def _prepared(data: bytes, side: int) -> Prepared | Refused:
    try:
        return pictures.prepare(data, side)
    except Refused as refused:
        return refused
