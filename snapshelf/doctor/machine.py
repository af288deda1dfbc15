"""The machine and the way in: disk, public address, listed hosts, admins."""

from __future__ import annotations

import ipaddress
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from core.settings import Settings
from snapshelf.doctor.check import Check, bad, ok, warn

GIB = 1024**3
LOW_BYTES = 2 * GIB
EMPTY_BYTES = GIB // 4
TELEGRAM_PORTS = (443, 80, 88, 8443)
"""core.telegram.org/bots/api#setwebhook"""
CHANNELS = ("telegram", "viber", "whatsapp")


def machine_checks(settings: Settings) -> list[Check]:
    """All of them."""
    return [disk_check(settings.data_dir), *address_checks(settings), *host_checks(settings), admins_check(settings)]


def disk_check(folder: Path) -> Check:
    """Room for and right to write in DATA_DIR."""
    there = folder.resolve()
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK | os.X_OK):
        return bad("Disk", f"{there} is not writable for this user.", "Set SNAPSHELF_DATA_DIR or the folder's owner.")
    free = shutil.disk_usage(there).free
    text = f"{free / GIB:.1f} GiB free under {there}."
    if free < EMPTY_BYTES:
        return bad("Disk", text, "Free some room: nothing can be accepted once the disk is full.")
    if free < LOW_BYTES:
        return warn("Disk", text, "Free some room, or lower SNAPSHELF_GENERATIONS_KEPT.")
    return ok("Disk", text)


def address_checks(settings: Settings) -> list[Check]:
    """PUBLIC_URL and the proxy before us."""
    name, url = "PUBLIC_URL fits", settings.public_url
    if not url:
        return [ok(name, "empty: no webhooks; pictures have no address that a messenger could fetch.")]
    parts = urlsplit(url)
    checks = []
    if parts.scheme != "https":
        checks.append(bad(name, "it is not https.", "Put a proxy with a certificate before Snapshelf (Caddy, nginx)."))
    elif settings.telegram_on and (parts.port or 443) not in TELEGRAM_PORTS:
        ports = ", ".join(map(str, TELEGRAM_PORTS))
        checks.append(bad(name, f"Telegram does not call port {parts.port}.", f"Use one of the ports {ports}."))
    else:
        checks.append(ok(name, "https."))
    if _is_loopback(settings.host) and not settings.trusted_proxies:
        text = "PUBLIC_URL leads to a proxy on this machine, and no proxy is trusted: all shoppers count as one."
        checks.append(warn("TRUSTED_PROXIES fits", text, "Set SNAPSHELF_TRUSTED_PROXIES=127.0.0.1,::1."))
    return checks


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_checks(settings: Settings) -> list[Check]:
    """Hosts that may be http and private are an opening: say so."""
    lists = (("FEED_HOSTS", settings.feed_hosts), ("MEDIA_HOSTS", settings.media_hosts))
    return [
        warn(f"{name} opens", f"{', '.join(hosts)} may be private and without https.", "List only hosts that you run.")
        for name, hosts in lists
        if hosts
    ]


def admins_check(settings: Settings) -> Check:
    """Whether anyone may administer, and is written so that we recognise them. Ids are not shown."""
    name = "ADMINS fits"
    wrong = [one for one in settings.admins if one.partition(":")[0] not in CHANNELS or not one.partition(":")[2]]
    if wrong:
        return bad(name, f"{len(wrong)} of them cannot be read.", "Write each as telegram:123456, parted by commas.")
    if not settings.admins and settings.telegram_on:
        return warn(name, "nobody may /reindex in the chat.", "Set SNAPSHELF_ADMINS=telegram:‹your id›.")
    return ok(name, f"{len(settings.admins)} listed.")
