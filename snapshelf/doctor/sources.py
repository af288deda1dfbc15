"""Each setting with its value and where it comes from; secrets are masked, addresses lose passwords and queries."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from core.settings import PREFIX, Settings
from core.telemetry import redact
from snapshelf.doctor.check import Check, ok


def setting_checks(settings: Settings) -> list[Check]:
    """One line a setting, in the order of `docs/settings.md`."""
    environment, dotenv = EnvSettingsSource(Settings).env_vars, DotEnvSettingsSource(Settings).env_vars
    checks = []
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name}".lower()
        if environment.get(variable):
            source = "environment"
        elif _is_secret(name) and os.environ.get(f"{variable.upper()}_FILE"):
            source = "file"
        elif dotenv.get(variable):
            source = ".env"
        else:
            source = "default"
        checks.append(ok(name.upper(), f"{shown(name, getattr(settings, name))} ({source})"))
    return checks


def _is_secret(name: str) -> bool:
    return "SecretStr" in str(Settings.model_fields[name].annotation)


def shown(name: str, value: object) -> str:
    """A value as doctor prints it: never a secret, a user's id, a phone number or a password in an address."""
    if isinstance(value, SecretStr):
        return "set, not shown" if value.get_secret_value() else "empty"
    if name == "admins" and isinstance(value, tuple):
        return f"{len(value)} user{'' if len(value) == 1 else 's'}" if value else "empty"
    if isinstance(value, tuple):
        return redact(", ".join(map(str, value))) or "empty"
    if value is None or value == "":
        return "empty"
    return redact(without_secrets(str(value)))


def without_secrets(address: str) -> str:
    """The address without user, password, query and fragment; any other text as it is."""
    if "://" not in address:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
