"""Views of the shop's pictures as the frozen blocks see them, made once and kept on disk: training the upper blocks on
them costs a tenth of training on pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.device import quick_numbers
from training.network import DIMENSIONS, WIDTHS, Vgg16
from training.shop import Shelf
from training.views import Views

CHUNK = 64
"""Views made at once, from a seed of their own: an interrupted bank goes on at a chunk and ends the same."""
CLEAN = 2
"""Views as the shop shows a picture; the others are as shoppers photograph."""
PHOTO_TURNS = 4
"""Views of each photo that a shopper sent."""


@dataclass(frozen=True, slots=True)
class View:
    """One row of the bank."""

    product: npt.NDArray[np.int64]
    """`[R]`"""
    photo: npt.NDArray[np.bool_]
    """`[R]`: as a shopper would see it."""


def rows_of(shelf: Shelf, each: int, most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], View]:
    """What each row shows: source picture (those of shoppers counted on after the shop's), turn, and View."""
    shown = np.flatnonzero(~shelf.held_out[shelf.product])
    shown = shown[np.linspace(0, len(shown) - 1, min(most, len(shown))).astype(np.int64)]
    sent = np.flatnonzero(~shelf.held_out[shelf.photo_product]) if len(shelf.photos) else np.empty(0, np.int64)
    source = np.concatenate([np.tile(shown, each), np.tile(sent + len(shelf.pixels), PHOTO_TURNS)])
    turn = np.concatenate([np.repeat(np.arange(each), len(shown)), np.full(len(sent) * PHOTO_TURNS, each)])
    product = np.concatenate([shelf.product, shelf.photo_product])[source]
    return source, turn, View(product, turn >= CLEAN)


def row_floats(side: int, frozen: int) -> int:
    """Numbers in a row: the last frozen block's output after pooling, and the parts as they are before training."""
    small = side >> frozen
    return WIDTHS[frozen - 1][0] * small * small + sum(DIMENSIONS.values())


class Bank:
    """`bank.f16` in the run's folder, `[R, row_floats]`."""

    def __init__(
        self, shelf: Shelf, net: Vgg16, *, side: int, views: int, pictures: int, folder: Path, seed: int
    ) -> None:
        self.shelf, self.net, self.side, self.seed = shelf, net, side, seed
        self.source, self.turn, self.view = rows_of(shelf, views, pictures)
        self._path, self._floats = folder / "bank.f16", row_floats(side, net.frozen)
        self._rows: npt.NDArray[np.float16] | None = None

    @property
    def done(self) -> int:
        """Rows that are there."""
        return self._path.stat().st_size // (2 * self._floats) if self._path.exists() else 0

    def fill(self, progress: Callable[[int, int], None], device: str) -> None:
        """Make what is missing."""
        whole = self.done // CHUNK * CHUNK
        with self._path.open("ab") as out:
            if self.done < len(self.source):
                out.truncate(whole * 2 * self._floats)
                for at in range(whole, len(self.source), CHUNK):
                    out.write(self.made(at, device).tobytes())
                    progress(min(at + CHUNK, len(self.source)), len(self.source))
        self._rows = np.memmap(self._path, np.float16, "r", shape=(len(self.source), self._floats))

    def made(self, at: int, device: str) -> npt.NDArray[np.float16]:
        """The chunk that begins at row `at`."""
        pixels = self.pixels(np.arange(at, min(at + CHUNK, len(self.source))))
        with torch.inference_mode(), quick_numbers(device):
            values, within = self.net.lower(pixels.to(device))
            parts = self.net.upper(values, within)
        flat = [values.float().reshape(len(values), -1), *(parts[name].float() for name in DIMENSIONS)]
        return np.asarray(torch.cat(flat, 1).cpu().numpy(), np.float16)

    def pixels(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """The views themselves: `[B, 3, S, S]`, 0..255."""
        first = int(rows[0]) if len(rows) else 0
        views, dice = Views(self.seed * 1_000_003 + first), np.random.default_rng([self.seed, first])
        pictures = [self._picture(int(number)) for number in self.source[rows]]
        behind = [self._picture(int(number)) for number in dice.choice(self.source, len(rows))]
        out = views.clean(pictures, self.side)
        photo = torch.from_numpy(self.view.photo[rows] & (self.source[rows] < len(self.shelf.pixels)))
        if photo.any():
            chosen = [at for at in range(len(rows)) if photo[at]]
            out[photo] = views.shopper([pictures[at] for at in chosen], [behind[at] for at in chosen], self.side)
        return out

    def batch(self, rows: npt.NDArray[np.int64], device: str) -> tuple[Tensor, dict[str, Tensor]]:
        """What `Vgg16.upper` takes: the frozen blocks' output, and all parts as they were before training."""
        if self._rows is None:
            raise RuntimeError("the bank is not filled")
        flat = torch.from_numpy(np.asarray(self._rows[rows])).to(device).float()
        values, *parts = flat.split([flat.shape[1] - sum(DIMENSIONS.values()), *DIMENSIONS.values()], 1)
        small = self.side >> self.net.frozen
        square = values.reshape(len(rows), -1, small, small).contiguous(memory_format=torch.channels_last)
        return square, dict(zip(DIMENSIONS, parts, strict=True))

    def _picture(self, number: int) -> npt.NDArray[np.uint8]:
        shop = len(self.shelf.pixels)
        return np.asarray(self.shelf.pixels[number] if number < shop else self.shelf.photos[number - shop])
