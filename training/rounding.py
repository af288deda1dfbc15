"""What int8 changes in `colour`, taken out of its projection.

Over a flat area the first block gives the same few small numbers everywhere, int8 rounds them the same way everywhere,
and no average makes up for it: a projection that blows up quiet directions turned the colours of a product on white
around. So what int8 changes is counted as something that differs between views of one product, many times over.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import helper

from index.model.graph import TAIL_PREFIX
from index.model.weights import Layer
from training.draw import Draw
from training.network import DIMENSIONS, Vgg16
from training.projection import BATCH, SEED, Matrix, unit, whitening
from training.views import Views

PART = "colour"


def steady(net: Vgg16, model: Path, draw: Draw, side: int, pictures: int) -> Layer:
    """The projection of `colour` from two views each of so many pictures, and from what `model`, the int8 file of these
    weights, gives for the same."""
    views, rounded = Views(SEED), averages(model)
    exact: list[Matrix] = []
    changed: list[Matrix] = []
    net.eval()
    for _ in range(-(-pictures // BATCH)):
        batch = draw.batch(BATCH)
        clean = views.clean(batch.pictures, side)
        photo = views.shopper(batch.pictures, batch.backgrounds, side)
        for seen in (clean, photo):
            pixels = seen.round().clamp(0, 255)
            with torch.inference_mode():
                part = unit(net(pixels)[PART].float().numpy())
            exact.append(part)
            changed.append(rounded(pixels.permute(0, 2, 3, 1).byte().numpy()) - part)
    return whitening(np.concatenate(exact[::2]), np.concatenate(exact[1::2]), noise=np.concatenate(changed))


def averages(model: Path) -> Callable[[npt.NDArray[np.uint8]], Matrix]:
    """From pictures `[N, S, S, 3]` to `colour` before its projection, of length 1, as the file computes it."""
    graph = onnx.load(model)
    name = next(node for node in graph.graph.node if node.name == f"{TAIL_PREFIX}{PART}_flat").output[0]
    graph.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", DIMENSIONS[PART]]))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])

    def averaged(pixels: npt.NDArray[np.uint8]) -> Matrix:
        return unit(np.asarray(session.run([name], {"pixels": pixels})[0], np.float32))

    return averaged
