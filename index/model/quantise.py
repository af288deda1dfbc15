"""fp32 ONNX -> int8: static, QDQ, per channel, ranges by min and max over real pictures.

Activations are unsigned 8 bit (after ReLU nothing is negative), weights signed 8 bit with one scale a channel.
Pooling, normalisation and whatever follows them stay float: they cost nothing and decide the codes' signs.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx

from index.model.card import card_from_metadata
from index.model.contract import ModelFileError, Pixels
from index.model.export import with_variant
from index.model.graph import TAIL_PREFIX

CALIBRATION_BATCH = 16


class _Batches:
    """The reader that ONNX Runtime's quantiser asks for input (`CalibrationDataReader` by shape)."""

    def __init__(self, pixels: Pixels) -> None:
        self._batches = self._cut(pixels)

    @staticmethod
    def _cut(pixels: Pixels) -> Iterator[dict[str, Pixels]]:
        for start in range(0, len(pixels), CALIBRATION_BATCH):
            yield {"pixels": pixels[start : start + CALIBRATION_BATCH]}

    def get_next(self) -> dict[str, Pixels] | None:
        """The next batch, None at the end."""
        return next(self._batches, None)


def quantise(model: onnx.ModelProto, pixels: Pixels) -> onnx.ModelProto:
    """An int8 variant of an exported fp32 model, calibrated on `pixels` (uint8 `[M, S, S, 3]`; some hundred do).

    Raises `ModelFileError` where there are no pictures or they have another size.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    card = card_from_metadata({prop.key: prop.value for prop in model.metadata_props}, Path("the model"))
    side = card.input_size
    if pixels.ndim != 4 or len(pixels) == 0 or pixels.shape[1:] != (side, side, 3) or pixels.dtype != np.uint8:
        raise ModelFileError(f"Calibration needs pictures of {side} x {side} pixels, at least one.")
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # it advises on graphs that were not made for it; ours is
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as folder:
        target = Path(folder) / "int8.onnx"
        try:
            quantize_static(
                _copy(model),  # the quantiser changes what it is given
                target,
                _Batches(pixels),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv", "Relu", "MaxPool", "MatMul"],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=[n.name for n in model.graph.node if n.name.startswith(TAIL_PREFIX)],
                calibrate_method=CalibrationMethod.MinMax,
            )
        finally:
            logging.getLogger().setLevel(level)
        quantised = onnx.load(target)
    return with_variant(quantised, card, "int8")


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy
