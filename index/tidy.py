"""What is not needed any more goes: old generations, and pictures that none of the kept ones names."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from pathlib import Path

from core import picturestore
from core.settings import Settings
from index.generation import Generation
from index.longcodes import BrokenGeneration
from index.store import GenerationStore

KEEP_PICTURES_S = 30 * 24 * 3600
"""Cards that were sent still show them."""


def tidy(store: GenerationStore, settings: Settings) -> None:
    """Old generations go, and pictures that none of the kept names and that are older than 30 days."""
    keep = settings.generations_kept
    going = [name for name in store.names()[:-keep] if name != store.current_name()]
    if not going:
        return
    named = {name: _digests_of(store, name) for name in store.names()}
    needed = set[str]().union(*(digests for name, digests in named.items() if name not in going))
    store.prune(keep)
    # From now on they are on their way out: 30 days from here, not from when they were stored.
    for digest in set[str]().union(*(named[name] for name in going)) - needed:
        path = picturestore.path_of(settings.pictures_dir, digest)
        if path.exists():
            os.utime(path)
    collect_pictures(settings.pictures_dir, needed, older_than_s=KEEP_PICTURES_S)


def collect_pictures(root: Path, needed: Collection[str], *, older_than_s: float) -> int:
    """Delete stored pictures that nobody names and that were last touched longer ago; gives how many."""
    limit = time.time() - older_than_s
    gone = 0
    for path in root.glob("??/*.jpg"):
        if path.stem not in needed and path.stat().st_mtime < limit:
            path.unlink()
            gone += 1
    return gone


def _digests_of(store: GenerationStore, name: str) -> set[str]:
    try:
        with Generation(store.folder / name) as generation:
            return {picture.digest for picture in generation.catalogue.every_picture()}
    except BrokenGeneration:
        return set()
