"""What the teacher sees in each picture, asked once and kept: the pooled features of its last convolution."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.pictures import Prepared

FEATURES = 1280
_OUTPUT = "out_relu/Relu6"


class Teacher:
    """MobileNetV2 in TensorFlow Lite's format; input -1..1, which measured better than 0..1."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-not-found,unused-ignore]

        self._net: Any = Interpreter(str(path), num_threads=os.cpu_count(), experimental_preserve_all_tensors=True)
        self._net.allocate_tensors()
        given = self._net.get_input_details()[0]
        self._input, self._side = given["index"], int(given["shape"][1])
        self._output = next(t["index"] for t in self._net.get_tensor_details() if t["name"].endswith(_OUTPUT))

    def see(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
        """`[side, side, 3]` → `[1280]`."""
        large = Image.fromarray(picture).resize((self._side, self._side), Image.Resampling.BILINEAR)
        self._net.set_tensor(self._input, (np.asarray(large, np.float32) / 127.5 - 1.0)[None])
        self._net.invoke()
        return np.asarray(self._net.get_tensor(self._output)[0].mean((0, 1)), np.float16)


def taught(prepared: Prepared, path: Path, cache: Path) -> npt.NDArray[np.float16]:
    """`[N, 1280]` for a set; goes on where it was interrupted."""
    kept = cache / f"{prepared.name}.teacher"
    done = kept.stat().st_size // (FEATURES * 2) if kept.exists() else 0
    if done < len(prepared.pixels):
        teacher = Teacher(path)
        with kept.open("ab") as out:
            out.truncate(done * FEATURES * 2)
            for number in range(done, len(prepared.pixels)):
                out.write(teacher.see(prepared.pixels[number]).tobytes())
    return np.memmap(kept, np.float16, "r", shape=(len(prepared.pixels), FEATURES))
