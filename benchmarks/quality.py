"""What binary codes cost in quality: the float descriptors against the two-phase search (python -m benchmarks.quality).

Protocol: `../shared/model/card.md`. The float reference centres the weighted descriptors by the set's mean and takes
cosines. Codes are fitted on the set that is searched, small sets together with the prior, as reindex does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks import ground, protocol
from index.binariser import SEED, SHORT_BITS, fit
from index.evaluate import Floats, Ranker, float_ranker, right_one, same_kind, two_phase_ranker
from index.model.contract import Embeds
from index.model.runtime import Embedder
from index.prior import SMALL, prior_pixels


def run(quick: bool = False, embedder: Embeds | None = None) -> dict[str, Any]:
    """Every figure for both rankers, their ratios, and the mean of the ratios. `quick`: a tenth of the queries."""
    embedder = embedder or Embedder.load()
    every = 10 if quick else 1
    parameters = {"quick": quick, "seed": SEED, "short_bits": SHORT_BITS, "fingerprint": embedder.fingerprint[:16]}
    ground.announce("quality", parameters)
    prior = embedder.embed(prior_pixels(embedder.input_size))

    def rankers(shelf: Floats) -> dict[str, Ranker]:
        binariser = fit(shelf, embedder.parts, prior if len(shelf) < SMALL else None)
        return {"float": float_ranker(shelf, embedder.parts), "two_phase": two_phase_ranker(shelf, binariser)}

    figures: dict[str, dict[str, float]] = {"float": {}, "two_phase": {}}
    for of_kind in (protocol.garments(every), protocol.thumbnails(every)):
        shelf = protocol.describe(embedder, of_kind.pictures)
        for name, rank in rankers(shelf).items():
            for figure, labels in of_kind.labels:
                result = same_kind(rank, shelf, labels)
                figures[name][f"{of_kind.name} {figure} first"] = result.first
                figures[name][f"{of_kind.name} {figure} P@10"] = result.of_ten
    for paired in (protocol.groceries(every), protocol.views(every)):
        shelf = protocol.describe(embedder, [path.read_bytes for _, path in paired.shop])
        queries = protocol.describe(embedder, [path.read_bytes for _, path in paired.queries])
        answers, names = [a for a, _ in paired.queries], [n for n, _ in paired.shop]
        for name, rank in rankers(shelf).items():
            found = right_one(rank, queries, answers, names)
            figures[name][f"{paired.name} at 1"] = found.at_1
            figures[name][f"{paired.name} at 5"] = found.at_5
    return ground.finish("quality", parameters, _told(figures), quick=quick)


def _told(figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    ratios = {key: figures["two_phase"][key] / value for key, value in figures["float"].items() if value}
    told: dict[str, Any] = {
        key: {
            "float": round(value, 4),
            "two_phase": round(figures["two_phase"][key], 4),
            "ratio": round(ratios[key], 4),
        }
        for key, value in figures["float"].items()
        if key in ratios
    }
    return told | {"mean_ratio": round(float(np.mean(list(ratios.values()))), 4)}


if __name__ == "__main__":
    run(quick=ground.quick_wanted())
