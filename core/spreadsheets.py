"""Cells of tables that we write: a spreadsheet would run some of them as formulas (CWE-1236)."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The wide ones too: some programs take them for the narrow ones."""


def neutral(text: str) -> str:
    """The cell with an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(_STARTS) else text


def meant(text: str) -> str:
    """What `neutral` was given."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_STARTS) else text
