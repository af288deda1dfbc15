"""`snapshelf train`: fine-tune the installed model on the shop's own goods."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import SnapshelfError
from core.settings import Settings, load_settings
from snapshelf.progress import Bars

if TYPE_CHECKING:
    from training.plan import Plan
    from training.shop import Shelf

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("feed", required=False)
@click.option(
    "--feedback",
    type=click.Path(exists=True, path_type=Path),
    help="Folder that `snapshelf feedback export` wrote: photos of shoppers with the product they liked.",
)
@click.option("--minutes", type=click.FloatRange(min=1), help="Learn less where all of it would take longer than this.")
@click.option(
    "--weights", type=FILE, help="Start from these weights (.npz, .h5, .pth) instead of the installed model's."
)
@click.option("--again", is_flag=True, help="Begin anew what was trained, or begun, before.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def train(
    *,
    feed: str | None,
    feedback: Path | None,
    minutes: float | None,
    weights: Path | None,
    again: bool,
    as_json: bool,
) -> None:
    """Train the model further on FEED, the shop's own catalogue, and keep it only if that is really better.

    A quarter of the products is never trained on: before and after, photos made of them are searched in the whole
    catalogue. The new model stands beside the old one; nothing changes until MODEL names it and `reindex` was run. An
    interrupted training goes on with the same command. Needs torch, see docs/training.md.
    """
    _check_torch()
    from training.allocator import keep_memory

    keep_memory()
    from index.feed import is_url
    from training.own_goods import Job, Run
    from training.shop import read_items, read_verdicts

    settings = load_settings()
    feed = feed or settings.feed
    if not feed:
        raise click.UsageError("Name a feed, or set FEED.")
    path = _local(feed, settings)
    with Bars() as bars:
        job = Job(
            path,
            None if is_url(feed) else path.resolve().parent,
            read_items(path, settings.currency),
            read_verdicts(feedback),
            settings,
            weights=weights,
            minutes=minutes,
        )
        run = Run(job, bars.stage)
        if again:
            run.again()
        told = run.result
        if told is None:
            try:
                told = run.run(lambda plan, shelf: _announce(plan, shelf, run.device)).public()
            except KeyboardInterrupt:
                raise SnapshelfError("Interrupted: the same command goes on where it stopped.") from None
        else:
            click.echo("This was trained before; --again begins anew.", err=True)
    click.echo(json.dumps(told) if as_json else "\n".join(_lines(told, feed)))


def _check_torch() -> None:
    """Raise with the sentence that says how to get what is missing."""
    if importlib.util.find_spec("torch") is None:
        raise SnapshelfError(
            "Training needs torch, which is not installed: run `.venv/bin/python -m pip install torch` "
            "(docs/training.md says how to get the small one without CUDA)."
        )
    if importlib.util.find_spec("onnx") is None:
        raise SnapshelfError("Training needs onnx: install Snapshelf with its `export` extra (`make install` does).")


def _local(feed: str, settings: Settings) -> Path:
    """The feed as a file; its pictures then come from the web."""
    from index.feed import download_feed, is_url

    if not is_url(feed):
        return Path(feed)
    return asyncio.run(download_feed(feed, settings.data_dir / "cache" / "feeds", hosts=settings.feed_hosts))


def _announce(plan: Plan, shelf: Shelf, device: str) -> None:
    from training.plan import in_words

    click.echo(
        f"{len(shelf.ids)} products, {len(shelf.pixels)} pictures; {int(shelf.held_out.sum())} products are kept for "
        f"measuring. {plan.steps} steps on {'the graphics card' if device == 'cuda' else 'the processor'} take "
        f"{in_words(plan.seconds)}; Ctrl-C stops, the same command goes on.",
        err=True,
    )


def _lines(told: dict[str, Any], feed: str) -> list[str]:
    def line(name: str, one: dict[str, float] | None) -> list[str]:
        if one is None:
            return []
        return [
            f"{name}: {one['before']:.3f} before, {one['after']:.3f} after ({one['low']:+.3f} to {one['high']:+.3f})"
        ]

    first = (
        f"{told['photos']} photos of {told['held_out']} products that were not trained on, searched among all "
        f"{told['products']} (in brackets: where the difference lies in 95 % of resamples):"
    )
    lines = [
        first,
        *line("right product first", told["at_1"]),
        *line("among the first five", told["at_5"]),
        *line("nearest other product of the same category", told["category"]),
        *line("shoppers' own photos, right product first", told["shoppers"]),
    ]
    if told["model"] is None:
        return [*lines, f"The old model stays: {told['verdict']['why']}."]
    return [
        *lines,
        f"The new model is kept as {told['model']}: {told['verdict']['why']}.",
        f"Set SNAPSHELF_MODEL={told['model']} and run `snapshelf reindex {feed}` to use it.",
    ]
