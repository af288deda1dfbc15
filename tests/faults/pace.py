"""How long faults last: a short run has to end within a minute, a long one shows what takes its time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Seconds; a fault draws its own within them."""

    between_s: tuple[float, float]
    """From one fault to the next."""
    away_s: tuple[float, float]
    """A part that is stopped, frozen or full."""
    storm_s: tuple[float, float]
    """A provider that says no."""
    drain_s: float
    """For everything under way to come to its end after the last fault."""


SHORT = Pace(between_s=(1.0, 2.5), away_s=(1.0, 3.0), storm_s=(0.5, 1.2), drain_s=120)
LONG = Pace(between_s=(1.0, 6.0), away_s=(2.0, 30.0), storm_s=(1.0, 15.0), drain_s=600)
