"""What guards the pages: headers, the client's address, Host and Origin."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from core.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
COOKIE = "snapshelf"
ADDRESS: web.RequestKey[str] = web.RequestKey("address", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@web.middleware
async def header_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every answer, refusals too, carries the security headers; a stream sends its own before it starts."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    if not response.prepared:
        response.headers.update(HEADERS)
    return response


def address_middleware(settings: Settings) -> Middleware:
    """Puts the client's address into the request: the peer's, or what trusted proxies say of it."""
    trusted = [ipaddress.ip_network(entry, strict=False) for entry in settings.trusted_proxies]

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ADDRESS] = client_address(request.remote or "", request.headers.getall("X-Forwarded-For", []), trusted)
        return await handler(request)

    return middleware


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The right-most address that no trusted proxy of ours wrote about itself.

    The left-most one is what a stranger may write there, so it is never simply believed.
    """
    chain = [part.strip() for line in forwarded for part in line.split(",") if part.strip()]
    address = peer
    while _is_trusted(address, trusted) and chain:
        address = chain.pop()
    return address


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted if network.version == parsed.version)


def household(address: str) -> str:
    """What one customer of a network has: an IPv4 address, or the /64 that an IPv6 one lies in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def host_allowed(host: str, settings: Settings) -> bool:
    """Whether a Host header is one of ours: a page of another name that points at us (DNS rebinding) is not."""
    if settings.public_url and host == urlsplit(settings.public_url).netloc:
        return True
    name = urlsplit(f"//{host}").hostname or ""
    if name in ("localhost", settings.host):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def check_origin(request: web.Request, settings: Settings, *, required: bool) -> None:
    """Raises HTTPForbidden unless Host is ours and Origin, where a browser sends it, is this page's own."""
    if not host_allowed(request.host, settings):
        raise web.HTTPForbidden(text="This host name is not ours: set PUBLIC_URL to the address that you use.")
    origin = request.headers.get("Origin")
    if origin is None and not required:
        return
    if origin is None or urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="This was sent from another page.")


def new_session() -> str:
    """A cookie's value: 128 random bits."""
    return secrets.token_urlsafe(16)


def set_cookie(response: web.StreamResponse, session: str, settings: Settings) -> None:
    """The cookie lives as long as the browser; Secure behind an https PUBLIC_URL."""
    response.set_cookie(
        COOKIE, session, httponly=True, samesite="Strict", secure=settings.public_url.startswith("https://"), path="/"
    )


def chat_of(session: str) -> str:
    """The chat of a cookie; the cookie itself never reaches Redis or a log."""
    return "web:" + hashlib.sha256(session.encode()).hexdigest()[:32]
