"""Reader of our own `.npz`: VGG16 with batch normalisation, the layout of the built-in model's card.

`block{b}_conv{i}_w` (OIHW, no bias), `..._gamma`, `..._beta`, `..._mean`, `..._var`, `bn_eps`, `input_mean_rgb`,
`input_scale`; `{part}_projection_w` (`[out, in]`) and `..._b` where a part is projected; other arrays (heads used in
training) are left alone.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.model.contract import ModelFileError
from index.model.registry import CONVOLUTIONS, TAPS, Channels, Preprocessing
from index.model.weights import Layer, Weights, as_floats, broken

TERMS = "as stated by whoever trained these weights; see the card that came with them"


def read(path: Path) -> Weights:
    """Weights with the batch normalisation folded into weight and bias. Raises `ModelFileError`."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return _weights(archive)
    except KeyError as missing:
        raise ModelFileError(
            f"{path} has no array {missing.args[0].split()[0]}: it is not a VGG16 in our layout."
        ) from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
        raise broken(path) from None


def _weights(archive: np.lib.npyio.NpzFile) -> Weights:
    eps = float(archive["bn_eps"])
    mean = [float(value) for value in archive["input_mean_rgb"]]
    scale = [float(value) for value in np.broadcast_to(archive["input_scale"], (3,))]
    return Weights(
        source="npz",
        convolutions=tuple(_folded(archive, place.layer, eps) for place in CONVOLUTIONS),
        dense=(),
        preprocessing=Preprocessing(Channels.RGB, (mean[0], mean[1], mean[2]), (scale[0], scale[1], scale[2])),
        terms=TERMS,
        projections={part: _projection(archive, part) for part in TAPS.values() if f"{part}_projection_w" in archive},
    )


def _projection(archive: np.lib.npyio.NpzFile, part: str) -> Layer:
    return Layer(as_floats(archive[f"{part}_projection_w"]), as_floats(archive[f"{part}_projection_b"]))


def _folded(archive: np.lib.npyio.NpzFile, layer: str, eps: float) -> Layer:
    """Convolution and batch normalisation as one convolution: w * g / s, beta - mean * g / s."""

    def wide(suffix: str) -> npt.NDArray[np.float64]:
        return np.asarray(archive[f"{layer}_{suffix}"], dtype=np.float64)

    factor = wide("gamma") / np.sqrt(wide("var") + eps)
    return Layer(
        as_floats(wide("w") * factor[:, None, None, None]),
        as_floats(wide("beta") - wide("mean") * factor),
    )
