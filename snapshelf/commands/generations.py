"""`snapshelf generations` and `snapshelf rollback`."""

from __future__ import annotations

import json
from typing import Any

import click

from core.settings import load_settings


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def generations(context: click.Context, as_json: bool) -> None:
    """List the generations of the index, newest last; the one that answers has a star."""
    if context.invoked_subcommand is not None:
        return
    from index.longcodes import BrokenGeneration
    from index.store import GenerationStore

    store = GenerationStore(load_settings().index_dir)
    current = store.current_name()
    told: list[dict[str, Any]] = []
    for name in store.names():
        entry: dict[str, Any] = {"generation": name, "current": name == current}
        try:
            manifest = store.manifest(name)
            entry |= {
                "created": manifest.created,
                "products": manifest.products,
                "pictures": manifest.pictures,
                "index": manifest.index,
                "recall": manifest.recall,
                "feed": manifest.feed,
                "fingerprint": manifest.fingerprint,
                "broken": None,
            }
        except BrokenGeneration as error:
            entry["broken"] = str(error)
        told.append(entry)
    if as_json:
        click.echo(json.dumps(told))
        return
    if not told:
        click.echo("There is no generation yet: run `snapshelf reindex FEED`.")
    for entry in told:
        mark = "*" if entry["current"] else " "
        text = entry["broken"] or f"{entry['products']} products, {entry['pictures']} pictures, from {entry['feed']}"
        click.echo(f"{mark} {entry['generation']}  {text}")
