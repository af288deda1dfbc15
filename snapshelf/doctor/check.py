"""What one check found."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.StrEnum):
    """How one thing stands."""

    OK = "ok"
    """As it should be."""
    WARN = "warn"
    """It works, and somebody should know."""
    BAD = "bad"
    """It does not work, or data may be lost."""


SIGNS = {State.OK: "✓", State.WARN: "!", State.BAD: "✗"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; no text carries a secret."""

    name: str
    state: State
    text: str
    mend: str = ""
    """What to do about it, one sentence; empty when there is nothing to do."""

    def lines(self) -> list[str]:
        """For a terminal."""
        return [f"{SIGNS[self.state]} {self.name}: {self.text}", *([f"    → {self.mend}"] if self.mend else [])]


def ok(name: str, text: str) -> Check:
    """As it should be."""
    return Check(name, State.OK, text)


def warn(name: str, text: str, mend: str) -> Check:
    """It works, and somebody should know."""
    return Check(name, State.WARN, text, mend)


def bad(name: str, text: str, mend: str) -> Check:
    """It does not work, or data may be lost."""
    return Check(name, State.BAD, text, mend)
