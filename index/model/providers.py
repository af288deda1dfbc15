"""Where ONNX Runtime computes: a graphics card where one works, else the processor.

ONNX Runtime names CUDA as available as soon as its package holds it, also on a machine without a card; a session that
cannot have it is then made on the processor with no more than a line on stderr. So we look for the driver first, and
at what the session got afterwards. (https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html)
"""

from __future__ import annotations

import contextlib
import ctypes
import io
from typing import Literal

import onnxruntime as ort

from core.errors import SnapshelfError
from core.telemetry import get_logger

log = get_logger(__name__)

Provider = Literal["auto", "cpu", "cuda"]
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
DRIVER = "libcuda.so.1"
"""What NVIDIA's driver brings into the system, or its toolkit into a container."""
NO_CUDA = (
    "ONNX Runtime finds no CUDA that works here: see that `nvidia-smi` shows a card and that locks/gpu.txt is "
    "installed, or leave the provider on auto."
)


def candidates(wish: Provider) -> list[list[str]]:
    """The lists of providers to try, best first. Raises SnapshelfError when only CUDA will do and there is none."""
    if wish == "cpu":
        return [[CPU]]
    if not has_cuda():
        if wish == "cuda":
            raise SnapshelfError(NO_CUDA)
        return [[CPU]]
    _load_libraries()
    return [[CUDA, CPU]] if wish == "cuda" else [[CUDA, CPU], [CPU]]


def has_cuda() -> bool:
    """Whether the runtime was built for a card and a driver is here."""
    return CUDA in ort.get_available_providers() and _has_driver()


def got(session: ort.InferenceSession, wanted: list[str]) -> bool:
    """Whether a session computes where it was asked to."""
    if session.get_providers()[0] == wanted[0]:
        return True
    log.warning("the graphics card cannot be used, the processor computes", wanted=wanted[0])
    return False


def _has_driver() -> bool:
    try:
        ctypes.CDLL(DRIVER)
    except OSError:
        return False
    return True


def _load_libraries() -> None:
    """CUDA's and cuDNN's libraries from their wheels, which are on no path of the system's loader."""
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            preload()
        if said.getvalue():
            log.warning("CUDA's libraries cannot all be loaded", said=said.getvalue()[:300])
