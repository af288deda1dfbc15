"""A column damaged while it is in use: the generation is left, as for any other damage.

One damaged before it is opened is noticed by its checksum (`test_generation.py`).
"""

from __future__ import annotations

import numpy as np
import pytest

from index.longcodes import BrokenGeneration
from tests.index.shop import Shop


def test_a_column_that_names_a_product_nobody_has_lets_the_generation_before_answer(shop: Shop) -> None:
    first = shop.reindex().generation
    shop.add("new", 3)
    second = shop.reindex().generation
    alarms: list[str] = []
    store = shop.open_store(alarm=alarms.append)
    assert store.current().name == second
    column = shop.settings.index_dir / second / "product.u32"
    flipped = np.fromfile(column, "<u4") ^ 4096
    column.write_bytes(flipped.tobytes())
    with pytest.raises(BrokenGeneration, match="does not have"), store.lease() as generation:
        generation.like("p001", want=3)
    with store.lease() as generation:
        assert generation.name == first
        assert generation.like("p001", want=3).hits
    assert len(alarms) == 1
