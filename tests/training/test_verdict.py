"""The new model is kept only where it is really better."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.verdict import Change, change, judge


def spans(low: float, high: float) -> Change:
    return Change(0.2, 0.2 + (low + high) / 2, low, high)


BETTER, SAME, WORSE = spans(0.02, 0.08), spans(-0.03, 0.05), spans(-0.08, -0.02)
CASES = [
    (BETTER, BETTER, BETTER, True, "first more often"),
    (BETTER, SAME, SAME, True, "first more often"),
    (BETTER, SAME, None, True, "first more often"),
    (SAME, BETTER, BETTER, False, "may be chance"),
    (SAME, SAME, None, False, "may be chance"),
    (WORSE, SAME, SAME, False, "may be chance"),
    (BETTER, WORSE, SAME, False, "first five less often"),
    (BETTER, BETTER, WORSE, False, "same category less often"),
    (spans(0.0, 0.05), SAME, None, False, "may be chance"),
]


@pytest.mark.parametrize(("at_1", "at_5", "category", "kept", "why"), CASES)
def test_a_model_is_kept_only_where_nothing_got_worse_and_the_first_hit_really_better(
    at_1: Change, at_5: Change, category: Change | None, kept: bool, why: str
) -> None:
    verdict = judge(at_1, at_5, category)
    assert verdict.kept is kept
    assert why in verdict.why


def answers(right: int, of: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.arange(of) < right


def test_a_clear_gain_over_many_products_is_real() -> None:
    found = change(answers(100, 500), answers(200, 500), np.arange(500))
    assert found is not None
    assert (found.before, found.after) == (0.2, 0.4)
    assert found.better
    assert 0.1 < found.low < 0.2 < found.high < 0.3


def test_a_clear_loss_is_worse() -> None:
    found = change(answers(200, 500), answers(100, 500), np.arange(500))
    assert found is not None
    assert found.worse


def test_a_gain_in_many_photos_of_few_products_may_be_chance() -> None:
    """40 photos more are right, but all of them show one of ten products."""
    product = np.repeat(np.arange(10), 40)
    before, after = np.zeros(400, bool), product == 0
    found = change(before, after, product)
    assert found is not None
    assert found.after - found.before == pytest.approx(0.1)
    assert not found.better


def test_the_same_answers_are_neither_better_nor_worse() -> None:
    found = change(answers(7, 40), answers(7, 40), np.arange(40) // 2)
    assert found is not None
    assert (found.low, found.high) == (0.0, 0.0)
    assert not found.better
    assert not found.worse


def test_the_same_questions_give_the_same_interval_again() -> None:
    dice = np.random.default_rng(3)
    before, after, product = dice.random(90) < 0.3, dice.random(90) < 0.4, dice.integers(0, 20, 90)
    assert change(before, after, product) == change(before, after, product)


def test_without_questions_there_is_no_change_to_tell() -> None:
    empty = np.empty(0, bool)
    assert change(empty, empty, np.empty(0, np.int64)) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=1, max_size=60))
def test_what_is_called_better_was_right_more_often(rows: list[tuple[bool, bool, int]]) -> None:
    before, after, product = (np.array(column) for column in zip(*rows, strict=True))
    found = change(before.astype(bool), after.astype(bool), product.astype(np.int64))
    assert found is not None
    assert found.low <= found.high
    assert found.after > found.before or not found.better
    assert found.after < found.before or not found.worse
