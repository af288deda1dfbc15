"""An unpickler that can make dictionaries and tensors and nothing else.

A `.pth` file is a pickle, and a pickle may call any function of the machine that opens it. Ours resolves a handful
of names to harmless stand-ins and refuses the rest before anything is called; torch is never imported.
Format: torch/serialization.py (`_legacy_save`, `_save`) and torch/_utils.py of pytorch/pytorch.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

STORAGE_TYPES = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8"}
"""torch's class of a storage -> NumPy type of its numbers (long integers: counters that we read past)."""

FAILURES = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    MemoryError, RecursionError, ImportError,
)  # fmt: skip
"""What a damaged or hostile stream makes an unpickler raise."""


class Forbidden(pickle.UnpicklingError):
    """The stream asks for something that weights never need."""


@dataclass(frozen=True, slots=True)
class StorageType:
    """Stand-in for a class like `torch.FloatStorage`; can't be called."""

    dtype: str


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers that stands elsewhere in the file."""

    key: str
    dtype: str
    numel: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage, not read yet."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class TensorUnpickler(pickle.Unpickler):
    """Raises `Forbidden` for any name outside the list."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="utf-8")

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in for one of the names that torch.save writes."""
        allowed: dict[tuple[str, str], Callable[..., Any]] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor"): _Rebuild(),
            ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
            ("torch._utils", "_rebuild_parameter"): _Parameter(),
        }
        if module in ("torch", "torch.storage") and name in STORAGE_TYPES:
            return StorageType(STORAGE_TYPES[name])
        if (module, name) in allowed:
            return allowed[module, name]
        raise Forbidden(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Storage:
        """`('storage', type, key, location, numel[, view])`; a view is `(key, offset, numel)` or None."""
        match pid:
            case ("storage", StorageType(dtype), str(key), str(_), int(numel)):
                return Storage(key, dtype, numel)
            case ("storage", StorageType(dtype), str(key), str(_), int(numel), None):
                return Storage(key, dtype, numel)
            case ("storage", StorageType(dtype), str(key), str(_), int(numel), (str(_), int(offset), int(_))):
                return Storage(key, dtype, numel, offset)
            case _:
                raise Forbidden("a persistent id that is no storage")


class _Rebuild:
    """Called like `torch._utils._rebuild_tensor[_v2]`: storage, offset, size, stride, and what only training needs.

    A fresh object for each name in each file and without a `__dict__`: nothing that a stream does to it lasts.
    """

    __slots__ = ()

    def __call__(
        self, storage: Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: object
    ) -> Tensor:
        if not isinstance(storage, Storage):
            raise Forbidden("a tensor without a storage")
        return Tensor(storage, int(offset), tuple(map(int, size)), tuple(map(int, stride)))


class _Parameter:
    """Called like `torch._utils._rebuild_parameter`: data, requires_grad, hooks."""

    __slots__ = ()

    def __call__(self, data: Tensor, *_rest: object) -> Tensor:
        if not isinstance(data, Tensor):
            raise Forbidden("a parameter without a tensor")
        return data
