"""Which network addresses the world can reach, and which hosts a shop's owner has listed besides."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_CLOSED = tuple(
    ipaddress.ip_network(text)
    # Azure's virtual host is public by number, but inside (learn.microsoft.com, "What is IP address 168.63.129.16?");
    # the others are special in IANA's registries, which older releases of Python know in part.
    for text in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100::/64", "3fff::/20")
)


def is_public(text: str) -> bool:
    """Whether a literal address lies in the open internet.

    Not so: private, loopback, link-local, carrier-grade NAT, unique-local, multicast, reserved, unspecified; nor an
    IPv6 address that carries such an IPv4 one (mapped, 6to4, NAT64, compatible), nor anything that is no address.
    """
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address.teredo is not None:
            return False
    if any(address in network for network in _CLOSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_literal(host: str) -> bool:
    """Whether the host of a URL is an address, not a name."""
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def is_listed(hosts: Iterable[str], host: str, port: int | None) -> bool:
    """Whether `host[:port]` entries name this host; an entry without a port is for every port."""
    wanted = _bare(host)
    for entry in hosts:
        try:
            listed = URL(f"https://{entry.strip()}")
            name, own_port = _bare(listed.raw_host or ""), listed.explicit_port
        except ValueError:
            continue
        if name and name == wanted and own_port in (None, port):
            return True
    return False


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
