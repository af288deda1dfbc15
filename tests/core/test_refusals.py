"""The page on refusals names every reason, with the sentence that the shopper reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SENTENCES, Reason

PAGE = Path(__file__).parents[2] / "docs" / "refusals.md"


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_stands_in_the_docs_with_its_sentence(reason: Reason) -> None:
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{reason.value}` |"))
    assert SENTENCES[reason] in row
