"""Drawn catalogues carry their own exact answers, and the results page tells of every program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import plot, report
from benchmarks.scale import filters
from benchmarks.scale.contestants import BINARY_FLAT, FLOAT_FLAT, OURS
from benchmarks.scale.drawing import PIECE, Drawn, Nearest, draw
from benchmarks.scale.material import Material, _pairs, ready
from benchmarks.scale.race import quality
from index.binariser import fit
from tests.index.shop import PARTS

ROWS = PIECE + 500


@pytest.fixture(scope="module")
def material() -> Material:
    generator = np.random.default_rng(0)
    kinds = generator.standard_normal((12, 128))
    floats = kinds[generator.integers(0, 12, 600)] + 0.5 * generator.standard_normal((600, 128))
    binariser = fit(floats, PARTS)
    short, long = binariser.codes(floats)
    asking = (floats[:20] + 0.2 * generator.standard_normal((20, 128))).astype(np.float32)
    centred = floats.astype(np.float32) - binariser.mean
    return Material("a test", centred, binariser, short, long, _pairs(long), asking)


@pytest.fixture(scope="module")
def drawn(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    folder = tmp_path_factory.mktemp("drawn")
    draw(material, ROWS, folder)
    filters.write_columns(folder, ROWS, filters.groups(material))
    return Drawn(folder, ROWS, material.binariser.layout)


def test_the_exact_answers_are_those_of_all_rows(drawn: Drawn) -> None:
    questions = drawn.questions()
    cosines = questions["ready"] @ drawn.floats().T
    far = [drawn.layout.weighted(drawn.layout.by_part(code, drawn.long())) for code in questions["long"]]
    for number in range(20):
        best = np.sort(cosines[number])[::-1][:10]
        found = np.sort(cosines[number, questions["float_rows"][number]])[::-1]
        assert np.allclose(found, best, atol=1e-5)
        assert questions["long_last"][number] == pytest.approx(np.sort(far[number])[9], abs=1e-5)


def test_drawn_products_are_as_near_as_real_neighbours(material: Material, tmp_path: Path) -> None:
    by_floats = draw(material, 4000, tmp_path)
    for code, real in material.flips().items():
        assert 0.3 < by_floats[code]["median"] / real["median"] < 1.5


def test_exact_contestants_are_found_exact(drawn: Drawn) -> None:
    questions = drawn.questions()
    for contestant, figure in ((FLOAT_FLAT, "recall_of_float"), (OURS, "recall_of_long")):
        ask = contestant.open(drawn)
        found = np.stack([ask(questions, number, contestant.default) for number in range(20)])
        assert quality(drawn, questions, found)[figure] >= 0.99
    assert BINARY_FLAT.can_be_had


def test_a_filter_on_the_price_leaves_the_share_that_its_name_says(drawn: Drawn) -> None:
    held = filters.columns(drawn)
    for name, asked in filters.asked().items():
        selection = held.selection(asked)
        assert selection is not None
        share = float(selection.whole().mean())
        if name.endswith("% of rows"):
            assert share == pytest.approx(float(name.split()[1].rstrip("%")) / 100, abs=0.01)
        assert 0 < share <= 1


def test_scores_seen_in_pieces_leave_the_lowest() -> None:
    scores = np.random.default_rng(2).random((3, 1000)).astype(np.float32)
    nearest = Nearest(3, 10)
    for at in range(0, 1000, 130):
        nearest.take(at, scores[:, at : at + 130])
    assert nearest.rows.tolist() == np.argsort(scores, axis=1)[:, :10].tolist()


def test_floats_are_unit_vectors_with_weighted_parts(material: Material) -> None:
    rows = ready(material.descriptors, material.binariser)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    lengths = [np.linalg.norm(rows[:, part.offset :][:, : part.size], axis=1).mean() for part in PARTS]
    assert lengths[2] / lengths[0] == pytest.approx(PARTS[2].weight / PARTS[0].weight, rel=1e-3)


def test_a_plot_names_its_lines_and_escapes_them() -> None:
    drawing = plot.curves("t", "x", "y", {"a < b": [(0.1, 0.5), (10, 0.9)], "c": [(3, 1.0)]})
    assert drawing.startswith("<svg")
    assert drawing.rstrip().endswith("</svg>")
    assert "a &lt; b" in drawing
    assert drawing.count("<polyline") == 1


def test_the_page_tells_of_every_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ground = {"processor": "P", "cpus": 2, "python": "3.11", "versions": {"numpy": "2"}}
    told = {"machine": ground, "parameters": {"seed": 1}, "measured": {"a": {"b": {"c": 1}}, "d": 2}}
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
    report.write(tmp_path, tmp_path / "results.md")
    page = (tmp_path / "results.md").read_text()
    assert "## one" in page
    assert "## two" in page
    assert "| a: b | c 1 |" in page
    assert "| d | 2 |" in page
    assert "2 results" in capsys.readouterr().out
