"""How long a worker takes from nothing to its first answer over a drawn catalogue.

The generation is whole but for its catalogue, which names a thousand products: opening a SQLite file reads its schema
and labels, not its rows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.scale.drawing import Drawn
from benchmarks.scale.filters import GROUPS, label
from benchmarks.scale.material import Material
from index import catalogue, manifest
from index.catalogue import Picture, Product
from index.columns import FILES
from index.generation import BINARISER, CATALOGUE, LONG, LONG_SUMS, SHORT
from index.manifest import Manifest, Typical, sha256

ROOT = Path(__file__).resolve().parent.parent.parent
NAMED = 1000
TRIES = 5
PROGRAM = """
import json, sys, time
began = time.time()
from pathlib import Path
from index.generation import Generation
from index.model.runtime import Embedder
imported = time.time()
embedder = Embedder.load()
loaded = time.time()
generation = Generation(Path(sys.argv[1]))
opened = time.time()
import numpy as np
side = embedder.input_size
pixels = np.random.default_rng(1).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
descriptors = embedder.embed(pixels)
binariser = generation.binariser
found = generation.index.search(binariser.short(descriptors), binariser.long(descriptors), 10)
assert len(found) == 10
answered = time.time()
lines = Path("/proc/self/status").read_text().splitlines()
anonymous = next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
print(json.dumps({"imported": imported - began, "model loaded": loaded - imported,
    "generation opened": opened - loaded, "first answer": answered - opened, "at": answered, "anonymous": anonymous,
    "processor": time.process_time()}))
"""


def generation(drawn: Drawn, material: Material, fingerprint: str) -> Path:
    """A generation over the files of a drawn catalogue."""
    folder = drawn.folder / "generation"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = {SHORT: "short.flat.faiss", LONG: "long.u8", LONG_SUMS: "long.crc32"}
    names |= {name: name for name in ("product.u32", "price.i64", "category.u32", "stock.u8")}
    names |= {"brand.u32": "category.u32", "colour.u32": "category.u32"}
    for name, source in names.items():
        os.link(drawn.folder / source, folder / name)
    (folder / BINARISER).write_bytes(material.binariser.to_bytes())
    products = [Product(id=f"{number:09}", title=f"Thing {number}", first_row=number) for number in range(NAMED)]
    labels = [("category", code, text) for code, text in enumerate(sorted(map(label, range(GROUPS))), start=1)]
    catalogue.write(folder / CATALOGUE, products, [Picture("0" * 64, "x")] * NAMED, labels)
    told = Manifest(
        name=folder.name,
        created="",
        fingerprint=fingerprint,
        rows=drawn.rows,
        products=drawn.rows,
        merged=0,
        skipped=0,
        pictures=drawn.rows,
        short_bits=256,
        index="flat",
        parts=drawn.layout.parts,
        threshold=0.3,
        typical={part.name: Typical(4.0 * part.bytes, 3.0 * part.bytes) for part in drawn.layout.parts},
        feed="",
        files={name: sha256(folder / name) for name in (SHORT, *FILES, BINARISER, LONG_SUMS)},
    )
    (folder / manifest.NAME).write_bytes(told.to_json())
    return folder


def measured(drawn: Drawn, material: Material, fingerprint: str) -> dict[str, Any]:
    """Seconds from starting the process to its first answer, and what they go to: the median of five starts."""
    folder = generation(drawn, material, fingerprint)
    tries = []
    for _ in range(TRIES):
        began = time.time()
        result = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        told: dict[str, float] = json.loads(result.stdout)
        told["whole"] = told.pop("at") - began
        tries.append(told)
    chosen = sorted(tries, key=lambda told: told["whole"])[TRIES // 2]
    seconds = {f"{name}_s": round(value, 2) for name, value in chosen.items() if name != "anonymous"}
    slowest = max(told["whole"] for told in tries)
    return seconds | {"slowest_s": round(slowest, 2), "anonymous_mb": round(chosen["anonymous"] / 1e6, 1)}
