"""VGG16 as an ONNX graph, node by node: from a batch of uint8 pictures to pooled descriptors.

    pixels [N,S,S,3] u8 -> transpose, cast, minus mean -> 13 convolutions with ReLU, 5 poolings
        after conv3_3, conv4_3, conv5_3, and conv1_2 where it is projected:
            global average, L2 (, projection, L2) -> joined -> descriptor [N, D] f32
        after the last pooling (where asked for): fc1, fc2 [N, F] f32, after their ReLU

Channel order and scale are folded into the first convolution's weights, which is exact: only the mean has to be
taken off before, because the padding's zeros mean "the average colour", not black.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from index.model.registry import CONVOLUTIONS, DENSE, DEPTHS, ONLY_PROJECTED, TAPS, Channels, Preprocessing
from index.model.weights import Floats, Layer, Weights

OPSET = 17
"""Old enough for every ONNX Runtime that we allow, new enough for per-channel quantisation."""
IR_VERSION = 9

TAIL_PREFIX = "tail_"
"""Nodes with this prefix stay float when the rest is quantised."""

TINY = 1e-12
"""Keeps a picture without any response (all black) from dividing by zero; its part is all zeros."""


class GraphBuilder:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append one node named after its output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        """Append one initialiser."""
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def convolution(self, name: str, source: str, layer: Layer) -> str:
        """3 x 3 with padding, then ReLU."""
        weight = self.constant(f"{name}_w", layer.weight)
        bias = self.constant(f"{name}_b", layer.bias)
        plain = self.node(
            "Conv", [source, weight, bias], f"{name}_conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]
        )
        return self.node("Relu", [plain], name)

    def pooled(self, part: str, source: str, projection: Layer | None = None) -> str:
        """Global average over the picture, then length 1; where there is a projection, that and length 1 again."""
        mean = self.node("GlobalAveragePool", [source], f"{TAIL_PREFIX}{part}_pool")
        flat = self.node("Flatten", [mean], f"{TAIL_PREFIX}{part}_flat", axis=1)
        if projection is None:
            return self._of_length_one(part, flat)
        pooled = self._of_length_one(f"{part}_pooled", flat)
        weight = self.constant(f"{part}_projection_w", projection.weight)
        bias = self.constant(f"{part}_projection_b", projection.bias)
        turned = self.node("Gemm", [pooled, weight, bias], f"{TAIL_PREFIX}{part}_projection", transB=1)
        return self._of_length_one(part, turned)

    def _of_length_one(self, part: str, source: str) -> str:
        length = self.node("ReduceL2", [source], f"{TAIL_PREFIX}{part}_length", axes=[1], keepdims=1)
        safe = self.node("Max", [length, "tiny"], f"{TAIL_PREFIX}{part}_safe")
        return self.node("Div", [source, safe], f"{TAIL_PREFIX}{part}")

    def dense(self, name: str, source: str, layer: Layer) -> str:
        """Matrix product with bias, then ReLU."""
        weight = self.constant(f"{name}_w", np.ascontiguousarray(layer.weight.T))
        product = self.node("MatMul", [source, weight], f"{name}_product")
        plain = self.node("Add", [product, self.constant(f"{name}_b", layer.bias)], f"{name}_plain")
        return self.node("Relu", [plain], name)


def build(weights: Weights, size: int, outputs: Collection[str]) -> onnx.ModelProto:
    """The graph for a fixed side `size` (a multiple of 16, at least 32) with the named outputs."""
    graph = GraphBuilder()
    graph.constant("tiny", np.array([TINY], dtype=np.float32))
    source = _prepared(graph, weights.preprocessing)
    parts, taps = parts_of(weights), list[str]()
    position = 0
    for block, depth in enumerate(DEPTHS, start=1):
        for _ in range(depth):
            layer = weights.convolutions[position]
            if position == 0:
                layer = Layer(folded_first(layer.weight, weights.preprocessing), layer.bias)
            source = graph.convolution(CONVOLUTIONS[position].layer, source, layer)
            position += 1
        if block in parts and "descriptor" in outputs:
            taps.append(graph.pooled(parts[block], source, weights.projections.get(parts[block])))
        if block < len(DEPTHS) or _wants_dense(outputs):
            source = graph.node("MaxPool", [source], f"block{block}_pool", kernel_shape=[2, 2], strides=[2, 2])
    if taps:
        graph.node("Concat", taps, "descriptor", axis=1)
    if _wants_dense(outputs):
        _dense(graph, weights, source, outputs)
    return _model(graph, weights, size, outputs)


def folded_first(weight: Floats, preprocessing: Preprocessing) -> Floats:
    """The first convolution's weight for RGB input in units of pixels less their mean."""
    rgb = weight if preprocessing.channels is Channels.RGB else weight[:, ::-1]
    scale = np.array(preprocessing.scale_rgb, dtype=np.float32)
    return np.ascontiguousarray(rgb * scale[None, :, None, None])


def _prepared(graph: GraphBuilder, preprocessing: Preprocessing) -> str:
    mean = np.array(preprocessing.mean_rgb, dtype=np.float32).reshape(1, 3, 1, 1)
    planes = graph.node("Transpose", ["pixels"], "planes", perm=[0, 3, 1, 2])
    floats = graph.node("Cast", [planes], "floats", to=onnx.TensorProto.FLOAT)
    return graph.node("Sub", [floats, graph.constant("mean", mean)], "prepared")


def _wants_dense(outputs: Collection[str]) -> bool:
    return "fc1" in outputs or "fc2" in outputs


def _dense(graph: GraphBuilder, weights: Weights, source: str, outputs: Collection[str]) -> None:
    source = graph.node("Flatten", [source], "flat", axis=1)
    for place, layer in zip(DENSE, weights.dense, strict=False):
        source = graph.dense(place.layer, source, layer)
        if place.layer == "fc1" and "fc2" not in outputs:
            return


def _model(graph: GraphBuilder, weights: Weights, size: int, outputs: Collection[str]) -> onnx.ModelProto:
    columns = columns_of(weights)
    body = helper.make_graph(
        graph.nodes,
        "vgg16",
        [helper.make_tensor_value_info("pixels", onnx.TensorProto.UINT8, ["N", size, size, 3])],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", columns[name]]) for name in outputs],
        graph.constants,
    )
    model = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="snapshelf"
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def parts_of(weights: Weights) -> dict[int, str]:
    """Block -> part of the descriptor that these weights give."""
    return {block: part for block, part in TAPS.items() if part not in ONLY_PROJECTED or part in weights.projections}


def columns_of(weights: Weights) -> dict[str, int]:
    """Columns of each output that these weights can give."""
    columns = {"descriptor": sum(weights.widths[block - 1] for block in parts_of(weights))}
    for place, layer in zip(DENSE, weights.dense, strict=False):
        columns[place.layer] = layer.bias.shape[0]
    return columns
