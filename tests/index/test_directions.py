"""Signs of products: exact whatever batch they are asked in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.directions import FEW, Directions


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1, 3, 64, 1344]), rows=st.integers(1, FEW))
def test_a_row_has_the_same_bits_alone_and_in_a_large_batch(seed: int, size: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    directions = Directions(random.standard_normal((size, 200)).astype(np.float32))
    many = random.standard_normal((50, size)).astype(np.float16).astype(np.float64)
    assert (directions.signs(many[:rows]) == directions.signs(many)[:rows]).all()


@pytest.mark.parametrize("tilt", [-1e-9, 1e-9])
def test_what_float32_cannot_tell_is_told_in_float64(tilt: float) -> None:
    row, matrix = _nearly_at_right_angles(tilt)
    assert (row.astype(np.float32) @ matrix).item() == 0, "float32 sees no difference"
    assert Directions(matrix).signs(row).item() is (tilt > 0)


def _nearly_at_right_angles(tilt: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    return np.array([[1.0 + tilt, -1.0]]), np.array([[1.0], [1.0]], np.float32)


def test_a_product_of_exactly_0_is_not_above() -> None:
    assert not Directions(np.zeros((3, 5), np.float32)).signs(np.ones((1, 3))).any()
