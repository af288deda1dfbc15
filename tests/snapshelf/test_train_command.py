"""`snapshelf train` from the command line."""

from __future__ import annotations

import importlib.util
import json
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.errors import SnapshelfError
from index.model.runtime import Embedder
from snapshelf.cli import cli
from snapshelf.commands.train import _lines
from tests.training.goods import drawn_feed

with_torch = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch: see docs/training.md"),
    pytest.mark.training,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


def snapshelf(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code in (0, 2), result.output
    return result


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNAPSHELF_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return drawn_feed(tmp_path / "shop")


@pytest.mark.parametrize(
    ("missing", "sentence"), [("torch", "pip install torch"), ("onnx", "`export` extra")], ids=["torch", "onnx"]
)
def test_what_is_missing_is_told_in_one_sentence(
    missing: str, sentence: str, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == missing else ModuleSpec(name, None) if name == "torch" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(SnapshelfError, match=sentence) as told:
        snapshelf("train", str(feed))
    assert "\n" not in str(told.value)


CHANGE = {"before": 0.2, "after": 0.3, "low": 0.05, "high": 0.15}
TOLD: dict[str, Any] = {
    "verdict": {"kept": True, "why": "the right product comes first more often"},
    "at_1": CHANGE,
    "at_5": CHANGE,
    "category": None,
    "shoppers": None,
    "products": 400,
    "held_out": 100,
    "photos": 300,
    "model": "shop-1",
}


def test_a_model_that_is_kept_says_how_to_use_it() -> None:
    lines = _lines(TOLD, "feed.tsv")
    assert "right product first: 0.200 before, 0.300 after (+0.050 to +0.150)" in lines
    assert not any("category" in line for line in lines)
    assert lines[-1] == "Set SNAPSHELF_MODEL=shop-1 and run `snapshelf reindex feed.tsv` to use it."


def test_a_model_that_is_not_kept_says_why() -> None:
    lines = _lines(TOLD | {"model": None, "verdict": {"kept": False, "why": "the difference may be chance"}}, "f")
    assert lines[-1] == "The old model stays: the difference may be chance."


class TestWithTorch:
    """The whole way, with steps and views cut to what a test may cost."""

    pytestmark = with_torch

    @pytest.fixture(autouse=True)
    def _little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from training import plan

        for name, value in {"FEWEST_STEPS": 2, "STEPS_EACH": 0.01, "MOST_VIEWS": 3, "PHOTOS": 12}.items():
            monkeypatch.setattr(plan, name, value)

    def test_from_a_feed_to_a_model_that_can_be_loaded(
        self, feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from training import own_goods
        from training.verdict import Verdict

        (tmp_path / "pairs.csv").write_text("path,product_id\nshop/3.png,p3\n")
        monkeypatch.setattr(own_goods, "judge", lambda *changes: Verdict(True, "so says the test"))
        result = snapshelf("train", str(feed), "--json", "--minutes", "1", "--feedback", str(tmp_path / "pairs.csv"))
        assert "take about" in result.stderr
        told = json.loads(result.stdout)
        assert told["products"] == 44
        assert told["model"] == "shop-1"
        assert 0 <= told["at_1"]["before"] <= 1
        made = Embedder.load("shop-1", models=tmp_path / "data/models")
        assert (made.variant, made.input_size) == ("int8", Embedder.load().input_size)
        assert made.fingerprint != Embedder.load().fingerprint
        assert made.terms.endswith("trained further on the shop's own pictures")
        (run,) = (tmp_path / "data/training").iterdir()
        assert not list(run.glob("*.f16")), "what only the training needed is gone"

        again = snapshelf("train", str(feed), "--feedback", str(tmp_path / "pairs.csv"))
        assert "--again" in again.stderr
        assert "SNAPSHELF_MODEL=shop-1" in again.stdout

    def test_where_the_difference_is_not_real_the_old_model_stays(
        self, feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from training import own_goods
        from training.verdict import Verdict

        monkeypatch.setattr(own_goods, "judge", lambda *changes: Verdict(False, "so says the test"))
        result = snapshelf("train", str(feed))
        assert "The old model stays: so says the test." in result.stdout
        assert not list((tmp_path / "data").glob("models/*"))
