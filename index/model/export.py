"""Weights -> an ONNX file that says what it is: family, parts, input size, terms.

The file's own metadata carry the card (`ModelCard`); a sidecar `‹file›.json` carries the file's SHA-256, which
`runtime` verifies before it loads. Needs the `export` extra (`onnx`); running a model does not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import onnx
from onnx import helper

from index.model.card import ModelCard, NamedSize, card_from_metadata, write_sidecar
from index.model.contract import ModelFileError
from index.model.graph import build, columns_of, parts_of
from index.model.registry import PART_WEIGHTS
from index.model.weights import Weights

OUTPUTS = ("descriptor", "fc1", "fc2")
SMALLEST, LARGEST = 32, 448


def export(weights: Weights, *, size: int, outputs: Sequence[str] = ("descriptor",), name: str) -> onnx.ModelProto:
    """The fp32 model with its card in the metadata.

    Raises `ModelFileError` where the weights can't give an output, or not at that size.
    """
    _check(weights, size, outputs)
    model = build(weights, size, outputs)
    card = card_of(weights, size=size, outputs=outputs, name=name)
    helper.set_model_props(model, card.to_metadata())
    return model


def card_of(weights: Weights, *, size: int, outputs: Sequence[str], name: str) -> ModelCard:
    """What a model of these weights says of itself."""
    return ModelCard(
        name=name,
        fingerprint=fingerprint(weights, size, outputs),
        input_size=size,
        outputs=tuple(outputs),
        parts=tuple(_parts(weights, outputs)),
        variant="fp32",
        terms=weights.terms,
    )


def fingerprint(weights: Weights, size: int, outputs: Sequence[str]) -> str:
    """SHA-256 that names the family: weights, preprocessing, outputs and input size."""
    return hashlib.sha256(f"{weights.digest()} {size} {','.join(outputs)}".encode()).hexdigest()


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the model and its sidecar, each under a temporary name first, so that no half file is ever found."""
    data = model.SerializeToString()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    card = card_from_metadata({prop.key: prop.value for prop in model.metadata_props}, path)
    write_sidecar(path, hashlib.sha256(data).hexdigest(), card)


def with_variant(model: onnx.ModelProto, card: ModelCard, variant: str) -> onnx.ModelProto:
    """The same card on a variant of the model (a quantised one)."""
    helper.set_model_props(model, replace(card, variant=variant).to_metadata())
    return model


def _parts(weights: Weights, outputs: Sequence[str]) -> list[NamedSize]:
    parts: list[NamedSize] = []
    for output in outputs:
        if output == "descriptor":
            taps = parts_of(weights).items()
            parts += [NamedSize(part, weights.widths[block - 1], PART_WEIGHTS[part]) for block, part in taps]
        else:
            parts.append(NamedSize(output, columns_of(weights)[output], PART_WEIGHTS[output]))
    return parts


def _check(weights: Weights, size: int, outputs: Sequence[str]) -> None:
    if not SMALLEST <= size <= LARGEST or size % 16:
        raise ModelFileError(f"The input size must be a multiple of 16 from {SMALLEST} to {LARGEST}, not {size}.")
    if not outputs or any(name not in OUTPUTS for name in outputs) or len(set(outputs)) != len(outputs):
        raise ModelFileError(f"Outputs are some of {', '.join(OUTPUTS)}, each once.")
    missing = [name for name in outputs if name not in columns_of(weights)]
    if missing:
        raise ModelFileError(
            f"These weights have no {' or '.join(missing)}: give the full file, not the one without its top."
        )
    if {"fc1", "fc2"} & set(outputs) and size != weights.dense_input_size:
        raise ModelFileError(f"fc1 and fc2 work at {weights.dense_input_size} pixels only, not at {size}.")
