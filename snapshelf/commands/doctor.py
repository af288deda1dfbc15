"""`snapshelf doctor`."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import click

from core.errors import SettingsError
from core.settings import load_settings
from snapshelf.doctor.check import Check, State, bad
from snapshelf.doctor.machine import machine_checks
from snapshelf.doctor.redis_ import redis_checks
from snapshelf.doctor.sources import setting_checks
from snapshelf.doctor.telegram import telegram_checks
from snapshelf.doctor.viber import viber_checks
from snapshelf.doctor.whatsapp import whatsapp_checks

BAD = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array: name, state, text, mend.")
def doctor(as_json: bool) -> None:
    """Check this installation and say how to mend it.

    Shows every setting with where it comes from (secrets masked), then Redis, model, index, the
    channels, disk and addresses. Exit code 1 when something is bad.
    """
    checks = asyncio.run(all_checks())
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(line for check in checks for line in check.lines()))
    if any(check.state is State.BAD for check in checks):
        sys.exit(BAD)


async def all_checks() -> list[Check]:
    """Everything, in the order of the report; settings that contradict each other end it at once."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return [bad("Settings", str(error), "Correct the environment or .env: docs/settings.md lists every setting.")]
    from snapshelf.doctor.catalogue import catalogue_checks

    redis, catalogue, *channels = await asyncio.gather(
        redis_checks(settings),
        asyncio.to_thread(catalogue_checks, settings),
        telegram_checks(settings),
        viber_checks(settings),
        whatsapp_checks(settings),
    )
    of_channels = [check for checks in channels for check in checks]
    return [*setting_checks(settings), *redis, *catalogue, *of_channels, *machine_checks(settings)]
