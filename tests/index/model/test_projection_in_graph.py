"""Weights whose parts are projected: the graph does what the file says, and an installed model gives it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from index.model.contract import ModelFileError
from index.model.export import export, save
from index.model.runtime import Embedder
from index.model.weights import read_weights
from tests.index.model.vgg_files import WIDTHS, layers, write_npz
from training.installed import installed_weights

PARTS = dict(zip(("texture", "shape", "kind"), WIDTHS[2:], strict=True))
Floats = npt.NDArray[np.float32]


def plain_and_mapped(folder: Path, **changed: Floats) -> tuple[Path, Path, dict[str, Floats]]:
    dice = np.random.default_rng(5)
    write_npz(folder / "plain.npz", layers(dense=False))
    maps = {
        f"{part}_projection_w": dice.normal(size=(width, width)).astype(np.float32) for part, width in PARTS.items()
    }
    maps |= {f"{part}_projection_b": dice.normal(size=width).astype(np.float32) for part, width in PARTS.items()}
    maps |= changed
    with np.load(folder / "plain.npz") as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files} | maps
        np.savez(folder / "mapped.npz", **arrays)
    return folder / "plain.npz", folder / "mapped.npz", maps


def test_the_graph_maps_each_part_and_brings_it_to_length_one_again(tmp_path: Path) -> None:
    *files, maps = plain_and_mapped(tmp_path)
    pixels = np.random.default_rng(6).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    found, prints = [], set()
    for path in files:
        target = path.with_suffix(".onnx")
        save(export(read_weights(path, widths=WIDTHS), size=32, name=path.stem), target)
        embedder = Embedder.load(target, provider="cpu")
        rows = embedder.embed(pixels)
        found.append({part.name: rows[:, part.offset : part.offset + part.size] for part in embedder.parts})
        prints.add(embedder.fingerprint)
    plain, mapped = found
    for part in PARTS:
        wanted = plain[part] @ maps[f"{part}_projection_w"].T + maps[f"{part}_projection_b"]
        assert np.allclose(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), mapped[part], atol=1e-5)
    assert len(prints) == 2, "codes of one are none of the other"
    back, _ = installed_weights(tmp_path / "mapped.onnx")
    assert all(np.array_equal(back.projections[part].weight, maps[f"{part}_projection_w"]) for part in PARTS)


def test_a_projection_of_another_size_is_refused(tmp_path: Path) -> None:
    _, mapped, _ = plain_and_mapped(tmp_path, kind_projection_w=np.eye(3, dtype=np.float32))
    with pytest.raises(ModelFileError, match="kind_projection has the shape"):
        read_weights(mapped, widths=WIDTHS)
