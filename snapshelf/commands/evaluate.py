"""`snapshelf evaluate`: how often the right product comes first, over photos whose product is known."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import SnapshelfError
from core.messages import ByPhoto, Reply, Search
from core.settings import load_settings
from core.spreadsheets import meant
from snapshelf.progress import Bars

if TYPE_CHECKING:
    from index.report import Shown

ON_THE_PAGE = 30
PHOTOS_REFUSED = 3


@click.command()
@click.argument("pairs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with some queries.")
@click.option("--role", help="Take only rows of this role, where the file has that column.")
@click.option("--queries", type=click.IntRange(1), default=ON_THE_PAGE, show_default=True, help="Queries on the page.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def evaluate(pairs: Path, html: Path | None, role: str | None, queries: int, as_json: bool) -> None:
    """Search every photo of PAIRS in the current index and count how often its product is found.

    PAIRS is a CSV with the columns path (of the photo, from the file's folder) and product_id.
    """
    from index.model.runtime import Embedder
    from index.report import evaluation_page, shown
    from index.searcher import Searcher
    from index.store import GenerationStore

    settings = load_settings()
    rows = read_pairs(pairs, role)
    embedder = Embedder.load(settings.model, models=settings.models_dir)
    every = max(1, len(rows) // queries)
    counts = {"two-phase": [0, 0], "exact": [0, 0]}
    pages: list[Shown] = []
    refused = 0
    with GenerationStore(settings.index_dir) as store, Bars() as bars:
        searcher = Searcher(store, embedder)
        for number, (path, product) in enumerate(rows):
            photo = path.read_bytes()
            reply = searcher.answer(_question(path), [photo])
            exact = searcher.answer(_question(path), [photo], exact=True)
            refused += reply.outcome == "refused"
            for name, one in (("two-phase", reply), ("exact", exact)):
                _count(counts[name], one, product)
            if html is not None and number % every == 0 and len(pages) < queries:
                pages.append(shown(path.name, reply, settings.pictures_dir, photo=photo, right=product))
            bars.stage("searching", number + 1, len(rows))
        generation = store.current().name
    figures: list[dict[str, Any]] = [
        {"name": name, "at_1": first / len(rows), "at_5": five / len(rows)} for name, (first, five) in counts.items()
    ]
    if html is not None:
        subtitle = f"{len(rows)} photos of {pairs.parent.name} against generation {generation}"
        html.write_text(evaluation_page(pages, figures, subtitle), encoding="utf-8")
    told = {"generation": generation, "photos": len(rows), "refused": refused, "figures": figures}
    click.echo(json.dumps(told) if as_json else "\n".join(_lines(told)))
    if refused:
        sys.exit(PHOTOS_REFUSED)


def read_pairs(path: Path, role: str | None) -> list[tuple[Path, str]]:
    """(photo, product id) by row. Raises SnapshelfError where the columns are missing or no row is left."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    try:
        rows = [
            (path.parent / r["path"], meant(r["product_id"])) for r in table if role is None or r.get("role") == role
        ]
    except KeyError as missing:
        raise SnapshelfError(f"{path.name} has no column {missing}: it needs path and product_id.") from None
    if not rows:
        raise SnapshelfError(f"{path.name} has no rows to search.")
    return rows


def _question(path: Path) -> Search:
    return Search(job="evaluate", chat="console:local", query=ByPhoto((str(path),)), at=0, deadline=0, want=5)


def _count(count: list[int], reply: Reply, product: str) -> None:
    ids = [hit.id for hit in reply.hits]
    count[0] += ids[:1] == [product]
    count[1] += product in ids


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [f"{told['photos']} photos against generation {told['generation']}, {told['refused']} refused."]
    lines += [f"{f['name']}: first hit {f['at_1']:.3f}, among the first five {f['at_5']:.3f}" for f in told["figures"]]
    return lines
