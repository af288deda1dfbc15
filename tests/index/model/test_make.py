"""From a weights file to a model that runs: the commands, int8 with its probes, forged tensors, the fake."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from index.model.card import probes_of
from index.model.contract import Embeds, ModelFileError
from index.model.fake import FakeEmbedder
from index.model.library import agreement, models_in
from index.model.make import make
from index.model.probes import ADMITTED, Reference, draw, sign_disagreement
from index.model.processor import ComputePath
from index.model.registry import CONVOLUTIONS, PUBLISHED
from index.model.runtime import Embedder
from index.model.weights import read_weights
from snapshelf.commands.model import model as model_command
from tests.index.model.vgg_files import (
    SIDE,
    TORCH_NUMBERS,
    WIDTHS,
    layers,
    state_pickle,
    torch_names,
    write_keras,
    write_safetensors,
    write_zip_pth,
)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures" / "below"
    folder.mkdir(parents=True)
    for number, pixels in enumerate(draw(64, 120, seed=5)):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not looked at")
    return folder.parent


def test_the_table_of_names_is_torchvisions_own() -> None:
    assert {place.layer: place.torch for place in CONVOLUTIONS} == {
        layer: f"features.{number}" for layer, number in TORCH_NUMBERS.items()
    }


def test_an_int8_model_lies_beside_the_probes_that_it_was_admitted_by(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # random weights in a dozen channels lose 2 to 4 % of signs; the real network loses under 1 %
    monkeypatch.setattr("index.model.make.ADMITTED", 0.06)
    write_safetensors(tmp_path / "w.safetensors", layers())
    target = tmp_path / "models" / "shop.onnx"
    card = make(tmp_path / "w.safetensors", target, size=SIDE, calibrate=pictures, widths=WIDTHS)
    assert card.variant == "int8"
    share = agreement(Embedder.load("shop", models=target.parent))
    assert share is not None
    assert 0.94 <= share < 1
    assert [(entry.name, entry.variant) for entry in models_in(target.parent)] == [
        ("builtin", "int8"),
        ("shop", "int8"),
    ]
    make(tmp_path / "w.safetensors", target, size=SIDE, widths=WIDTHS)
    assert not probes_of(target).exists()
    assert agreement(Embedder.load("shop", models=target.parent)) is None


def test_an_int8_model_with_other_codes_is_not_written(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.model.make.ADMITTED", 0.0)
    write_safetensors(tmp_path / "w.safetensors", layers())
    with pytest.raises(ModelFileError, match="more pictures"):
        make(tmp_path / "w.safetensors", tmp_path / "m.onnx", size=SIDE, calibrate=pictures, widths=WIDTHS)
    assert not (tmp_path / "m.onnx").exists()


def test_probes_of_another_family_are_no_judge_of_this_one() -> None:
    reference = Reference.of(FakeEmbedder(seed=1), draw(32))
    assert sign_disagreement(FakeEmbedder(seed=1), reference) == 0.0
    with pytest.raises(ModelFileError, match="another model"):
        sign_disagreement(FakeEmbedder(seed=2), reference)


def test_a_processor_without_vnni_gives_the_same_codes_from_the_same_file() -> None:
    embedder = Embedder.load(path=ComputePath.INT8, provider="cpu")
    pixels = draw(embedder.input_size, 16)
    small = embedder.embed(pixels)
    exact = Embedder.load(path=ComputePath.FLOAT_FROM_INT8, provider="cpu").embed(pixels)
    centred = [found - found.mean(axis=0) for found in (small, exact)]
    assert ((centred[0] > 0) != (centred[1] > 0)).mean() <= ADMITTED


def test_calibration_without_pictures_is_refused(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "w.safetensors", layers())
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFileError, match="no picture"):
        make(tmp_path / "w.safetensors", tmp_path / "m.onnx", size=SIDE, calibrate=tmp_path / "empty", widths=WIDTHS)


@pytest.mark.parametrize(
    ("size", "outputs", "sentence"),
    [
        (65, ("descriptor",), "multiple of 16"),
        (16, ("descriptor",), "multiple of 16"),
        (SIDE, ("fc1",), "no fc1"),
        (SIDE, ("descriptor", "descriptor"), "each once"),
        (SIDE, ("softmax",), "Outputs are"),
    ],
)
def test_what_weights_cannot_give_is_said_in_one_sentence(
    tmp_path: Path, size: int, outputs: tuple[str, ...], sentence: str
) -> None:
    write_keras(tmp_path / "notop.h5", layers())
    with pytest.raises(ModelFileError, match=sentence):
        make(tmp_path / "notop.h5", tmp_path / "m.onnx", size=size, outputs=outputs, widths=WIDTHS)


def test_dense_outputs_stand_behind_the_descriptor_each_of_length_one(tmp_path: Path) -> None:
    write_keras(tmp_path / "full.h5", layers(dense=True, first_scale=0.02))
    make(tmp_path / "full.h5", tmp_path / "m.onnx", size=SIDE, outputs=("descriptor", "fc1", "fc2"), widths=WIDTHS)
    embedder = Embedder.load(tmp_path / "m.onnx")
    assert [part.name for part in embedder.parts] == ["texture", "shape", "kind", "fc1", "fc2"]
    described = embedder.embed(draw(SIDE, 3))
    for part in embedder.parts:
        lengths = np.linalg.norm(described[:, part.offset : part.offset + part.size], axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-5)
    with pytest.raises(ModelFileError, match="64 pixels only"):
        make(tmp_path / "full.h5", tmp_path / "x.onnx", size=96, outputs=("fc1",), widths=WIDTHS)


def test_half_precision_is_read(tmp_path: Path) -> None:
    write_zip_pth(tmp_path / "half.pth", layers(), half=True)
    weights = read_weights(tmp_path / "half.pth", widths=WIDTHS)
    wanted = layers()["block1_conv1"][0].astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(weights.convolutions[0].weight, wanted)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"FloatStorage", b"DoubleStorage"),
        (b"_rebuild_tensor_v2", b"_load_from_bytes"),
        (b"storage", b"stowage"),
    ],
)
def test_a_forged_tensor_is_refused(tmp_path: Path, before: bytes, after: bytes) -> None:
    tensors = torch_names(layers())
    forged = state_pickle(tensors, legacy=False).replace(before, after)
    with zipfile.ZipFile(tmp_path / "forged.pth", "w") as archive:
        archive.writestr("archive/data.pkl", forged)
        for key, array in enumerate(tensors.values()):
            archive.writestr(f"archive/data/{key}", array.tobytes())
    with pytest.raises(ModelFileError):
        read_weights(tmp_path / "forged.pth", widths=WIDTHS)


def test_a_tensor_that_reaches_outside_its_storage_is_refused(tmp_path: Path) -> None:
    write_zip_pth(tmp_path / "whole.pth", layers())
    with zipfile.ZipFile(tmp_path / "whole.pth") as whole, zipfile.ZipFile(tmp_path / "short.pth", "w") as short:
        for name in whole.namelist():
            short.writestr(name, whole.read(name)[:-4] if name == "archive/data/3" else whole.read(name))
    with pytest.raises(ModelFileError):
        read_weights(tmp_path / "short.pth", widths=WIDTHS)


@pytest.mark.parametrize("how", ["nan", "width"])
def test_numbers_and_shapes_that_no_vgg16_has_are_refused(tmp_path: Path, how: str) -> None:
    network = layers()
    weight, bias = network["block3_conv2"]
    network["block3_conv2"] = (weight * np.nan, bias) if how == "nan" else (weight[:-1], bias[:-1])
    write_safetensors(tmp_path / "w.safetensors", network)
    with pytest.raises(ModelFileError, match="block3_conv"):
        read_weights(tmp_path / "w.safetensors", widths=WIDTHS)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on loopback, from a thread: the command runs an event loop of its own."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_pull_downloads_verifies_exports_and_says_how_to_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keras(tmp_path / "small.h5", layers(first_scale=0.02))
    body = (tmp_path / "small.h5").read_bytes()
    here = replace(PUBLISHED["keras"], bytes=len(body), digest=hashlib.md5(body, usedforsecurity=False).hexdigest())
    monkeypatch.setitem(PUBLISHED, "keras", here)
    monkeypatch.setattr("index.model.make.make", partial(make, widths=WIDTHS))
    monkeypatch.setenv("SNAPSHELF_DATA_DIR", str(tmp_path / "data"))
    with served(tmp_path) as address:
        result = CliRunner().invoke(model_command, ["pull", "keras", "--url", f"{address}/small.h5", "--size", "64"])
    assert result.exit_code == 0, result.output
    assert "SNAPSHELF_MODEL=keras" in result.output
    assert Embedder.load("keras", models=tmp_path / "data" / "models").input_size == 64
    listed = CliRunner().invoke(model_command, ["list", "--json"])
    assert [entry["name"] for entry in json.loads(listed.output)] == ["builtin", "keras"]


def test_show_tells_how_this_machine_computes() -> None:
    result = CliRunner().invoke(model_command, ["show", "builtin", "--json"])
    facts = json.loads(result.output)
    assert facts["right"] is True
    assert facts["bits_as_fp32"] >= 1 - ADMITTED
    assert "card.md" in facts["terms"]


@pytest.mark.parametrize("kind", ["fake", "built-in"])
def test_every_embedder_keeps_the_contract(kind: str) -> None:
    embedder: Embeds = FakeEmbedder() if kind == "fake" else Embedder.load(threads=1)
    side = embedder.input_size
    pixels = draw(side, 4)
    embedder.warm((1, 2))
    described = embedder.embed(pixels)
    assert described.dtype == np.float32
    assert described.shape == (4, embedder.dimensions)
    sizes = [part.size for part in embedder.parts]
    assert [part.offset for part in embedder.parts] == [sum(sizes[:at]) for at in range(len(sizes))]
    assert sum(sizes) == embedder.dimensions
    np.testing.assert_array_equal(embedder.embed(pixels), described)
    assert embedder.embed(pixels[:0]).shape == (0, embedder.dimensions)
    assert len(embedder.fingerprint) == 64
    for wrong in (pixels[:, :-1], pixels.astype(np.float32), pixels[0]):
        with pytest.raises(ValueError, match="uint8 pictures"):
            embedder.embed(wrong)  # type: ignore[arg-type] # that is what is refused
