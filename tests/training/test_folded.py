"""From a model file to the network that is trained, and back, without a change of what it gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from index.model.graph import parts_of
from index.model.probes import Reference, builtin_probes
from index.model.runtime import Embedder, builtin_path
from index.model.weights import Weights
from training.installed import installed_weights

torch = pytest.importorskip("torch", reason="torch is not installed: see docs/training.md")
pytestmark = [pytest.mark.training, pytest.mark.slow]

from training.folded import remember_statistics, to_network, to_weights  # noqa: E402 - after the skip
from training.network import Vgg16  # noqa: E402
from training.projection import projected  # noqa: E402


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.uint8]:
    return Reference.read(builtin_probes()).pixels[:6]


def descriptors(net: Vgg16, weights: Weights, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    with torch.inference_mode():
        parts = net.eval()(torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float())
    found = {name: torch.nn.functional.normalize(part).numpy() for name, part in parts.items()}
    wanted = parts_of(weights).values()
    return np.concatenate([projected(found[name], weights.projections.get(name)) for name in wanted], 1)


def test_the_network_of_the_built_in_model_gives_what_onnx_runtime_gives(pixels: npt.NDArray[np.uint8]) -> None:
    weights, _ = installed_weights(builtin_path())
    embedder = Embedder.load()
    found, wanted = descriptors(to_network(weights), weights, pixels), embedder.embed(pixels)
    assert (found * wanted).sum(1).min() / len(
        embedder.parts
    ) > 0.998  # the int8 file also rounds what flows through it


def test_remembered_statistics_change_nothing_and_weights_come_back(pixels: npt.NDArray[np.uint8]) -> None:
    weights, card = installed_weights(builtin_path())
    net = to_network(weights)
    before = descriptors(net, weights, pixels)
    remember_statistics(net, torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float())
    norms = [layer for block in net.blocks for layer in block if isinstance(layer, torch.nn.BatchNorm2d)]
    assert not any(torch.equal(norm.running_mean, torch.zeros_like(norm.running_mean)) for norm in norms)
    assert np.allclose(descriptors(net, weights, pixels), before, atol=2e-4)
    back = to_weights(net, card.terms)
    for one, other in zip(back.convolutions[1:], weights.convolutions[1:], strict=True):
        assert np.allclose(one.weight, other.weight, atol=1e-5)
        assert np.allclose(one.bias, other.bias, atol=1e-4)
