"""How much is trained, and how long that takes, is told before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.plan import (
    BANK_BYTES,
    FEWEST_STEPS,
    FEWEST_VIEWS,
    MOST_PHOTOS,
    MOST_STEPS,
    MOST_VIEWS,
    VIEWS_A_STEP,
    Costs,
    Plan,
    Size,
    in_words,
    plan,
    seconds,
)

COSTS = Costs(view_s=0.02, step_s=1.0, ask_s=0.002)


def shop(products: int, *, row_bytes: int = 19_000, pictures_each: int = 1) -> Size:
    held = products // 4
    return Size((products - held) * pictures_each, products - held, products * pictures_each, held, row_bytes)


CASES = [
    (60, FEWEST_STEPS, MOST_VIEWS, MOST_PHOTOS),
    (200, FEWEST_STEPS, MOST_VIEWS, MOST_PHOTOS),
    (2_000, 300, MOST_VIEWS, 3),
    (50_000, MOST_STEPS, 6, 1),
    (1_000_000, MOST_STEPS, FEWEST_VIEWS, 1),
]


@pytest.mark.parametrize(("products", "steps", "views", "photos"), CASES)
def test_a_larger_catalogue_is_worth_more_steps_and_fewer_views_of_each_picture(
    products: int, steps: int, views: int, photos: int
) -> None:
    found = plan(shop(products), COSTS)
    assert (found.steps, found.views, found.photos) == (steps, views, photos)
    assert found.views * found.pictures * 19_000 <= BANK_BYTES


def test_the_estimate_adds_up_what_was_measured() -> None:
    size = shop(400)
    chosen = Plan(views=10, pictures=300, steps=60, photos=3, seconds=0)
    assert seconds(chosen, size, COSTS) == pytest.approx(
        1.1 * (3000 * (0.02 + 1 / VIEWS_A_STEP) + 60 + 2 * (400 + 300) * 0.002)
    )


def test_minutes_that_suffice_change_nothing() -> None:
    assert plan(shop(2_000), COSTS, minutes=60) == plan(shop(2_000), COSTS)


def test_too_few_minutes_cut_views_and_steps_until_it_fits() -> None:
    whole, cut = plan(shop(2_000), COSTS), plan(shop(2_000), COSTS, minutes=5)
    assert cut.seconds <= 300 < whole.seconds
    assert FEWEST_STEPS < cut.steps < whole.steps
    assert FEWEST_VIEWS < cut.views < whole.views


def test_with_hardly_any_time_the_least_that_can_help_is_planned() -> None:
    cut = plan(shop(2_000), COSTS, minutes=0.1)
    assert (cut.steps, cut.views) == (FEWEST_STEPS, FEWEST_VIEWS)
    assert cut.seconds > 6, "and it says honestly that it takes longer"


def test_a_plan_that_was_written_down_is_read_back(tmp_path: Path) -> None:
    made = plan(shop(300), COSTS)
    made.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == made


@pytest.mark.parametrize(
    ("s", "words"),
    [
        (3, "about 10 s"),
        (61, "about 70 s"),
        (600, "about 10 minutes"),
        (601, "about 11 minutes"),
        (9000, "about 2.5 hours"),
    ],
)
def test_durations_are_told_in_words(s: float, words: str) -> None:
    assert in_words(s) == words
