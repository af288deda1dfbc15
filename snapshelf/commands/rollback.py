"""`snapshelf rollback`: let an earlier generation answer again."""

from __future__ import annotations

import click

from core.settings import load_settings


@click.command()
@click.argument("generation", required=False)
def rollback(generation: str | None) -> None:
    """Let the generation before the current one (or GENERATION) answer; running workers take it at once."""
    from index.store import GenerationStore

    name = GenerationStore(load_settings().index_dir).rollback(generation)
    click.echo(f"{name} answers now.")
