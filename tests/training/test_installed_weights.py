"""The weights of an installed model can be read back from its ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.model.contract import ModelFileError
from index.model.export import export, save
from index.model.graph import folded_first
from index.model.make import make
from index.model.probes import Reference, builtin_probes
from index.model.runtime import Embedder, builtin_path
from index.model.weights import read_weights
from tests.index.model.vgg_files import WIDTHS, layers, write_npz, write_safetensors
from training.installed import installed_weights


def test_an_fp32_model_gives_its_weights_back_exactly(tmp_path: Path) -> None:
    write_npz(tmp_path / "w.npz", layers(dense=False))
    weights = read_weights(tmp_path / "w.npz", widths=WIDTHS)
    save(export(weights, size=32, name="narrow"), tmp_path / "narrow.onnx")
    found, card = installed_weights(tmp_path / "narrow.onnx")
    assert card.input_size == 32
    assert found.preprocessing.mean_rgb == pytest.approx(weights.preprocessing.mean_rgb)
    assert np.array_equal(
        found.convolutions[0].weight, folded_first(weights.convolutions[0].weight, weights.preprocessing)
    )
    for one, other in zip(found.convolutions[1:], weights.convolutions[1:], strict=True):
        assert np.array_equal(one.weight, other.weight)
        assert np.array_equal(one.bias, other.bias)


@pytest.mark.slow
def test_the_built_in_int8_model_multiplied_out_gives_its_descriptors(tmp_path: Path) -> None:
    """ONNX Runtime's output of the int8 file against that of its weights as floats."""
    weights, card = installed_weights(builtin_path())
    save(export(weights, size=card.input_size, name="floats"), tmp_path / "floats.onnx")
    pixels = Reference.read(builtin_probes()).pixels[:8]
    small, floats = Embedder.load().embed(pixels), Embedder.load(tmp_path / "floats.onnx", provider="cpu").embed(pixels)
    assert (small * floats).sum(1).min() / len(card.parts) > 0.998  # each part has length 1


def test_a_model_with_dense_outputs_is_refused_with_a_sentence(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "w.safetensors", layers(dense=True))
    make(tmp_path / "w.safetensors", tmp_path / "m.onnx", size=64, outputs=("fc1",), widths=WIDTHS)
    with pytest.raises(ModelFileError, match="training knows the descriptor alone"):
        installed_weights(tmp_path / "m.onnx")
