"""Every published format, read from files that the tests write, against a forward pass of their own."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.model.contract import ModelFileError
from index.model.export import export, save
from index.model.quantise import quantise
from index.model.runtime import Embedder
from index.model.weights import read_weights
from tests.index.model.plain_vgg import caffe_input, forward, torch_input
from tests.index.model.vgg_files import (
    SIDE,
    WIDTHS,
    Layers,
    layers,
    write_keras,
    write_legacy_pth,
    write_npz,
    write_safetensors,
    write_zip_pth,
)

PIXELS = np.random.default_rng(1).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)


def newer_keras(path: Path, network: Layers) -> None:
    write_keras(path, network, newer=True)


def wrapped_keras(path: Path, network: Layers) -> None:
    write_keras(path, network, wrapped=True)


def parameter_pth(path: Path, network: Layers) -> None:
    write_legacy_pth(path, network, rebuild="_rebuild_tensor")


WRITERS: dict[str, tuple[Callable[[Path, Layers], None], bool]] = {
    "keras.h5": (write_keras, True),
    "keras-newer.h5": (newer_keras, True),
    "keras-wrapped.h5": (wrapped_keras, True),
    "legacy.pth": (write_legacy_pth, False),
    "legacy-older.pth": (parameter_pth, False),
    "zip.pth": (write_zip_pth, False),
    "torch.safetensors": (write_safetensors, False),
}


def run(
    path: Path, folder: Path, outputs: tuple[str, ...] = ("descriptor",)
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    model = export(read_weights(path, widths=WIDTHS), size=SIDE, outputs=outputs, name="small")
    save(model, folder / "small.onnx")
    return Embedder.load(folder / "small.onnx", provider="cpu").embed(PIXELS)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("name", WRITERS)
def test_a_published_format_gives_what_the_network_computes(tmp_path: Path, name: str, dense: bool) -> None:
    write, caffe = WRITERS[name]
    network = layers(dense=dense, first_scale=0.02 if caffe else 1.0)
    write(tmp_path / name, network)
    wanted = forward((caffe_input if caffe else torch_input)(PIXELS), network)
    for output in ("descriptor", "fc1", "fc2") if dense else ("descriptor",):
        got = run(tmp_path / name, tmp_path, (output,))
        expected = wanted[output]
        if output != "descriptor":
            expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(got, expected, rtol=2e-3, atol=2e-4)


def test_our_own_layout_is_folded_rightly(tmp_path: Path) -> None:
    folded = write_npz(tmp_path / "own.npz", layers())
    prepared = (PIXELS.astype(np.float64) - np.array([120.0, 110.0, 100.0])) / 60
    np.testing.assert_allclose(
        run(tmp_path / "own.npz", tmp_path), forward(prepared, folded)["descriptor"], rtol=2e-3, atol=2e-4
    )


def test_the_same_weights_have_one_digest_in_whichever_container(tmp_path: Path) -> None:
    digests = set()
    for name in ("legacy.pth", "zip.pth", "torch.safetensors"):
        WRITERS[name][0](tmp_path / name, layers())
        digests.add(read_weights(tmp_path / name, widths=WIDTHS).digest())
    assert len(digests) == 1


def test_an_int8_model_agrees_with_its_fp32_twin(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "w.safetensors", layers())
    exact = export(read_weights(tmp_path / "w.safetensors", widths=WIDTHS), size=SIDE, name="small")
    pixels = np.random.default_rng(2).integers(0, 256, (16, SIDE, SIDE, 3), np.uint8)
    save(exact, tmp_path / "fp32.onnx")
    save(quantise(exact, pixels), tmp_path / "int8.onnx")
    fp32 = Embedder.load(tmp_path / "fp32.onnx", provider="cpu")
    int8 = Embedder.load(tmp_path / "int8.onnx", provider="cpu")
    assert (fp32.variant, int8.variant) == ("fp32", "int8")
    assert fp32.fingerprint == int8.fingerprint
    cosines = (fp32.embed(PIXELS) * int8.embed(PIXELS)).sum(axis=1) / 3
    assert cosines.min() > 0.97


@pytest.mark.parametrize("name", [*WRITERS, "own.npz"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.98])
def test_a_truncated_file_is_refused_with_one_sentence(tmp_path: Path, name: str, kept: float) -> None:
    path = tmp_path / name
    if name == "own.npz":
        write_npz(path, layers())
    else:
        WRITERS[name][0](path, layers())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(ModelFileError) as refused:
        read_weights(path, widths=WIDTHS)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("name", WRITERS)
def test_another_network_is_refused(tmp_path: Path, name: str) -> None:
    WRITERS[name][0](tmp_path / name, layers())
    with pytest.raises(ModelFileError):
        read_weights(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04rubbish", b"\x89HDF\r\n\x1a\nrubbish", b"\x80\x02."])
def test_a_file_that_is_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ModelFileError):
        read_weights(tmp_path / "x", widths=WIDTHS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="nowhere"):
        read_weights(tmp_path / "nowhere.h5")


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (exec, ("import pathlib; pathlib.Path('owned').touch()",))


@pytest.mark.parametrize("container", ["legacy", "zip"])
def test_a_pickle_that_wants_to_run_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, container: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    evil = io.BytesIO()
    pickle.dump(_Evil(), evil, protocol=2)
    if container == "legacy":
        write_legacy_pth(path, layers(), state=lambda tensors: evil.getvalue())
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", evil.getvalue())
    with pytest.raises(ModelFileError):
        read_weights(path, widths=WIDTHS)
    assert not (tmp_path / "owned").exists()
