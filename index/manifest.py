"""`manifest.json`: what a generation is, and the checksum of each of its files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.codes import CodeLayout, CodePart
from index.longcodes import BrokenGeneration
from index.migrations import FORMAT, migrate

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Typical:
    """How far apart unlike products lie in one part, in differing bits."""

    median: float
    near: float
    """Only one pair in fifty lies nearer."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says about itself."""

    name: str
    created: str
    """ISO 8601, UTC."""
    fingerprint: str
    """Family of the model."""
    rows: int
    """Rows of the feed."""
    products: int
    merged: int
    skipped: int
    pictures: int
    """Rows of the codes."""
    short_bits: int
    index: str
    """`flat` or `hnsw`."""
    parts: tuple[CodePart, ...]
    threshold: float
    """Weighted long distance above which nothing counts as close."""
    typical: Mapping[str, Typical]
    """By part."""
    feed: str
    fitted: int = 0
    """Pictures that the binariser was fitted on."""
    changed: int = 0
    """Pictures that came or went since."""
    recall: float | None = None
    """Of the built index against exact search, on a sample."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by file."""

    @property
    def layout(self) -> CodeLayout:
        return CodeLayout(self.parts)

    def to_json(self) -> bytes:
        """With a checksum of its own, so that a changed manifest is noticed when it is opened."""
        told: dict[str, Any] = {"format": FORMAT} | dataclasses.asdict(self)
        return json.dumps(told | {"checksum": _checksum(told)}, indent=1, ensure_ascii=False).encode()

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a generation. Raises BrokenGeneration."""
        try:
            told = json.loads((folder / NAME).read_bytes())
            told = migrate(_checked(told))
            del told["format"]
            parts = tuple(CodePart.of(part) for part in told.pop("parts"))
            typical = {name: Typical(**entry) for name, entry in told.pop("typical").items()}
            return cls(parts=parts, typical=typical, **told)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BrokenGeneration(f"{folder.name}: the manifest cannot be read ({error}).") from None


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    if told.pop("checksum") != _checksum(told):
        raise ValueError("its checksum does not fit")
    return told


def _checksum(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
