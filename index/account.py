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
    unchanged: bool = False
    """Nothing differs from the generation that answers: it stays, none was written."""
    unknown: tuple[str, ...] = ()
    """Ids asked for by `only` that stand neither in the feed nor in the generation before."""

    @property
    def changes(self) -> int:
        """Products that came, went or are no longer the same."""
        return self.added + self.removed + self.changed

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
            "unchanged": self.unchanged,
            "unknown": list(self.unknown),
            "seconds": round(self.seconds, 2),
        }

    def lines(self) -> list[str]:
        """For people."""
        head = f"Generation {self.generation} is published."
        if self.unchanged:
            head = f"Nothing has changed: generation {self.generation} stays."
        told = [
            head,
            f"{self.rows} rows = {self.products} products + {self.merged} merged into one + {self.skipped} skipped.",
            f"{self.pictures} pictures, {self.embedded} of them embedded now"
            + (f"; {self.pictures_failed} could not be used." if self.pictures_failed else "."),
        ]
        if not self.unchanged:
            sample = f"(exact first ten, {self.recall_sample} queries)"
            told.append(f"Recall of the {self.index} index: {self.recall:.4f} {sample}.")
        if self.before:
            told.append(
                f"Against {self.before}: {self.added} products added, {self.removed} removed, {self.changed} changed."
            )
        if self.notes:
            told.append(f"{self.notes} notes on rows that were taken, in notes.tsv.")
        if self.unknown:
            told.append(f"Neither in the feed nor in the index: {', '.join(self.unknown)}.")
        if self.problems:
            told += ["Not taken:", *(f"  {problem}" for problem in self.problems)]
            if self.skipped > len(self.problems):
                told.append(f"  ... and {self.skipped - len(self.problems)} more, listed in skipped.tsv.")
        told.append(f"It took {self.seconds:.1f} s.")
        return told
