"""Fetches a URL that we did not write (a feed's, a picture's, a provider's media) without being led inside.

https to a public address, unless the host is listed. A name is resolved once, its addresses are checked, and the
connection goes to one of those. Redirects are followed by hand, each checked like the first. The bytes are counted
while they come. No text of an error holds more of a URL than its host.
"""

from __future__ import annotations

import asyncio
import enum
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from core.addresses import is_listed, is_literal, is_public
from core.errors import SnapshelfError, Unavailable

CHUNK = 1 << 16
CONNECT_S = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429})
"""4xx answers that may be another one later; so are all of 5xx."""
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "Snapshelf"}


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What a fetch may do."""

    hosts: tuple[str, ...]
    """`host[:port]` that may be http and private."""
    max_bytes: int
    timeout_s: float
    """For the whole, redirects included."""
    max_redirects: int = 3
    only_listed: bool = False
    """Refuse every host that is neither listed nor one of `public_hosts`."""
    public_hosts: tuple[str, ...] = ()
    """With `only_listed`: these too, by https and at a public address; `*.name` is any host below that name."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the first host only: they may hold credentials."""
    headers_below: str = ""
    """And there only for paths that begin so."""


class Refusal(enum.Enum):
    """Which rule a fetch would break."""

    BAD_URL = "it is no proper address"
    SCHEME = "only https is fetched, or http from a listed host"
    CREDENTIALS = "its address holds a user name or password"
    NOT_LISTED = "the host is not listed"
    ADDRESS = "the host is not public and not listed"
    REDIRECTS = "it was redirected too often"
    TOO_LARGE = "it is too large"


class FetchRefused(SnapshelfError):
    """A fetch that will not be made, now or later; `rule` says why."""

    def __init__(self, rule: Refusal, host: str = "") -> None:
        super().__init__(f"{host}: {rule.value}" if host else rule.value)
        self.rule = rule


class FetchFailed(Unavailable):
    """The host did not give it. `transient`: trying again may help, after `retry_after_s` where it told that."""

    def __init__(
        self, host: str, what: str, *, transient: bool, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{host}: {what}")
        self.transient = transient
        self.status = status
        self.retry_after_s = retry_after_s


class GuardedResolver(AbstractResolver):
    """Resolves a name and gives only addresses that may be connected to. Raises FetchRefused when none is left."""

    def __init__(self, hosts: tuple[str, ...], resolver: AbstractResolver | None = None) -> None:
        self._hosts = hosts
        self._resolver = resolver or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if is_listed(self._hosts, host, port):
            return found
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise FetchRefused(Refusal.ADDRESS, host)
        return public

    async def close(self) -> None:
        await self._resolver.close()


class GuardedConnector(aiohttp.TCPConnector):
    """Connects only where `hosts` and the open internet allow; for literal addresses see `check_url`."""

    def __init__(
        self, hosts: tuple[str, ...], *, resolver: AbstractResolver | None = None, limit_per_host: int = 8
    ) -> None:
        super().__init__(
            resolver=GuardedResolver(hosts, resolver), use_dns_cache=False, limit=64, limit_per_host=limit_per_host
        )
        self.hosts = hosts


def guarded_session(
    hosts: tuple[str, ...], *, resolver: AbstractResolver | None = None, limit_per_host: int = 8
) -> aiohttp.ClientSession:
    """A session for `fetch` with rules of these hosts: no cookies, no proxies from the environment."""
    return aiohttp.ClientSession(
        connector=GuardedConnector(hosts, resolver=resolver, limit_per_host=limit_per_host),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        headers=_HEADERS,
    )


def check_url(url: str | URL, rules: FetchRules) -> URL:
    """The URL parsed, if a connection to it may be tried at all. Raises FetchRefused."""
    try:
        target = URL(url) if isinstance(url, str) else url
        host, port = target.raw_host or "", target.port
    except (ValueError, UnicodeError):
        raise FetchRefused(Refusal.BAD_URL) from None
    if target.scheme not in ("https", "http"):
        raise FetchRefused(Refusal.SCHEME, host)
    if not host:
        raise FetchRefused(Refusal.BAD_URL)
    if target.raw_user is not None or target.raw_password is not None:
        raise FetchRefused(Refusal.CREDENTIALS, host)
    if is_listed(rules.hosts, host, port):
        return target
    if rules.only_listed and not _is_named(rules.public_hosts, host):
        raise FetchRefused(Refusal.NOT_LISTED, host)
    if target.scheme != "https":
        raise FetchRefused(Refusal.SCHEME, host)
    if is_literal(host) and not is_public(host):  # a connector asks its resolver only about names
        raise FetchRefused(Refusal.ADDRESS, host)
    return target


async def fetch(session: aiohttp.ClientSession | None, url: str, rules: FetchRules) -> bytes:
    """The bytes at this URL. The session comes from `guarded_session(rules.hosts)`; None makes one for this call.

    Raises FetchRefused for what the rules forbid, FetchFailed for what the host did not give.
    """
    body = bytearray()
    await fetch_into(session, url, rules, body.extend)
    return bytes(body)


async def fetch_into(
    session: aiohttp.ClientSession | None, url: str, rules: FetchRules, take: Callable[[bytes], object]
) -> None:
    """As `fetch`, for what does not fit in memory: each piece goes to `take`, before it is known that all will come."""
    if session is None:
        async with guarded_session(rules.hosts) as own:
            return await fetch_into(own, url, rules, take)
    if not isinstance(session.connector, GuardedConnector) or session.connector.hosts != rules.hosts:
        raise ValueError("fetch needs a session made by guarded_session() for the same hosts")
    host = check_url(url, rules).raw_host or ""
    try:
        async with asyncio.timeout(rules.timeout_s):
            return await _follow(session, url, rules, take)
    except TimeoutError:
        raise FetchFailed(host, "did not answer in time", transient=True) from None
    except aiohttp.InvalidURL:
        raise FetchRefused(Refusal.BAD_URL) from None
    except aiohttp.ClientConnectorCertificateError:
        raise FetchFailed(host, "its certificate is not valid", transient=False) from None
    except (aiohttp.ClientError, OSError) as error:
        raise FetchFailed(host, f"cannot be read ({type(error).__name__})", transient=True) from None


async def _follow(session: aiohttp.ClientSession, url: str, rules: FetchRules, take: Callable[[bytes], object]) -> None:
    target = check_url(url, rules)
    headers = dict(rules.headers)
    for _ in range(rules.max_redirects + 1):
        async with session.get(target, headers=headers, allow_redirects=False) as response:
            if response.status not in _REDIRECTS:
                return await _take_body(response, rules, take)
            onward = _location(target, response)
        onward = check_url(onward, rules)
        if onward.origin() != target.origin() or not onward.raw_path.startswith(rules.headers_below):
            headers = {}
        target = onward
    raise FetchRefused(Refusal.REDIRECTS, target.raw_host or "")


def _is_named(names: tuple[str, ...], host: str) -> bool:
    host = host.rstrip(".").lower()
    return any(host.endswith(name[1:]) if name.startswith("*.") else host == name for name in names)


def _location(target: URL, response: aiohttp.ClientResponse) -> URL:
    location = response.headers.get("Location", "")
    if not location:
        raise FetchFailed(target.raw_host or "", "redirects to nowhere", transient=False)
    try:
        return target.join(URL(location))
    except ValueError:
        raise FetchRefused(Refusal.BAD_URL, target.raw_host or "") from None


async def _take_body(response: aiohttp.ClientResponse, rules: FetchRules, take: Callable[[bytes], object]) -> None:
    host = response.url.raw_host or ""
    if response.status != 200:
        transient = response.status >= 500 or response.status in _TRANSIENT
        raise FetchFailed(
            host,
            f"answered {response.status}",
            transient=transient,
            status=response.status,
            retry_after_s=_retry_after_s(response),
        )
    if (response.content_length or 0) > rules.max_bytes:
        raise FetchRefused(Refusal.TOO_LARGE, host)
    received = 0
    async for piece in response.content.iter_chunked(CHUNK):
        received += len(piece)
        if received > rules.max_bytes:
            raise FetchRefused(Refusal.TOO_LARGE, host)
        take(piece)


def _retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    """The seconds form of Retry-After; its date form is rare and left out."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() and len(told) < 7 else None
