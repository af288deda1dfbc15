"""Which views the projection of a shop is learned from."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: see docs/training.md")
pytestmark = pytest.mark.training

from training.whitened import pairs_of  # noqa: E402 - after the skip

PRODUCT = np.array([0, 1, 2, 0, 1, 0, 1, 1, 3])
PHOTO = np.array([False, False, False, False, False, True, True, True, True])


def test_each_photo_is_paired_with_a_shop_view_of_its_product() -> None:
    clean, photo = pairs_of(PRODUCT, PHOTO)
    assert photo.tolist() == [5, 6, 7], "product 3 has no view of the shop"
    assert PRODUCT[clean].tolist() == PRODUCT[photo].tolist()
    assert not PHOTO[clean].any()
    assert set(clean.tolist()) == {0, 1, 4}, "several views of the shop take turns"


def test_no_more_pairs_than_asked_for_evenly() -> None:
    _, photo = pairs_of(np.zeros(101, np.int64), np.arange(101) > 0, most=4)
    assert photo.tolist() == [1, 34, 67, 100]
