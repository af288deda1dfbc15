"""A clock that is set back (or was ahead and is set right) changes nothing in the order of generations."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from index import writer
from index.writer import new_name, utc_now
from tests.index.shop import Shop

Step = Callable[[datetime.timedelta], None]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    """The writer's clock is so much ahead from now on (negative: behind)."""

    def to(ahead: datetime.timedelta) -> None:
        monkeypatch.setattr(writer, "utc_now", lambda: utc_now() + ahead)

    return to


@pytest.mark.parametrize("ahead", [DAY, -DAY])
def test_a_clock_that_steps_leaves_the_order_of_generations(shop: Shop, step: Step, ahead: datetime.timedelta) -> None:
    first = shop.reindex_changed().generation
    step(ahead)
    second = shop.reindex_changed().generation
    step(datetime.timedelta())
    third = shop.reindex_changed().generation
    store = shop.store
    assert store.names() == [first, second, third]
    assert store.current_name() == third
    assert store.rollback() == second
    assert store.rollback() == first


def test_with_the_clock_back_the_newest_are_kept(shop: Shop, step: Step) -> None:
    names = []
    for days in range(5):
        step(-days * DAY)
        names.append(shop.reindex_changed().generation)
    assert shop.store.names() == names[-3:]
    assert shop.store.current_name() == names[-1]


def test_after_a_rollback_the_next_one_is_the_newest_whatever_the_clock_says(shop: Shop, step: Step) -> None:
    first, second = (shop.reindex_changed().generation for _ in range(2))
    shop.store.rollback()
    step(-DAY)
    third = shop.reindex_changed().generation
    assert shop.store.names() == [first, second, third]
    assert shop.store.rollback() == second


def test_a_name_follows_the_highest_and_folders_of_other_names_do_not_count() -> None:
    held = ["20991231T235959999999Z-abcdef", "20260101T000000000000Z-ffffff", "zzz", "20269999T000000000000Z-000000"]
    assert new_name(held).startswith("21000101T000000000000Z-")
    assert new_name(["99991231T235959999998Z-abcdef"]).startswith("99991231T235959999999Z-")
