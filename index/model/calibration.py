"""Pictures for calibrating an int8 model: real ones, from a folder, spread over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.errors import Refused
from index.model.contract import ModelFileError, Pixels
from index.pictures import decode_to_pixels

ENOUGH = 256
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif"})


def pictures_in(folder: Path, size: int, *, limit: int = ENOUGH) -> Pixels:
    """At most `limit` pictures below a folder, evenly spread over its sorted names, squeezed to `size`.

    uint8 RGB `[M, size, size, 3]`. What can't be opened is passed over. Raises `ModelFileError` where nothing is left.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    step = max(1, len(files) // limit)
    found = [picture for path in files[::step][:limit] if (picture := _opened(path, size)) is not None]
    if not found:
        raise ModelFileError(f"{folder} holds no picture: give a folder with some hundred of the shop's pictures.")
    return np.stack(found)


def _opened(path: Path, size: int) -> Pixels | None:
    try:
        return decode_to_pixels(path.read_bytes(), size)
    except (OSError, Refused):
        return None
