"""The projection of each part, learned anew on the shop's own views after (or instead of) fine-tuning: what differs
between two views of a product counts less, what differs between products more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from index.model.weights import Layer
from training.bank import Bank
from training.device import quick_numbers
from training.losses import TRAINED
from training.network import Vgg16
from training.projection import whitening

PAIRS = 12_000
"""More change the covariance of 512 numbers little."""
BATCH = 128


def whitened(bank: Bank, net: Vgg16, device: str) -> dict[str, Layer]:
    """By part that is trained, from pairs of views of one product: as the shop shows it, as a shopper sees it."""
    clean, photo = pairs_of(bank.view.product, bank.view.photo)
    rows, places = np.unique(np.concatenate([clean, photo]), return_inverse=True)
    seen: dict[str, list[npt.NDArray[np.float32]]] = {name: [] for name in TRAINED}
    net.eval()
    for at in range(0, len(rows), BATCH):
        with torch.inference_mode(), quick_numbers(device):
            parts = net.upper(*bank.batch(rows[at : at + BATCH], device))
        for name, kept in seen.items():
            kept.append(nn.functional.normalize(parts[name].float()).cpu().numpy())
    found = {name: np.concatenate(kept)[places] for name, kept in seen.items()}
    return {name: whitening(values[: len(clean)], values[len(clean) :]) for name, values in found.items()}


def pairs_of(
    product: npt.NDArray[np.int64], is_photo: npt.NDArray[np.bool_], most: int = PAIRS
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows as the shop shows a product, and rows of the same products as shoppers see them; evenly at most so many."""
    photos = np.flatnonzero(is_photo)
    shown: dict[int, list[int]] = {}
    for row in np.flatnonzero(~is_photo):
        shown.setdefault(int(product[row]), []).append(int(row))
    photos = photos[[int(product[row]) in shown for row in photos]] if len(photos) else photos
    photos = photos[np.linspace(0, len(photos) - 1, min(most, len(photos))).astype(np.int64)]
    clean = [shown[int(product[row])][number % len(shown[int(product[row])])] for number, row in enumerate(photos)]
    return np.array(clean, np.int64), photos
