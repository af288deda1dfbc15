"""How near reindex comes to the model's own rate, and how fast one changed row is published.

python -m benchmarks.reindex: draws the demo catalogue (its pictures under several names), embeds it raw and by
reindex in the same run, then changes one row of many.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ground
from benchmarks.decoding import decoder_worked_s
from core.cpus import usable_cpus
from core.settings import Settings
from index.decoding import Decoders
from index.embedding import BATCH
from index.model.contract import Embeds
from index.model.runtime import Embedder
from index.reindex import reindex
from tests.index.shop import picture

SEED = 0


def run(quick: bool = False, embedder: Embeds | None = None) -> dict[str, Any]:
    """Pictures a second of the bare model and of reindex, their ratio, and seconds to publish one changed row."""
    embedder = embedder or Embedder.load()
    count, rounds = (200, 1) if quick else (2000, 7)
    rows = 2_000 if quick else 50_000
    parameters = {"quick": quick, "pictures": count, "rounds": rounds, "rows": rows, "batch": BATCH, "seed": SEED}
    ground.announce("reindex", parameters)
    raw, indexed, busy = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = _photos(folder / "shop", count)
        embedder.warm([BATCH])
        for number in range(rounds):
            # Half of the bare model before and half after: what else the machine does changes from second to second.
            before = _raw(embedder, count // 2)
            settings = Settings(data_dir=folder / f"data{number}")
            with Decoders(most=usable_cpus()) as decoders:  # as reindex has its own, to know what they work
                stages = _Stages(decoders)
                account = reindex(
                    settings, _feed(pictures, count), embedder=embedder, decoders=decoders, progress=stages
                )
            after = _raw(embedder, count // 2)
            raw.append(2 / (before.seconds + after.seconds))
            indexed.append(account.embedded / account.embedding_seconds)
            busy.append((before.cpu + after.cpu) / 2 / (stages.embedding_cpu_s() / count))
        seconds = _one_row(folder / "many", pictures, rows, embedder)
    ratios = [i / r for i, r in zip(indexed, raw, strict=True)]
    measured = {
        "raw_per_s": round(statistics.median(raw), 1),
        "reindex_per_s": round(statistics.median(indexed), 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_of_processor_time": round(statistics.median(busy), 3),
        "one_changed_row_s": round(seconds, 2),
    }
    return ground.finish("reindex", parameters, measured, quick=quick)


class _Stages:
    """Processor time of this process and of its decoders when each stage began: what is left of a ratio on a busy
    machine."""

    def __init__(self, decoders: Decoders) -> None:
        self._decoders = decoders
        self._own: dict[str, float] = {}
        self._theirs: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._own.setdefault(stage, time.process_time())
        self._theirs.setdefault(stage, sum(map(decoder_worked_s, self._decoders.pids())))

    def embedding_cpu_s(self) -> float:
        """All of it, the start of the decoders too."""
        return self._own["fitting"] - self._own["embedding"] + self._theirs["fitting"]


def _photos(folder: Path, count: int) -> Path:
    """JPEGs of 240 px, as shops' feeds have them, each of its own."""
    from io import BytesIO

    from PIL import Image

    (folder / "images").mkdir(parents=True)
    grain = np.random.default_rng(SEED).integers(-9, 10, (240, 240, 3))
    for number in range(count):
        with Image.open(BytesIO(picture(f"bench{number}"))) as cells:
            large = np.asarray(cells.resize((240, 240), Image.Resampling.BICUBIC)).astype(np.int64)
        grainy = np.clip(large + grain, 0, 255).astype(np.uint8)
        Image.fromarray(grainy).save(folder / "images" / f"{number}.jpg", quality=80)
    return folder


def _feed(folder: Path, rows: int, changed: int = 0) -> Path:
    """A feed of so many rows over the folder's pictures."""
    held = len(list((folder / "images").iterdir()))
    lines = ["id\ttitle\timage_link\tprice"]
    lines += [
        f"{row}\tThing {row}{' renamed' if row < changed else ''}\timages/{row % held}.jpg\t{row % 90 + 5} USD"
        for row in range(rows)
    ]
    path = folder / "feed.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of one picture, in seconds: by the clock, and of all processors together."""

    seconds: float
    cpu: float


def _raw(embedder: Embeds, count: int) -> _Cost:
    """The model alone on pixels that are ready, by batches of the size that reindex uses."""
    side = embedder.input_size
    pixels = np.random.default_rng(SEED).integers(0, 256, (BATCH, side, side, 3), dtype=np.uint8)
    batches = max(1, count // BATCH)
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(batches):
        embedder.embed(pixels)
    done = batches * BATCH
    return _Cost((time.perf_counter() - started) / done, (time.process_time() - cpu) / done)


def _one_row(data: Path, pictures: Path, rows: int, embedder: Embeds) -> float:
    settings = Settings(data_dir=data)
    reindex(settings, _feed(pictures, rows), embedder=embedder)
    return reindex(settings, _feed(pictures, rows, changed=1), embedder=embedder).seconds


if __name__ == "__main__":
    run(quick=ground.quick_wanted())
