"""Shops for the tests of the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.index.shop import Shop


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Sixty products, indexed once a module: tests only read it."""
    shop = Shop.of(tmp_path_factory.mktemp("shop"), 60)
    shop.reindex()
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Twelve products, not indexed yet."""
    return Shop.of(tmp_path / "shop", 12)
