"""Learned whitening: what differs between views of one product counts less."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
from index.model.weights import Layer
from training.projection import Matrix, projected, whitening


@pytest.mark.training
def test_the_direction_in_which_views_differ_no_longer_tells_products_apart() -> None:
    dice = np.random.default_rng(3)
    product = dice.normal(size=(400, 8)).astype(np.float32)
    nuisance = np.zeros((400, 8), np.float32)
    nuisance[:, 0] = 6.0

    def views() -> Matrix:
        seen = product + nuisance * dice.normal(size=(400, 1)) + dice.normal(size=(400, 8)) * 0.1
        return np.asarray(seen / np.linalg.norm(seen, axis=1, keepdims=True), np.float32)

    left, right = views(), views()
    layer = whitening(left, right)

    def first_right(one: Matrix, other: Matrix) -> float:
        return float(((one @ other.T).argmax(1) == np.arange(len(one))).mean())

    assert first_right(projected(left, layer), projected(right, layer)) > first_right(left, right) + 0.2
    assert projected(left, None) is left


@pytest.mark.training
def test_what_int8_changes_hardly_moves_what_is_projected() -> None:
    dice = np.random.default_rng(4)
    product = dice.normal(size=(400, 8)).astype(np.float32)
    product[:, 0] *= 0.01  # a quiet direction: a projection blows it up
    noise = np.zeros((400, 8), np.float32)
    noise[:, 0] = 0.02 * dice.normal(size=400)

    def unit(values: Matrix) -> Matrix:
        return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)

    left, right = (unit(product + 0.1 * product.std(0) * dice.normal(size=(400, 8))) for _ in range(2))
    rounded = unit(left + noise)

    def agreement(layer: Layer) -> float:
        return float((projected(left, layer) * projected(rounded, layer)).sum(1).min())

    blind, warned = whitening(left, right, shrink=1e-6), whitening(left, right, shrink=1e-6, noise=rounded - left)
    assert agreement(blind) < 0.9
    assert agreement(warned) > 0.999
