"""Writes a generation: under a temporary name, fsynced, read back and searched, then renamed into place."""

from __future__ import annotations

import dataclasses
import datetime
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import SnapshelfError
from core.spreadsheets import neutral
from index import catalogue, columns, manifest
from index.binariser import SHORT_BITS, Binariser
from index.calibration import Recall, recall
from index.catalogue import Picture, Product
from index.generation import BINARISER, CATALOGUE, LONG, LONG_SUMS, NOTES, SHORT, SKIPPED, Generation
from index.hamming import Codes
from index.longcodes import checksums
from index.manifest import Manifest
from index.shortcodes import Kind, ShortCodes
from index.store import GenerationStore, sync_folder

MOMENT = "%Y%m%dT%H%M%S%fZ"
Line = tuple[int, str, str]
"""Line in the feed, product id, reason."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a generation holds. Products stand in the order of their ids, pictures in the order of products."""

    products: Sequence[Product]
    pictures: Sequence[Picture]
    short: Codes
    long: Codes
    binariser: Binariser
    kind: Kind
    manifest: Manifest
    """Without name, recall and files."""
    skipped: Sequence[Line]
    notes: Sequence[Line]
    """What was dropped of rows that made it: a link, a price, a second picture."""


def utc_now() -> datetime.datetime:
    """This machine's clock."""
    return datetime.datetime.now(datetime.UTC)


def new_name(names: Sequence[str] = ()) -> str:
    """`‹utc-time›-‹6 hex›`, after all of `names`: a clock that was set back leaves the order of publishing as it is."""
    moments = [moment for moment in map(_moment, names) if moment is not None]
    now = utc_now()
    if moments:
        now = max(now, max(moments) + datetime.timedelta(microseconds=1))
    return f"{now:{MOMENT}}-{secrets.token_hex(3)}"


def _moment(name: str) -> datetime.datetime | None:
    """The time that a name was given; None for what is no generation's name."""
    try:
        return datetime.datetime.strptime(name.partition("-")[0], MOMENT).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None


def publish(store: GenerationStore, draft: Draft) -> tuple[str, Recall]:
    """Write, verify, rename, and let `current` name it. Raises SnapshelfError where the read-back differs."""
    store.folder.mkdir(parents=True, exist_ok=True)
    _sweep(store.folder)
    name = new_name(store.names())
    aside = store.folder / f".new-{name}"
    aside.mkdir()
    _write_files(aside, draft)
    told = dataclasses.replace(draft.manifest, name=name, files=_digests(aside))
    _write(aside / manifest.NAME, told.to_json())
    found = _verify(aside, draft)
    told = dataclasses.replace(told, recall=found.value)
    _write(aside / manifest.NAME, told.to_json())
    _sync(aside)
    os.replace(aside, store.folder / name)
    sync_folder(store.folder)
    store.point(name)
    return name, found


def listed(folder: Path, skipped: Sequence[Line], notes: Sequence[Line]) -> bool:
    """Whether a generation lists just these lines as skipped and noted."""
    try:
        return all((folder / name).read_bytes() == tsv(lines) for name, lines in ((SKIPPED, skipped), (NOTES, notes)))
    except OSError:
        return False


def _sweep(folder: Path) -> None:
    """What a killed run left behind: the caller holds the lock, so that nobody writes there now."""
    for left in folder.glob(".*-*"):
        if left.name.startswith((".new-", ".gone-")):
            shutil.rmtree(left)
        elif left.name.startswith(".current-"):
            left.unlink()


def _write_files(folder: Path, draft: Draft) -> None:
    ShortCodes.build(draft.short, draft.kind).save(folder / SHORT)
    long = np.ascontiguousarray(draft.long)
    _write(folder / LONG, long.data)
    _write(folder / LONG_SUMS, checksums(long.reshape(-1).data).data)
    arrays, labels = columns.build(draft.products)
    for name, array in arrays.items():
        _write(folder / name, _little_endian(array).data)
    catalogue.write(folder / CATALOGUE, draft.products, draft.pictures, labels)
    _write(folder / BINARISER, draft.binariser.to_bytes())
    _write(folder / SKIPPED, tsv(draft.skipped))
    _write(folder / NOTES, tsv(draft.notes))


def _little_endian(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def tsv(lines: Sequence[Line]) -> bytes:
    """`line, id, reason` a row, in the order of the feed."""
    rows = ["line\tid\treason", *(f"{line}\t{_cell(id_)}\t{_cell(reason)}" for line, id_, reason in sorted(lines))]
    return ("\n".join(rows) + "\n").encode()


def _cell(text: str) -> str:
    """One cell: no tab or end of line, and nothing that a spreadsheet would run as a formula."""
    return neutral(" ".join(text.split()))


def _write(path: Path, data: Any) -> None:
    with path.open("wb") as file:
        file.write(data)


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: manifest.sha256(path) for path in sorted(folder.iterdir())}


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    sync_folder(folder)


def _verify(folder: Path, draft: Draft) -> Recall:
    """Read everything back; pictures of a sample must find themselves at distance 0."""
    with Generation(folder) as generation:
        generation.verify()
        same = np.array_equal(generation.index.short.codes, draft.short)
        if not same or len(generation.index.long) != len(draft.long):
            raise SnapshelfError("The index that was written is not the one that was built: try again.")
        for row in np.linspace(0, len(draft.long) - 1, min(16, len(draft.long))).astype(np.intp):
            found = generation.index.search(draft.short[row : row + 1], draft.long[row : row + 1], 1)
            if not found or found[0].distance != 0.0:
                raise SnapshelfError("A picture does not find itself in the index that was written: try again.")
        return recall(generation.index, draft.long)


def blank_manifest(**told: Any) -> Manifest:
    """A manifest whose name, files and recall come later."""
    created = utc_now().isoformat(timespec="seconds")
    return Manifest(name="", created=created, short_bits=SHORT_BITS, **told)
