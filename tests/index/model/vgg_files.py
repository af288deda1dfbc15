"""Small VGG16s and the files that Keras, torch, safetensors and our trainer would write of them.

Written byte by byte from the formats' descriptions, because neither framework is installed here: what the readers
are tested on must not come from the readers' own code.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

Array = npt.NDArray[np.float32]
Layers = dict[str, tuple[Array, Array]]

WIDTHS = (4, 6, 8, 10, 12)
DEPTHS = (2, 2, 3, 3, 3)
DENSE = 16
SIDE = 64
"""Input size of the small networks with dense layers: two by two cells after the last pooling."""

TORCH_NUMBERS = {
    "block1_conv1": 0, "block1_conv2": 2, "block2_conv1": 5, "block2_conv2": 7,
    "block3_conv1": 10, "block3_conv2": 12, "block3_conv3": 14,
    "block4_conv1": 17, "block4_conv2": 19, "block4_conv3": 21,
    "block5_conv1": 24, "block5_conv2": 26, "block5_conv3": 28,
}  # fmt: skip
"""As `print(torchvision.models.vgg16())` lists them."""


def layers(*, dense: bool = False, seed: int = 7, first_scale: float = 1.0) -> Layers:
    """Random weights in ONNX's and torch's layout (OIHW; dense `[out, in]`, inputs C, H, W)."""
    generator = np.random.default_rng(seed)
    found: Layers = {}
    before = 3
    for block, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True), start=1):
        for number in range(1, depth + 1):
            spread = np.sqrt(2 / (9 * before)) * (first_scale if before == 3 else 1.0)
            weight = generator.standard_normal((width, before, 3, 3)) * spread
            bias = generator.standard_normal(width) * 0.1
            found[f"block{block}_conv{number}"] = (weight.astype(np.float32), bias.astype(np.float32))
            before = width
    inside = before * (SIDE // 32) ** 2
    for name in ("fc1", "fc2") if dense else ():
        weight = generator.standard_normal((DENSE, inside)) * np.sqrt(2 / inside)
        found[name] = (weight.astype(np.float32), (generator.standard_normal(DENSE) * 0.1).astype(np.float32))
        inside = DENSE
    return found


def write_keras(path: Path, network: Layers, *, newer: bool = False, wrapped: bool = False) -> None:
    """`block1_conv1/block1_conv1_W_1:0`, or `newer`: `block1_conv1/block1_conv1/kernel:0`.

    `wrapped`: below the group `model_weights`, as `model.save` writes it.
    """
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if wrapped else file
        root.attrs["layer_names"] = [name.encode() for name in ["input_1", *network]]
        root.create_group("input_1").attrs["weight_names"] = np.array([], dtype="S1")
        for name, (weight, bias) in network.items():
            group = root.create_group(name)
            kernel_name, bias_name = (
                (f"{name}/kernel:0", f"{name}/bias:0") if newer else (f"{name}_W_1:0", f"{name}_b_1:0")
            )
            group.attrs["weight_names"] = [kernel_name.encode(), bias_name.encode()]
            group.create_dataset(kernel_name, data=keras_kernel(name, weight))
            group.create_dataset(bias_name, data=bias)


def keras_kernel(name: str, weight: Array) -> Array:
    """OIHW -> HWIO; dense `[out, C H W]` -> `[H W C, out]`."""
    if weight.ndim == 4:
        return weight.transpose(2, 3, 1, 0)
    if name == "fc1":
        cells = SIDE // 32
        return weight.reshape(DENSE, WIDTHS[-1], cells, cells).transpose(2, 3, 1, 0).reshape(-1, DENSE)
    return weight.T


def torch_names(network: Layers) -> dict[str, Array]:
    """`features.0.weight` ... `classifier.3.bias`."""
    found: dict[str, Array] = {}
    for name, (weight, bias) in network.items():
        dense = {"fc1": "classifier.0", "fc2": "classifier.3"}
        prefix = dense.get(name) or f"features.{TORCH_NUMBERS[name]}"
        found |= {f"{prefix}.weight": weight, f"{prefix}.bias": bias}
    return found


def write_safetensors(path: Path, network: Layers) -> None:
    """torchvision's names."""
    save_file({name: np.ascontiguousarray(array) for name, array in torch_names(network).items()}, path)


def write_npz(path: Path, network: Layers, *, seed: int = 3) -> Layers:
    """Our trainer's layout, float16 with batch normalisation; returns the layers that it amounts to."""
    generator = np.random.default_rng(seed)
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "bn_eps": np.array(1e-3, np.float32),
        "input_mean_rgb": np.array([120.0, 110.0, 100.0], np.float32),
        "input_scale": np.array(1 / 60, np.float32),
        "head_type_w": np.zeros((5, 12), np.float16),
    }
    folded: Layers = {}
    for name, (weight, _) in network.items():
        width = len(weight)
        half = weight.astype(np.float16)
        gamma, var = generator.uniform(0.5, 2, (2, width)).astype(np.float32)
        beta, mean = generator.uniform(-1, 1, (2, width)).astype(np.float32)
        arrays |= {f"{name}_w": half, f"{name}_gamma": gamma, f"{name}_beta": beta}
        arrays |= {f"{name}_mean": mean, f"{name}_var": var}
        slope = gamma / np.sqrt(var + 1e-3)
        folded[name] = (half.astype(np.float32) * slope[:, None, None, None], beta - mean * slope)
    np.savez(path, **arrays)  # type: ignore[arg-type] # NumPy's stub takes a flag among the names
    return folded


class Stream:
    """A pickle, protocol 2, opcode by opcode, as torch.save lets Python's pickler write it."""

    def __init__(self) -> None:
        self.data = io.BytesIO()
        self.data.write(pickle.PROTO + b"\x02")

    def op(self, code: bytes, argument: bytes = b"") -> Stream:
        self.data.write(code + argument)
        return self

    def text(self, value: str) -> Stream:
        raw = value.encode()
        return self.op(pickle.BINUNICODE, struct.pack("<I", len(raw)) + raw)

    def number(self, value: int) -> Stream:
        return self.op(pickle.BININT, struct.pack("<i", value))

    def name(self, module: str, name: str) -> Stream:
        return self.op(pickle.GLOBAL, f"{module}\n{name}\n".encode())

    def numbers(self, values: tuple[int, ...]) -> Stream:
        self.op(pickle.MARK)
        for value in values:
            self.number(value)
        return self.op(pickle.TUPLE)

    def bytes(self) -> bytes:
        return self.data.getvalue() + pickle.STOP


def state_pickle(
    tensors: dict[str, Array], *, legacy: bool, rebuild: str = "_rebuild_tensor_v2", storage: str = "FloatStorage"
) -> bytes:
    """The dictionary of tensors: names, persistent ids of their storages, offsets, sizes, strides."""
    stream = Stream().name("collections", "OrderedDict").op(pickle.EMPTY_TUPLE).op(pickle.REDUCE).op(pickle.MARK)
    for key, (name, array) in enumerate(tensors.items()):
        stream.text(name).name("torch._utils", rebuild).op(pickle.MARK)
        stream.op(pickle.MARK).text("storage").name("torch", storage).text(storage_key(key, legacy)).text("cpu")
        stream.number(array.size)
        if legacy:
            stream.op(pickle.NONE)
        stream.op(pickle.TUPLE).op(pickle.BINPERSID)
        strides = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)
        stream.number(0).numbers(array.shape).numbers(strides)
        if rebuild == "_rebuild_tensor_v2":
            stream.op(pickle.NEWFALSE)
            stream.name("collections", "OrderedDict").op(pickle.EMPTY_TUPLE).op(pickle.REDUCE)
        stream.op(pickle.TUPLE).op(pickle.REDUCE)
    return stream.op(pickle.SETITEMS).bytes()


def storage_key(number: int, legacy: bool) -> str:
    """torch writes an address in the legacy container, a count in the zip one."""
    return str(94_000_000_000_000 + 64 * number) if legacy else str(number)


LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
SYSTEM = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def write_legacy_pth(
    path: Path,
    network: Layers,
    *,
    state: Callable[[dict[str, Array]], bytes] | None = None,
    rebuild: str = "_rebuild_tensor_v2",
) -> None:
    """The container of the published file: five pickles, then each storage with its length."""
    tensors = torch_names(network)
    pickled = state(tensors) if state else state_pickle(tensors, legacy=True, rebuild=rebuild)
    keys = [storage_key(number, True) for number in range(len(tensors))]
    with path.open("wb") as file:
        for value in (LEGACY_MAGIC, 1001, SYSTEM):
            pickle.dump(value, file, protocol=2)
        file.write(pickled)
        pickle.dump(keys, file, protocol=2)
        for array in tensors.values():
            file.write(struct.pack("<q", array.size) + np.ascontiguousarray(array).astype("<f4").tobytes())


def write_zip_pth(path: Path, network: Layers, *, half: bool = False) -> None:
    """The container since torch 1.6: `archive/data.pkl`, `archive/data/0` ..., stored without compression."""
    tensors = torch_names(network)
    with zipfile.ZipFile(path, "w") as archive:
        storage = "HalfStorage" if half else "FloatStorage"
        archive.writestr("archive/data.pkl", state_pickle(tensors, legacy=False, storage=storage))
        for key, array in enumerate(tensors.values()):
            archive.writestr(f"archive/data/{key}", array.astype("<f2" if half else "<f4").tobytes())
        archive.writestr("archive/version", "3\n")
