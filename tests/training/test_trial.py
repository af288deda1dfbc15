"""What a model is asked before and after: the same questions, answered as shoppers are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from index.model.fake import FakeEmbedder
from tests.index.shop import PARTS
from training.trial import Questions, ask

SIDE = 32


def drawn(count: int, seed: int) -> npt.NDArray[np.uint8]:
    cells = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    return cells.repeat(SIDE // 8, 1).repeat(SIDE // 8, 2)


def questions(photos: npt.NDArray[np.uint8], product: list[int], category: list[int] | None = None) -> Questions:
    """Twenty products; the last but one has two pictures."""
    shelf = drawn(21, seed=5)
    owner = np.array([*range(19), 18, 19])
    held = np.zeros(20, bool)
    held[[3, 18]] = True
    return Questions(shelf, owner, np.array(category or [-1] * 20), held, photos, np.array(product))


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder(SIDE, parts=PARTS)


def test_a_photo_like_its_shop_picture_finds_its_product(embedder: FakeEmbedder) -> None:
    shelf = drawn(21, seed=5)
    noise = np.random.default_rng(1).integers(0, 12, (2, SIDE, SIDE, 3)).astype(np.uint8)
    found = ask(embedder, questions(np.minimum(shelf[[3, 19]], 240) + noise, [3, 18]))
    assert found.at_1.tolist() == [True, True], "picture 19 is the second one of product 18"
    assert found.at_5.tolist() == [True, True]


def test_a_photo_of_something_else_does_not(embedder: FakeEmbedder) -> None:
    found = ask(embedder, questions(drawn(21, seed=5)[[7]], [3]))
    assert found.at_1.tolist() == [False]


def test_the_nearest_other_product_tells_the_category(embedder: FakeEmbedder) -> None:
    """A picture's own product never answers for it, whatever the number of its pictures."""
    photos = np.empty((0, SIDE, SIDE, 3), np.uint8)
    same = ask(embedder, questions(photos, [], [0] * 20))
    assert same.category.tolist() == [True, True, True]
    assert same.category_product.tolist() == [3, 18, 18]
    own = ask(embedder, questions(photos, [], list(range(20))))
    assert not own.category.any()


def test_without_categories_none_are_asked(embedder: FakeEmbedder) -> None:
    found = ask(embedder, questions(drawn(1, seed=2), [3]))
    assert len(found.category) == len(found.category_product) == 0
