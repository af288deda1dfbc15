"""`python -m training card` on a small run and small yardsticks."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from index.model.runtime import Embedder, builtin_path
from tests.index.shop import picture
from training.installed import installed_weights
from training.recipe import PictureSet, Recipe, Stage

pytest.importorskip("torch", reason="torch is not installed: see docs/training.md")
pytestmark = [pytest.mark.training, pytest.mark.slow, pytest.mark.timeout(300)]

from training import network  # noqa: E402 - after the skip
from training.card import Wish, write_card  # noqa: E402
from training.folded import to_network  # noqa: E402


def written(folder: Path, rows: list[dict[str, str]]) -> None:
    folder.mkdir(parents=True)
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        (folder / row["path"]).write_bytes(picture(row["path"]))


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    """Twelve garments, four pairs, twenty pictures that were trained on, a run of a few lines."""
    data, run, cache = (tmp_path / name for name in ("data", "run", "cache"))
    written(data / "photos/clothing", [{"path": f"g{n}.png", "class": str(n % 2)} for n in range(12)])
    for pair in ("groceries", "luma-views"):
        roles = [("shop", n) for n in range(6)] + [("view", n) for n in range(6)]
        rows = [{"path": f"{pair}-{role}-{n}.png", "product_id": str(n), "role": role} for role, n in roles]
        written(data / "pairs" / pair, rows)
    written(data / "trained", [{"path": f"t{n}.png"} for n in range(20)])
    run.mkdir()
    cache.mkdir()
    (run / "log.jsonl").write_text(json.dumps({"stage": 0, "step": 40, "side": 64, "loss": 2.0}) + "\n")
    network.save(to_network(installed_weights(builtin_path())[0]), run / "weights.npz")
    recipe = Recipe((PictureSet("trained", "trained", 64),), (Stage(64, 40, 8, 1e-4),), "run/weights.npz")
    return Wish(recipe, run, data, cache, run / "weights.npz", 64, data / "no-teacher", 64)


def test_a_run_ends_in_a_model_a_card_and_curves(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.model.make.ADMITTED", 0.05)  # twenty pictures are few to calibrate on
    text = write_card(wish, lambda line: None).read_text()
    assert "40 steps at 64 px" in text
    assert "trained 20" in text
    assert "teacher, 224 px" not in text, "it was not there"
    assert text.count("| first weights, 64 px, plain") == text.count("| new weights, 64 px, plain") == 3
    assert "**the same, int8 ONNX**" in text
    assert (wish.run / "curves.svg").read_text().startswith("<svg")
    made = Embedder.load(wish.run / "vgg16.onnx")
    assert (made.variant, made.input_size, made.name) == ("int8", 64, "builtin")
    assert made.dimensions == 1280, "nothing was projected"

    measured = (wish.run / "card.json").stat().st_mtime_ns
    write_card(wish, lambda line: None)
    assert (wish.run / "card.json").stat().st_mtime_ns == measured, "what was measured is not measured again"
