"""The account that a reindex ends with: every row counted, pictures apart, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """rows = products + merged + skipped."""

    feed: str
    rows: int
    products: int
    merged: int
    skipped: int
    pictures: int
    embedded: int
    """Pictures that the model saw in this run."""
    pictures_failed: int
    """References that gave no picture, of products that have another one or were skipped."""
    notes: int
    """What was dropped of rows that made it (a link that is no http address, a second picture ...)."""
    index: str
    added: int
    removed: int
    changed: int
    problems: tuple[str, ...] = ()
    """The first rows that did not make it, for people."""
    generation: str = ""
    recall: float = 1.0
    """Of the built index against exact search, first ten of a sample."""
    recall_sample: int = 0
    before: str | None = None
    seconds: float = 0.0
    embedding_seconds: float = 0.0
    refitted: bool = False

    def public(self) -> dict[str, Any]:
        """The form of `reindex --json`."""
        return {
            "generation": self.generation,
            "rows": self.rows,
            "products": self.products,
            "merged": self.merged,
            "skipped": self.skipped,
            "pictures": self.pictures,
            "embedded": self.embedded,
            "pictures_failed": self.pictures_failed,
            "recall": self.recall,
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "before": self.before,
            "seconds": round(self.seconds, 2),
        }

    def lines(self) -> list[str]:
        """For people."""
        told = [
            f"Generation {self.generation} is published.",
            f"{self.rows} rows = {self.products} products + {self.merged} merged into one + {self.skipped} skipped.",
            f"{self.pictures} pictures, {self.embedded} of them embedded now"
            + (f"; {self.pictures_failed} could not be used." if self.pictures_failed else "."),
            f"Recall of the {self.index} index: {self.recall:.4f} (exact first ten, {self.recall_sample} queries).",
        ]
        if self.before:
            told.append(
                f"Against {self.before}: {self.added} products added, {self.removed} removed, {self.changed} changed."
            )
        if self.notes:
            told.append(f"{self.notes} notes on rows that were taken, in notes.tsv.")
        if self.problems:
            told += ["Not taken:", *(f"  {problem}" for problem in self.problems)]
            if self.skipped > len(self.problems):
                told.append(f"  ... and {self.skipped - len(self.problems)} more, listed in skipped.tsv.")
        told.append(f"It took {self.seconds:.1f} s.")
        return told
