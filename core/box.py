"""A part of a photo. Apart from the messages, since a process that only decodes shall start without what those need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a photo, as fractions of its upright width and height; checked where a message is read."""

    __pydantic_config__ = {"extra": "ignore", "hide_input_in_errors": True}  # noqa: RUF012 - as `messages._CONFIG`

    x: Annotated[float, Ge(0), Le(1)]
    y: Annotated[float, Ge(0), Le(1)]
    width: Annotated[float, Gt(0), Le(1)]
    height: Annotated[float, Gt(0), Le(1)]
