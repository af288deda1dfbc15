"""The card says what was measured, side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.paths import ROOT
from training.cardtext import COLUMNS, Row, card, lost, table
from training.recipe import read_recipe

FIGURES = {key: 0.1 * (number + 1) for number, key in enumerate(key for _, keys in COLUMNS for key in keys)}


def test_each_row_has_every_figure_and_dashes_for_what_was_not_measured() -> None:
    lines = table([Row("new", FIGURES), Row("old", {"groceries at 1": 0.5})]).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("| new | 0.100 / 0.200 | 0.300 / 0.400 |")
    assert lines[3] == "| old | – / – | – / – | – / – | 0.500 / – | – / – |"


@pytest.mark.parametrize(
    ("small", "points"), [(FIGURES, 0.0), ({"groceries at 1": FIGURES["groceries at 1"] - 0.02}, 2.0), ({}, 0.0)]
)
def test_what_int8_loses_is_its_worst_figure(small: dict[str, float], points: float) -> None:
    assert lost(FIGURES, small) == pytest.approx(points)


def test_the_card_tells_the_recipe_the_pictures_and_the_protocol() -> None:
    recipe = read_recipe(ROOT / "training/recipe.toml")
    text = card(recipe, counts={"fashion": 1363}, done=[500, 850], side=112, rows=[Row("new", FIGURES)], int8=0.4)
    for wanted in ("500 steps at 96 px", "fashion 1,363", "**Protocol.**", "Plain averages", "| new |", "0.4 points"):
        assert wanted in text


def test_a_file_that_is_no_recipe_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("seed = 1")
    with pytest.raises(ValueError, match="is no recipe"):
        read_recipe(tmp_path / "r.toml")
