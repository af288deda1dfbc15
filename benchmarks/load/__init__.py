"""The whole service under load: bots, workers and Redis as processes of their own, a stand-in for Telegram in front.

python -m benchmarks.load [throughput apart models webhook drain workers full] [--quick] [--scratch FOLDER]

Photos are those that the demo draws for shoppers, in the sizes that Telegram makes of them; each comes in by the
webhook, is fetched from the stand-in, searched in the demo's catalogue, and answered with an album of five pictures
and a list with buttons. Telegram's own limit of 30 messages a second is lifted, on both sides. The shoppers and the
stand-in run on the same processors as the service; what each part uses is told apart.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from benchmarks import ground
from benchmarks.load import apart, drain, full, models, throughput, webhook, workers
from benchmarks.load.material import Material, gather
from index.model.runtime import Embedder

Part = Callable[[Material, bool], Coroutine[Any, Any, dict[str, Any]]]
PARTS: dict[str, Part] = {
    "throughput": throughput.measure,
    "apart": apart.measure,
    "models": models.measure,
    "webhook": webhook.measure,
    "drain": drain.measure,
    "workers": workers.measure,
    "full": full.measure,
}
PHOTOS = 40


def run(quick: bool = False, parts: Sequence[str] = (), scratch: Path | None = None) -> dict[str, Any]:
    """Some parts, or all. `scratch`: a folder in which the drawn shop is kept for the next run."""
    chosen = {name: part for name, part in PARTS.items() if not parts or name in parts}
    embedder = Embedder.load(threads=1)
    parameters = {
        "quick": quick,
        "photos": PHOTOS,
        "hits": 5,
        "redis": "appendfsync always",
        "fingerprint": embedder.fingerprint[:16],
        "input_size": embedder.input_size,
    }
    ground.announce("load", parameters)
    with tempfile.TemporaryDirectory(prefix="snapshelf-") as name:
        material = gather(scratch or Path(name), embedder, PHOTOS)
        parameters |= {"products": material.products, "photo_kb": round(material.photo_kb, 1)}
        measured: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 1)}
        for part, measure in chosen.items():
            print(f"-- {part}", flush=True)
            measured[part] = asyncio.run(measure(material, quick))
            print(json.dumps(measured[part]), flush=True)
    return ground.finish("load", parameters, _before({*chosen, "load_before"}) | measured, quick=quick)


def _before(leaving_out: set[str]) -> dict[str, Any]:
    """Figures of an earlier run for the parts that this one leaves out."""
    path = ground.RESULTS / "load.json"
    told: dict[str, Any] = json.loads(path.read_text())["measured"] if path.exists() else {}
    return {name: figures for name, figures in told.items() if name not in leaving_out}
