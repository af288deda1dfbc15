"""Probe pictures: does a variant of a model (int8, another machine's way of computing) still give the same codes?

Codes are signs of centred descriptors, so signs are what is compared. The pictures are drawn here, by numbers
alone: shapes, stripes, checks and gradients in many colours. They lie beside the built-in model together with the
signs that its fp32 reference gave, so that any machine can check itself (`snapshelf doctor` does).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.model.contract import Descriptors, Embeds, ModelFileError, Pixels

ADMITTED = 0.02
"""Largest share of differing signs for a variant to belong to its family."""

COUNT = 48
BATCH = 8


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What the fp32 model said about the probe pictures."""

    fingerprint: str
    pixels: Pixels
    mean: npt.NDArray[np.float32]
    """The probes' mean descriptor, `[D]`: taken off before the sign."""
    signs: npt.NDArray[np.bool_]
    """`[N, D]`"""

    @classmethod
    def of(cls, embedder: Embeds, pixels: Pixels) -> Reference:
        """Ask the reference model."""
        descriptors = _embed(embedder, pixels)
        mean = descriptors.mean(axis=0)
        return cls(embedder.fingerprint, pixels, mean, descriptors > mean)

    def save(self, path: Path) -> None:
        """Write the `.npz` that `read` reads."""
        np.savez_compressed(
            path,
            fingerprint=np.array(self.fingerprint),
            pixels=self.pixels,
            mean=self.mean,
            signs=np.packbits(self.signs, axis=1),
        )

    @classmethod
    def read(cls, path: Path) -> Reference:
        """Raises `ModelFileError` where the file is missing or broken."""
        try:
            with np.load(path, allow_pickle=False) as file:
                mean = file["mean"]
                signs = np.unpackbits(file["signs"], axis=1, count=len(mean)).astype(bool)
                return cls(str(file["fingerprint"]), file["pixels"], mean, signs)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
            raise ModelFileError(f"{path} is missing or broken: install Snapshelf or export the model again.") from None


def sign_disagreement(embedder: Embeds, reference: Reference | None = None) -> float:
    """Share of signs (0..1) in which an embedder differs from the reference; at most `ADMITTED` is one family.

    `reference`: default the one packaged with the built-in model. Raises `ModelFileError` for another family.
    """
    reference = reference or Reference.read(builtin_probes())
    if reference.fingerprint != embedder.fingerprint:
        raise ModelFileError("These probe pictures belong to another model: export the model again.")
    found = _embed(embedder, reference.pixels) > reference.mean
    return float((found != reference.signs).mean())


def builtin_probes() -> Path:
    """The probe pictures of the built-in model."""
    return Path(__file__).parent / "builtin" / "probes.npz"


def draw(size: int, count: int = COUNT, seed: int = 20) -> Pixels:
    """Pictures of up to four shapes on a shaded ground, uint8 `[count, size, size, 3]`; same seed, same pictures."""
    generator = np.random.default_rng(seed)
    return np.stack([_picture(generator, size) for _ in range(count)])


def _picture(generator: np.random.Generator, size: int) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[0:size, 0:size].astype(np.float64) / size
    light = generator.uniform(0.6, 1.0, 3) if generator.random() < 0.6 else generator.uniform(0, 1, 3)
    slope = generator.uniform(-0.3, 0.3, 2)
    canvas = light * (1.0 + slope[0] * (x - 0.5) + slope[1] * (y - 0.5))[:, :, None]
    for _ in range(int(generator.integers(1, 5))):
        mask = _shape(generator, x, y)
        canvas = np.where(mask[:, :, None], _filling(generator, x, y), canvas)
    picture: npt.NDArray[np.uint8] = (np.clip(canvas, 0.0, 1.0) * 255).astype(np.uint8)
    return picture


def _shape(
    generator: np.random.Generator, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """A turned ellipse, box, ring or diamond somewhere near the middle."""
    middle, angle = generator.uniform(0.3, 0.7, 2), generator.uniform(0, np.pi)
    reach = generator.uniform(0.1, 0.4, 2)
    u = ((x - middle[0]) * np.cos(angle) + (y - middle[1]) * np.sin(angle)) / reach[0]
    v = ((y - middle[1]) * np.cos(angle) - (x - middle[0]) * np.sin(angle)) / reach[1]
    distance = (
        np.hypot(u, v),
        np.maximum(abs(u), abs(v)),
        1.4 * abs(np.hypot(u, v) - 0.7) + 0.5,
        abs(u) + abs(v),
    )[int(generator.integers(4))]
    return np.asarray(distance < 1.0)


def _filling(
    generator: np.random.Generator, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """One colour, or two in stripes or checks, with a little shade."""
    first, second = generator.uniform(0, 1, (2, 3))
    turns = generator.uniform(10, 60)
    pattern = (
        np.zeros_like(x),
        np.sin(turns * x) > 0,
        np.sin(turns * y) > 0,
        (np.sin(turns * x) > 0) ^ (np.sin(turns * y) > 0),
    )[int(generator.integers(4))]
    shade = 1.0 - 0.4 * generator.random() * x
    return np.asarray(np.where(pattern[:, :, None] > 0, first, second) * shade[:, :, None])


def _embed(embedder: Embeds, pixels: Pixels) -> Descriptors:
    parts = [embedder.embed(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
    return np.concatenate(parts)
