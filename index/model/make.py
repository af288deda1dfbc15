"""From a weights file to a model file that is ready to run: read, export, quantise, compare, save."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx

from index.model.calibration import pictures_in
from index.model.card import ModelCard, card_from_metadata, probes_of
from index.model.contract import ModelFileError, Pixels
from index.model.export import export, save
from index.model.probes import ADMITTED, Reference, draw, sign_disagreement
from index.model.quantise import quantise
from index.model.registry import VGG16_WIDTHS
from index.model.runtime import Embedder
from index.model.weights import Weights, read_weights

DEFAULT_SIZES = {"npz": 64}
"""What our own weights were trained on last; the published ones were on 224."""


def make(
    source: Path,
    target: Path,
    *,
    size: int | None = None,
    outputs: Sequence[str] = ("descriptor",),
    calibrate: Path | None = None,
    name: str | None = None,
    widths: Sequence[int] = VGG16_WIDTHS,
) -> ModelCard:
    """Export `source` to `target`; int8 where `calibrate` names a folder of pictures, else fp32.

    An int8 model is compared with its fp32 twin before it is written and refused when their codes differ too much.
    Returns the card of what was written. Raises `ModelFileError`.
    """
    if target.suffix != ".onnx":
        raise ModelFileError(f"The model's file name must end in .onnx, not {target.name}.")
    weights = read_weights(source, widths=widths)
    side = size or DEFAULT_SIZES.get(weights.source, 224)
    pixels = None if calibrate is None else pictures_in(calibrate, side)
    return make_of(weights, target, size=side, outputs=outputs, pixels=pixels, name=name)


def make_of(
    weights: Weights,
    target: Path,
    *,
    size: int,
    outputs: Sequence[str] = ("descriptor",),
    pixels: Pixels | None = None,
    name: str | None = None,
) -> ModelCard:
    """As `make`, of weights in memory; int8 where `pixels` are given to calibrate on. Raises `ModelFileError`."""
    exact = export(weights, size=size, outputs=outputs, name=name or target.stem)
    if pixels is None:
        save(exact, target)
        probes_of(target).unlink(missing_ok=True)
        return _card(exact, target)
    small, reference = _quantised(exact, pixels, size)
    save(small, target)
    reference.save(probes_of(target))
    return _card(small, target)


def _quantised(exact: onnx.ModelProto, pixels: Pixels, side: int) -> tuple[onnx.ModelProto, Reference]:
    small = quantise(exact, pixels)
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as temporary:
        reference = Reference.of(_loaded(exact, Path(temporary) / "fp32.onnx"), draw(side))
        share = sign_disagreement(_loaded(small, Path(temporary) / "int8.onnx"), reference)
    if share > ADMITTED:
        raise ModelFileError(
            f"The int8 model's codes differ from fp32 in {share:.1%} of bits, more than {ADMITTED:.0%}: "
            "calibrate on more pictures, or leave out --int8."
        )
    return small, reference


def _card(model: onnx.ModelProto, path: Path) -> ModelCard:
    return card_from_metadata({prop.key: prop.value for prop in model.metadata_props}, path)


def _loaded(model: onnx.ModelProto, path: Path) -> Embedder:
    save(model, path)
    return Embedder.load(path, provider="cpu")
