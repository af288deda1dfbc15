"""`snapshelf reindex`: from a feed to a published generation."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from core.settings import load_settings
from snapshelf.progress import Bars

if TYPE_CHECKING:
    from index.account import Account

ROWS_REFUSED = 3


@click.command()
@click.argument("feed", required=False)
@click.argument("more", nargs=-1, metavar="[ID]...")
@click.option("--only", multiple=True, metavar="ID...", help="Take these products from the feed, leave the others.")
@click.option("--yes", is_flag=True, help="Publish even when the catalogue shrinks past MAX_SHRINK.")
@click.option("--fetch", is_flag=True, help="Ask for pictures at URLs again, known ones too.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
def reindex(
    *,
    feed: str | None,
    more: Sequence[str],
    only: Sequence[str],
    yes: bool,
    fetch: bool,
    as_json: bool,
) -> None:
    """Index FEED: a Google Merchant TSV, CSV or XML, a path or an https address (default: the setting FEED).

    What was embedded before is not embedded again, and an interrupted run goes on where it stopped; where nothing has
    changed, the generation that answers stays. Exit code 3 says that rows were skipped (they stand in skipped.tsv of
    the generation) or that an id of --only stands nowhere.
    """
    from index.model.runtime import Embedder
    from index.reindex import Shrunk
    from index.reindex import reindex as run

    settings = load_settings()
    feed = feed or settings.feed
    if not feed:
        raise click.UsageError("Name a feed, or set FEED.")
    if more and not only:
        raise click.UsageError("Give one feed; further ids go with --only.")
    embedder = Embedder.load(settings.model, models=settings.models_dir)
    owner = f"{getpass.getuser()} on {socket.gethostname()} (process {os.getpid()})"
    ids = (*only, *more)

    def once(bars: Bars, certain: bool) -> Account:
        return run(
            settings, feed, embedder=embedder, only=ids, yes=certain, fetch=fetch, owner=owner, progress=bars.stage
        )

    try:
        with Bars() as bars:
            account = once(bars, yes)
    except Shrunk as question:
        if not sys.stdin.isatty() or as_json:
            raise
        click.echo(str(question), err=True)
        click.confirm("Publish it all the same?", abort=True, err=True)
        with Bars() as bars:
            account = once(bars, True)
    click.echo(json.dumps(account.public()) if as_json else "\n".join(account.lines()))
    if account.skipped or account.unknown:
        sys.exit(ROWS_REFUSED)
