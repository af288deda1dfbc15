"""Reader of torchvision's `.pth`: the legacy container (the published file) and the zip one; torch is not needed.

Legacy: pickles of a magic number, a protocol version, facts about the system, the dictionary of tensors and the
list of storage keys; then each storage as an int64 count and its raw numbers. Zip: `‹name›/data.pkl` and
`‹name›/data/‹key›`. Source: torch/serialization.py of pytorch/pytorch.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from index.model.contract import ModelFileError
from index.model.readers.unpickle import FAILURES, Forbidden, Storage, Tensor, TensorUnpickler
from index.model.registry import PUBLISHED, TORCH
from index.model.weights import Floats, Weights, broken, torch_layers

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001

Numbers = npt.NDArray[Any]


def read_legacy(path: Path) -> Weights:
    """The weights of a non-zip `.pth`. Raises `ModelFileError`; a stream that wants more than tensors is refused."""
    try:
        with path.open("rb") as file:
            if _load(file) != MAGIC or _load(file) != PROTOCOL:
                raise ModelFileError(f"{path} is a pickle but not of torch's making: give the published file.")
            _load(file)  # facts about the system that wrote it
            entries = _entries(path, _load(file))
            storages = _legacy_storages(file, _load(file), {e.storage.key: e.storage for e in entries.values()})
    except Forbidden as wish:
        raise _refused(path, wish) from None
    except (*FAILURES, OSError, struct.error):
        raise broken(path) from None
    return _weights(path, entries, storages.__getitem__)


def read_zip(path: Path) -> Weights:
    """The weights of a zip `.pth`. Raises `ModelFileError`; a stream that wants more than tensors is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            prefix = _zip_prefix(path, archive)
            with archive.open(f"{prefix}data.pkl") as file:
                entries = _entries(path, _load(file))
            return _weights(path, entries, lambda key: archive.read(f"{prefix}data/{key}"))
    except Forbidden as wish:
        raise _refused(path, wish) from None
    except (*FAILURES, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        raise broken(path) from None


def _load(file: IO[bytes]) -> Any:
    return TensorUnpickler(file).load()


def _refused(path: Path, wish: Forbidden) -> ModelFileError:
    return ModelFileError(f"{path} asks to run {wish}, which weights never need: do not use this file.")


def _zip_prefix(path: Path, archive: zipfile.ZipFile) -> str:
    for name in archive.namelist():
        if name.endswith("/data.pkl") or name == "data.pkl":
            return name.removesuffix("data.pkl")
    raise ModelFileError(f"{path} is a zip archive but neither a .pth nor our .npz: give a weights file.")


def _entries(path: Path, loaded: object) -> dict[str, Tensor]:
    """The tensors by name, out of a state dictionary (also one wrapped as `{"state_dict": ...}`)."""
    if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, dict):
        raise ModelFileError(f"{path} holds no dictionary of tensors: save the network's `state_dict()`.")
    return {str(name): tensor for name, tensor in loaded.items() if isinstance(tensor, Tensor)}


def _legacy_storages(file: IO[bytes], keys: object, known: Mapping[str, Storage]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if not isinstance(keys, list):
        raise TypeError("keys")
    for key in keys:
        storage = known[key]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.numel:
            raise ValueError("a storage of another length than announced")
        found[key] = file.read(count * np.dtype(storage.dtype).itemsize)
    return found


def _weights(path: Path, entries: Mapping[str, Tensor], raw: Callable[[str], bytes]) -> Weights:
    wanted = {name: tensor for name, tensor in entries.items() if not name.startswith("classifier.6")}
    try:
        tensors = {name: _array(tensor, raw(tensor.storage.key)) for name, tensor in wanted.items()}
    except (KeyError, ValueError):
        raise broken(path) from None
    convolutions, dense = torch_layers(path, tensors)
    return Weights("torchvision", tuple(convolutions), tuple(dense), TORCH, PUBLISHED["torchvision"].licence)


def _array(tensor: Tensor, raw: bytes) -> Floats:
    """The view of the storage as float32. `ValueError` where it reaches outside."""
    storage = tensor.storage
    numbers: Numbers = np.frombuffer(raw, dtype=storage.dtype)
    start = storage.offset + tensor.offset
    reach = start + sum((n - 1) * step for n, step in zip(tensor.size, tensor.stride, strict=True))
    count = int(np.prod(tensor.size, dtype=object))
    in_range = min(start, *tensor.stride, *tensor.size, 1) >= 0 and reach < len(numbers) and count <= len(numbers)
    if not in_range or len(numbers) != storage.numel:
        raise ValueError("a tensor that reaches outside its storage")
    steps = tuple(step * numbers.itemsize for step in tensor.stride)
    view = np.lib.stride_tricks.as_strided(numbers[start:], tensor.size, steps, writeable=False)
    return np.array(view, dtype=np.float32)
