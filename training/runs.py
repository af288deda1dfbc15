"""Folders of trainings under DATA_DIR/training, and where a finished model goes. Needs no torch."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import SnapshelfError
from index.model.card import probes_of, sidecar_of

SCRATCH = ("bank.f16", "tuned.pt", "pictures.u8", "photos.u8", "shelf.json", "tuned.onnx")
"""What only an unfinished training needs; some hundred MB."""
FORGOTTEN_S = 7 * 24 * 3600
SPARE_BYTES = 1 << 30


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises SnapshelfError where the same training runs already; the kernel gives the lock back when that dies."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SnapshelfError("This training runs already in another process: wait for it, or stop it.") from None
        yield


def tidy(folder: Path, but: Path) -> None:
    """Forget trainings of other catalogues or models that were left unfinished a week ago."""
    for other in folder.iterdir():
        forgotten = time.time() - other.stat().st_mtime > FORGOTTEN_S
        if other != but and forgotten and not (other / "result.json").exists():
            shutil.rmtree(other, ignore_errors=True)


def clear(folder: Path) -> None:
    """Remove what only an unfinished training needs."""
    for name in SCRATCH:
        path = folder / name
        for one in (path, sidecar_of(path), probes_of(path)) if path.suffix == ".onnx" else (path,):
            one.unlink(missing_ok=True)


def room_for(folder: Path, more_bytes: int) -> None:
    """Raises SnapshelfError where the disk has too little left."""
    free = shutil.disk_usage(folder).free
    if free < more_bytes + SPARE_BYTES:
        raise SnapshelfError(
            f"Training keeps {more_bytes / 1e9:.1f} GB in {folder} while it runs, and {free / 1e9:.1f} GB are free: "
            "make room, or set SNAPSHELF_DATA_DIR to a larger disk."
        )


def install(made: Path, models: Path) -> str:
    """Copy model, sidecar and probes to where MODEL finds them, under the next free name; gives the name."""
    models.mkdir(parents=True, exist_ok=True)
    number = 1
    while (models / f"shop-{number}.onnx").exists():
        number += 1
    target = models / f"shop-{number}.onnx"
    for source, goal in ((probes_of(made), probes_of(target)), (sidecar_of(made), sidecar_of(target)), (made, target)):
        part = goal.with_name(f".{goal.name}.part")
        shutil.copyfile(source, part)
        part.replace(goal)
    return target.stem
