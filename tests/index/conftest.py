"""Shops for the tests of the index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index.shop import Shop


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Sixty products, indexed once a module: tests only read it."""
    shop = Shop.of(tmp_path_factory.mktemp("shop"), 60)
    shop.reindex()
    yield shop
    shop.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Twelve products, not indexed yet."""
    shop = Shop.of(tmp_path / "shop", 12)
    yield shop
    shop.close()
