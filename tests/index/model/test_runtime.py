"""The built-in model, processors, files that were tampered with, downloads."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from core.errors import Unavailable
from index.model.contract import ModelFileError
from index.model.download import download
from index.model.library import agreement, models_in
from index.model.probes import ADMITTED, draw
from index.model.processor import ComputePath, compute_path, cpu_flags
from index.model.registry import PUBLISHED
from index.model.runtime import PIECE, Embedder, builtin_path, find_model, shares
from snapshelf.commands.model import model as model_command
from tests.index.model.vgg_files import layers, write_safetensors


@pytest.mark.parametrize(
    ("machine", "flags", "variant", "cuda", "path"),
    [
        ("x86_64", {"avx2", "avx512_vnni"}, "int8", False, ComputePath.INT8),
        ("x86_64", {"avx2", "avx_vnni"}, "int8", False, ComputePath.INT8),
        ("x86_64", {"avx2"}, "int8", False, ComputePath.FLOAT_FROM_INT8),
        ("x86_64", set(), "int8", False, ComputePath.FLOAT_FROM_INT8),
        ("aarch64", set(), "int8", False, ComputePath.INT8),
        ("arm64", set(), "int8", False, ComputePath.INT8),
        ("riscv64", set(), "int8", False, ComputePath.FLOAT_FROM_INT8),
        ("x86_64", {"avx2"}, "fp32", False, ComputePath.FLOAT),
        ("x86_64", {"avx512_vnni"}, "int8", True, ComputePath.CUDA),
    ],
)
def test_each_processor_gets_the_way_that_is_right_on_it(
    machine: str, flags: set[str], variant: str, cuda: bool, path: ComputePath
) -> None:
    assert compute_path(machine, frozenset(flags), variant, cuda=cuda) is path


def test_flags_are_read_as_the_system_spells_them(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("model name\t: X\nflags\t\t: fpu avx2 avx_vnni\n")
    assert "avx_vnni" in cpu_flags(tmp_path / "cpuinfo")
    assert cpu_flags(tmp_path / "none") == frozenset()


def test_the_built_in_model_has_the_parts_and_dimensions_of_the_design() -> None:
    embedder = Embedder.load(threads=1)
    assert [(part.name, part.size) for part in embedder.parts] == [
        ("colour", 64),
        ("texture", 256),
        ("shape", 512),
        ("kind", 512),
    ]
    described = embedder.embed(draw(embedder.input_size)[:2])
    assert described.shape == (2, 1344)
    assert described.dtype == np.float32
    for part in embedder.parts:
        lengths = np.linalg.norm(described[:, part.offset : part.offset + part.size], axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-3)


def test_the_built_in_models_codes_are_its_references() -> None:
    share = agreement(Embedder.load(threads=1))
    assert share is not None
    assert share >= 1 - ADMITTED


@pytest.mark.parametrize(
    ("count", "threads", "cut"),
    [(1, 1, 1), (4, 1, 2), (5, 1, 3), (2, 2, 2), (8, 2, 4), (9, 2, 6), (32, 2, 16), (7, 4, 4)],
)
def test_a_batch_is_cut_so_that_each_thread_has_its_share_and_none_takes_too_much_at_once(
    count: int, threads: int, cut: int
) -> None:
    assert shares(count, threads) == cut
    assert max(len(share) for share in np.array_split(np.arange(count), cut)) <= PIECE


@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_picture_gives_does_not_depend_on_its_batch(threads: int) -> None:
    embedder = Embedder.load(threads=threads)
    pixels = draw(embedder.input_size)[:5]
    together = embedder.embed(pixels)
    alone = np.concatenate([embedder.embed(pixels[at : at + 1]) for at in range(5)])
    np.testing.assert_allclose(together, alone, atol=2e-3)


@pytest.mark.parametrize("how", ["flipped", "cut", "empty"])
def test_a_tampered_model_is_refused(tmp_path: Path, how: str) -> None:
    path = tmp_path / "model.onnx"
    data = bytearray(builtin_path().read_bytes())
    path.with_name("model.onnx.json").write_text(
        '{"file": "model.onnx", "sha256": "%s"}' % hashlib.sha256(data).hexdigest()  # noqa: UP031
    )
    data[len(data) // 2] ^= 1
    path.write_bytes({"flipped": bytes(data), "cut": bytes(data[:1000]), "empty": b""}[how])
    with pytest.raises(ModelFileError):
        Embedder.load(path)


def test_a_model_without_its_sidecar_and_an_unknown_name_are_refused(tmp_path: Path) -> None:
    shutil.copy(builtin_path(), tmp_path / "model.onnx")
    with pytest.raises(ModelFileError, match="json"):
        Embedder.load(tmp_path / "model.onnx")
    with pytest.raises(ModelFileError, match="model list"):
        find_model("nothing", tmp_path)
    assert [entry.name for entry in models_in(tmp_path)] == ["builtin"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_download_is_kept_only_with_the_published_checksum(tmp_path: Path) -> None:
    body = b"weights" * 1000

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/w.h5", serve)
    digest = hashlib.sha256(body).hexdigest()
    right = replace(PUBLISHED["keras"], bytes=len(body), algorithm="sha256", digest=digest[:8])
    wrong = replace(right, digest="0" * 8)
    async with TestServer(app) as server:
        url = str(server.make_url("/w.h5"))
        await download(right, tmp_path / "right.h5", url=url)
        with pytest.raises(ModelFileError, match="nothing was kept"):
            await download(wrong, tmp_path / "wrong.h5", url=url)
        with pytest.raises(ModelFileError):
            await download(replace(right, bytes=10), tmp_path / "long.h5", url=url)
        with pytest.raises(Unavailable, match="model export"):
            await download(right, tmp_path / "none.h5", url=str(server.make_url("/none")))
    assert names_in(tmp_path) == ["right.h5"]


def test_the_published_checksums_are_the_published_ones() -> None:
    assert (PUBLISHED["keras"].bytes, PUBLISHED["keras"].digest) == (58_889_256, "6d6bbae143d832006294945121d1f1fc")
    assert PUBLISHED["torchvision"].digest.startswith("397923af")


def test_the_command_refuses_weights_of_another_network_in_one_sentence(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "w.safetensors", layers())
    result = CliRunner().invoke(
        model_command, ["export", str(tmp_path / "w.safetensors"), "-o", str(tmp_path / "m.onnx")]
    )
    assert isinstance(result.exception, ModelFileError)
    assert not (tmp_path / "m.onnx").exists()
