"""The demo keeps what it promises: a shopper's photo finds its product."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.demo import PHOTOS, measure
from index.model.runtime import Embedder


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_shoppers_photo_finds_its_product_in_seven_of_ten_cases_and_its_kind_in_nine(tmp_path: Path) -> None:
    measured = measure(tmp_path, PHOTOS, Embedder.load(threads=1))
    assert measured["right product first"] >= 0.70
    assert measured["right kind first"] >= 0.90
