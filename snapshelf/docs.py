"""Writes what documents say by themselves: the table of settings and the help of every command.

`python -m snapshelf.docs` puts both between their marks in `docs/`; a test fails when they have drifted.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import SecretStr

from core.settings import PREFIX, Settings
from snapshelf.cli import cli

FOLDER = Path(__file__).resolve().parent.parent / "docs"
BEGIN = "<!-- made by `python -m snapshelf.docs`: change the code, not these lines -->"
END = "<!-- end of what is made -->"
WIDTH = 100


def settings_table() -> str:
    """Every setting: name, default, meaning."""
    rows = ["| setting | default | what it does |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        secret = " Secret." if "SecretStr" in str(field.annotation) else ""
        default = _default(field.default)
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description}{secret} |")
    return "\n".join(rows)


def _default(value: object) -> str:
    if value is None or value in ("", ()) or (isinstance(value, SecretStr) and not value.get_secret_value()):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def commands_help() -> str:
    """`--help` of the program, of each command and of each command inside it."""
    root = click.Context(
        cli, info_name="snapshelf", terminal_width=WIDTH, max_content_width=WIDTH, **cli.context_settings
    )
    return "\n\n".join(f"## {title}\n\n```text\n{text}\n```" for title, text in _helps(cli, root))


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name) if command is not cli or command_exists(name) else None
            if inner is not None:
                inside = click.Context(
                    inner, parent=context, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH
                )
                yield from _helps(inner, inside)


def command_exists(name: str) -> bool:
    """Whether the module of a command is there."""
    return importlib.util.find_spec(f"snapshelf.commands.{name}") is not None


PAGES = {"settings.md": settings_table, "commands.md": commands_help}


def page_with(text: str, made: str) -> str:
    """The page with what is made put between its marks. Raises ValueError where a mark is missing."""
    before, after = text.index(BEGIN), text.index(END)
    return f"{text[:before]}{BEGIN}\n\n{made}\n\n{text[after:]}"


def main() -> None:
    """Write both pages."""
    for name, make in PAGES.items():
        path = FOLDER / name
        path.write_text(page_with(path.read_text(encoding="utf-8"), make()), encoding="utf-8")
        print(f"docs/{name} is written.")


if __name__ == "__main__":
    main()
