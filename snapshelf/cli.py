"""The command line: each command is a module of `snapshelf/commands`, loaded when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import sys

import click

from core.errors import SnapshelfError, Unavailable

COMMANDS = {
    "demo": "Draw a shop, index it and open a web chat over it.",
    "up": "Run everything on this machine: Redis, bots and a worker.",
    "bots": "Run the webhooks, the web chat and the senders.",
    "worker": "Run one worker: embeds photos and searches.",
    "console": "Search in the terminal, with the same conversation.",
    "reindex": "Read a feed and publish a new index of it.",
    "search": "Search by photo, product or words, without Redis.",
    "evaluate": "Measure how well the index finds what it should.",
    "train": "Train the model further on the shop's own goods.",
    "generations": "List the generations of the index.",
    "rollback": "Go back to an earlier generation.",
    "queue": "See, retry or drop what is under way or was given up.",
    "webhooks": "Set, show or delete the webhooks at the providers.",
    "model": "Export, pull or show models.",
    "feedback": "Export what shoppers said of answers.",
    "report": "Show searches, taps and what was not found.",
    "forget": "Erase what is stored about a user.",
    "doctor": "Check this installation and say how to mend it.",
}
FAILED = 1
MEND = 78
"""What a child of `up` ends with when starting it anew would not help (EX_CONFIG of sysexits.h)."""
AGAIN = 75
"""... and when what it depends on is away for now (EX_TEMPFAIL)."""
FULL = "The disk is full: make room where SNAPSHELF_DATA_DIR is and run this again; what answered before still does."
OF_WORKERS = frozenset({"index", "worker", "numpy", "faiss", "onnxruntime", "PIL", "pillow_heif", "defusedxml"})
"""What an installation for bots alone leaves out (docker/bots.Dockerfile)."""
KEPT = "KEPT"
"""Environment variable that `up` gives its children; no setting."""


class _Commands(click.Group):
    """Loads a command when it is needed, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"snapshelf.commands.{cmd_name}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - our own modules
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands)
@click.version_option(package_name="snapshelf", message="%(version)s")
def cli() -> None:
    """Visual search for a shop, self-hosted, inside the messengers that shoppers already use.

    Settings are environment variables SNAPSHELF_... or lines of a file .env; `snapshelf doctor` shows them all.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 done with rows or photos refused.
    """


def main() -> None:
    """Entry point: what a person can mend is one sentence, never a traceback."""
    try:
        cli()
    except SnapshelfError as error:
        click.echo(f"snapshelf: {error}", err=True)
        if f"SNAPSHELF_{KEPT}" not in os.environ:
            sys.exit(FAILED)
        sys.exit(AGAIN if isinstance(error, Unavailable) else MEND)
    except Exception as error:
        if _is_full(error):
            click.echo(f"snapshelf: {FULL}", err=True)
        elif isinstance(error, OSError) and error.filename is not None:
            click.echo(f"snapshelf: {_of_a_file(error)}", err=True)
        elif isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in OF_WORKERS:
            click.echo("snapshelf: this command needs what only a worker has installed: run it there.", err=True)
        else:
            raise
        sys.exit(FAILED)


def _is_full(error: Exception) -> bool:
    """Whether the disk took no more, or no longer file; SQLite says so in its own way."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


def _of_a_file(error: OSError) -> str:
    """One sentence for a file or folder that the system refused."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else error.filename
    return (
        f"{name} cannot be used ({error.strerror}): see that it is there and may be written, "
        "or set SNAPSHELF_DATA_DIR to another folder."
    )
