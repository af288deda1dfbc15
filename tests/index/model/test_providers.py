"""A worker on a graphics card: which provider is chosen, and what happens where the card does not work.

No card was at hand: speed and agreement of codes on CUDA were not tried (docs/model.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from core.errors import SnapshelfError
from index.model import providers
from index.model.probes import draw
from index.model.processor import ComputePath
from index.model.providers import CPU, CUDA, Provider, candidates
from index.model.runtime import Embedder


class Machine:
    """What ONNX Runtime and the system say is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.preloaded = 0

    def has(self, *, built: bool, driver: bool) -> None:
        available = ["TensorrtExecutionProvider", CUDA, CPU] if built else ["AzureExecutionProvider", CPU]
        self._monkeypatch.setattr(ort, "get_available_providers", lambda: available)
        self._monkeypatch.setattr(providers, "DRIVER", "libc.so.6" if driver else "libno-such-driver.so.1")
        self._monkeypatch.setattr(ort, "preload_dlls", self._preload, raising=False)

    def _preload(self) -> None:
        self.preloaded += 1
        print("Failed to load libsomething.so")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("wish", "built", "driver", "expected"),
    [
        ("auto", False, False, [[CPU]]),
        ("auto", False, True, [[CPU]]),  # the processor's runtime on a machine with a card
        ("auto", True, False, [[CPU]]),  # the card's runtime on a machine without one
        ("auto", True, True, [[CUDA, CPU], [CPU]]),
        ("cuda", True, True, [[CUDA, CPU]]),
        ("cpu", True, True, [[CPU]]),
        ("cpu", False, False, [[CPU]]),
    ],
)
def test_each_machine_gets_the_providers_that_can_work_on_it(
    here: Machine, wish: Provider, built: bool, driver: bool, expected: list[list[str]]
) -> None:
    here.has(built=built, driver=driver)
    assert candidates(wish) == expected
    assert here.preloaded == (CUDA in expected[0])


@pytest.mark.parametrize(("built", "driver"), [(False, False), (True, False), (False, True)])
def test_who_wants_a_card_where_none_works_is_told_in_one_sentence(here: Machine, built: bool, driver: bool) -> None:
    here.has(built=built, driver=driver)
    with pytest.raises(SnapshelfError, match="nvidia-smi"):
        Embedder.load(threads=1, provider="cuda")


def without_a_working_card(real: Callable[..., Any]) -> Callable[..., Any]:
    """As ONNX Runtime does it: a session that cannot have CUDA is made on the processor."""

    def make(data: bytes, options: Any, providers: list[str]) -> Any:
        return real(data, options, providers=[name for name in providers if name != CUDA])

    return make


def test_a_card_that_does_not_work_leaves_the_work_to_the_processor_with_the_processors_codes(
    here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Embedder.load(threads=1, provider="cpu")
    here.has(built=True, driver=True)
    monkeypatch.setattr(ort, "InferenceSession", without_a_working_card(ort.InferenceSession))
    fallen_back = Embedder.load(threads=1)
    assert fallen_back.compute_path is plain.compute_path
    assert fallen_back.compute_path is not ComputePath.CUDA
    pixels = draw(plain.input_size)[:3]
    np.testing.assert_array_equal(fallen_back.embed(pixels), plain.embed(pixels))
    with pytest.raises(SnapshelfError, match="nvidia-smi"):
        Embedder.load(threads=1, provider="cuda")
