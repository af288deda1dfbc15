"""Formats of a generation's manifest: numbered functions, each from one format to the next, safe on old data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

FORMAT = 1
Told = dict[str, Any]

MIGRATIONS: dict[int, Callable[[Told], Told]] = {}
"""MIGRATIONS[n] takes a manifest of format n and gives it as format n + 1."""


def migrate(told: Mapping[str, Any]) -> Told:
    """A manifest of any earlier format as one of today's. Raises ValueError for a format that we do not know."""
    current = dict(told)
    while current.get("format") != FORMAT:
        step = MIGRATIONS.get(int(current.get("format", -1)))
        if step is None:
            raise ValueError(f"format {current.get('format')} is not known to this version (it writes {FORMAT})")
        current = step(current)
    return current
