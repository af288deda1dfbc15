"""The weights inside an installed model: read back from its ONNX file, int8 ones multiplied out. Needs no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from index.model.card import ModelCard, card_from_metadata
from index.model.contract import ModelFileError
from index.model.registry import CONVOLUTIONS, TAPS, Channels, Preprocessing
from index.model.weights import Layer, Weights, as_floats

Arrays = dict[str, npt.NDArray[np.generic]]


def installed_weights(path: Path) -> tuple[Weights, ModelCard]:
    """Weights and card of a model that `snapshelf model export` or `pull` made, or of the built-in one.

    Scale and order of colours are folded into the first convolution, as the graph has them. An int8 model gives its
    weights rounded to 8 bits, which changes a descriptor as little as int8 does. The file was verified by whoever
    loaded it before (`Embedder.load`). Raises ModelFileError.
    """
    model = onnx.load(path)
    card = card_from_metadata({prop.key: prop.value for prop in model.metadata_props}, path)
    if card.outputs != ("descriptor",):
        raise ModelFileError(
            f"{path.name} gives {', '.join(card.outputs)}, and training knows the descriptor alone: export one without."
        )
    arrays: Arrays = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    try:
        layers = tuple(
            Layer(_plain(arrays, f"{place.layer}_w"), _plain(arrays, f"{place.layer}_b")) for place in CONVOLUTIONS
        )
        mean = [float(value) for value in arrays["mean"].ravel()]
        projections = {
            part: Layer(as_floats(arrays[f"{part}_projection_w"]), as_floats(arrays[f"{part}_projection_b"]))
            for part in TAPS.values()
            if f"{part}_projection_w" in arrays
        }
    except KeyError as missing:
        raise ModelFileError(f"{path} holds no {missing.args[0]}: export the model again.") from None
    preprocessing = Preprocessing(Channels.RGB, (mean[0], mean[1], mean[2]), (1.0, 1.0, 1.0))
    return Weights("npz", layers, (), preprocessing, card.terms, projections), card


def _plain(arrays: Arrays, name: str) -> npt.NDArray[np.float32]:
    """As floats: `(q - zero point) * scale` where it is quantised, one scale for each of the first axis."""
    if name in arrays:
        return as_floats(arrays[name])
    stored = f"{name}_quantized"
    # biases carry `_quantized` in the names of their scales, weights do not
    prefix = stored if f"{stored}_scale" in arrays else name
    values, scale = np.asarray(arrays[stored], np.float64), np.asarray(arrays[f"{prefix}_scale"], np.float64)
    zero = np.asarray(arrays[f"{prefix}_zero_point"], np.float64)
    wide = (-1, *[1] * (values.ndim - 1))
    return as_floats((values - zero.reshape(wide)) * scale.reshape(wide))
