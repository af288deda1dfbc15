"""Pictures of a recipe, decoded once and kept as arrays that are mapped: `‹set›.u8` `[N, side, side, 3]` and labels."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.recipe import PictureSet

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
UNLABELLED = -1


@dataclass(frozen=True)
class Prepared:
    """One set, ready to be drawn from."""

    name: str
    pixels: npt.NDArray[np.uint8]
    """`[N, side, side, 3]`, RGB, mapped."""
    ids: tuple[str, ...]
    kind: npt.NDArray[np.int64]
    """`[N]`, UNLABELLED where none is known; numbers of this set alone."""
    colour: npt.NDArray[np.int64]
    kinds: int
    colours: int
    share: float


def prepare(picture_set: PictureSet, data: Path, cache: Path) -> Prepared | None:
    """Decode the set into `cache`, or take what lies there; None when the set is not there.

    Pictures that cannot be read are left out.
    """
    source, meta = data / picture_set.path, cache / f"{picture_set.name}.json"
    if not meta.exists():
        if not source.exists():
            return None
        _decode(picture_set, source, data, cache)
    told = json.loads(meta.read_text())
    count, side = len(told["ids"]), told["side"]
    pixels = np.memmap(cache / f"{picture_set.name}.u8", np.uint8, "r", shape=(count, side, side, 3))
    kind, colour = np.array(told["kind"], np.int64), np.array(told["colour"], np.int64)
    return Prepared(
        picture_set.name, pixels, tuple(told["ids"]), kind, colour, told["kinds"], told["colours"], picture_set.share
    )


def _decode(picture_set: PictureSet, source: Path, data: Path, cache: Path) -> None:
    labels = _table(data / picture_set.table) if picture_set.table else {}
    ids, kinds, colours = [], [], []
    with (cache / f"{picture_set.name}.part").open("wb") as out:
        for path, content in _files(source):
            row = labels.get(path.stem, {})
            if picture_set.leave_out and path.stem.isdigit() and int(path.stem) % picture_set.leave_out == 0:
                continue
            pixels = _squeezed(content, picture_set.side)
            if pixels is None:
                continue
            out.write(pixels.tobytes())
            ids.append(path.stem)
            kinds.append(_kind(picture_set, path, row))
            colours.append(row.get(picture_set.colour, ""))
    (cache / f"{picture_set.name}.part").rename(cache / f"{picture_set.name}.u8")
    numbered_kinds, numbered_colours = _numbered(kinds), _numbered(colours)
    told = {
        "side": picture_set.side,
        "ids": ids,
        "kind": numbered_kinds,
        "colour": numbered_colours,
        "kinds": max(numbered_kinds, default=-1) + 1,
        "colours": max(numbered_colours, default=-1) + 1,
    }
    (cache / f"{picture_set.name}.json").write_text(json.dumps(told))


def _files(source: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Every picture of a folder or tar, sorted within a folder."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in ENDINGS:
                yield PurePosixPath(path), path.read_bytes()
        return
    with tarfile.open(source) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None and member.name.lower().endswith(ENDINGS):
                yield PurePosixPath(member.name), file.read()


def _squeezed(content: bytes, side: int) -> npt.NDArray[np.uint8] | None:
    try:
        with Image.open(io.BytesIO(content)) as image:
            small = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    except (OSError, ValueError, SyntaxError):
        return None
    return np.asarray(small, np.uint8)


def _kind(picture_set: PictureSet, path: PurePosixPath, row: dict[str, str]) -> str:
    if picture_set.kind == "folder":
        return path.parts[-1 - picture_set.folder_level] if len(path.parts) > picture_set.folder_level else ""
    return row.get(picture_set.kind, "")


def _table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def _numbered(labels: list[str]) -> list[int]:
    names = {name: number for number, name in enumerate(sorted(set(labels) - {""}))}
    return [names.get(label, UNLABELLED) for label in labels]
