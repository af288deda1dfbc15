"""No URL that others wrote leads us inside, keeps us waiting or fills our memory."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from core.addresses import is_listed, is_public
from core.fetch import FetchFailed, FetchRefused, FetchRules, Refusal, check_url, fetch, guarded_session

RULES = FetchRules(hosts=(), max_bytes=1000, timeout_s=10)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("0.0.0.0", False),
        ("192.0.0.8", False),
        ("198.18.0.1", False),
        ("203.0.113.9", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:a00:1::", False),
        ("2001::1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_an_address_is_public_only_if_the_open_internet_holds_it(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("entry", "host", "port", "listed"),
    [
        ("shop.example", "shop.example", 443, True),
        ("shop.example", "SHOP.example.", 8443, True),
        ("shop.example:8443", "shop.example", 8443, True),
        ("shop.example:8443", "shop.example", 443, False),
        ("shop.example", "evil-shop.example", 443, False),
        ("shop.example", "shop.example.evil", 443, False),
        ("127.0.0.1:80", "127.0.0.1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
        ("", "shop.example", 443, False),
        (":::", "shop.example", 443, False),
    ],
)
def test_a_listed_host_is_exactly_that_host(entry: str, host: str, port: int, listed: bool) -> None:
    assert is_listed([entry], host, port) is listed


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://shop.example/a", Refusal.SCHEME),
        ("ftp://shop.example/a", Refusal.SCHEME),
        ("file:///etc/passwd", Refusal.SCHEME),
        ("data:image/png;base64,AAAA", Refusal.SCHEME),
        ("javascript:alert(1)", Refusal.SCHEME),
        ("/etc/passwd", Refusal.SCHEME),
        ("", Refusal.SCHEME),
        ("https://", Refusal.BAD_URL),
        ("https://[::1", Refusal.BAD_URL),
        ("https://shop.example:99999/", Refusal.BAD_URL),
        ("https://user:word@shop.example/", Refusal.CREDENTIALS),
        ("https://user@shop.example/", Refusal.CREDENTIALS),
        ("https://shop.example@10.0.0.1/", Refusal.CREDENTIALS),
        ("https://127.0.0.1/", Refusal.ADDRESS),
        ("https://[::1]/", Refusal.ADDRESS),
        ("https://[::ffff:10.0.0.1]/", Refusal.ADDRESS),
        ("https://169.254.169.254/latest/meta-data", Refusal.ADDRESS),
    ],
)
def test_a_url_that_leads_elsewhere_is_refused_before_any_connection(url: str, rule: Refusal) -> None:
    with pytest.raises(FetchRefused) as refused:
        check_url(url, RULES)
    assert refused.value.rule is rule
    assert "passwd" not in str(refused.value)
    assert "word" not in str(refused.value).replace("password", "")


def test_only_listed_hosts_where_the_rules_say_so() -> None:
    strict = replace(RULES, hosts=("media.example",), only_listed=True)
    assert check_url("http://media.example/a", strict).host == "media.example"
    with pytest.raises(FetchRefused) as refused:
        check_url("https://shop.example/a", strict)
    assert refused.value.rule is Refusal.NOT_LISTED


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://mms.cdn.example/a", None),
        ("https://Exact.example./a", None),
        ("https://cdn.example/a", Refusal.NOT_LISTED),
        ("https://evilcdn.example/a", Refusal.NOT_LISTED),
        ("https://mms.cdn.example.evil/a", Refusal.NOT_LISTED),
        ("https://sub.exact.example/a", Refusal.NOT_LISTED),
        ("http://mms.cdn.example/a", Refusal.SCHEME),
        ("https://10.0.0.1/a", Refusal.NOT_LISTED),
    ],
)
def test_hosts_that_a_provider_uses_are_named_and_stay_public(url: str, rule: Refusal | None) -> None:
    named = replace(RULES, only_listed=True, public_hosts=("*.cdn.example", "exact.example"))
    if rule is None:
        assert check_url(url, named)
        return
    with pytest.raises(FetchRefused) as refused:
        check_url(url, named)
    assert refused.value.rule is rule


# --- against a server -------------------------------------------------------------------------------------------


@dataclass
class Names(AbstractResolver):
    """A name server in the hands of an attacker: each name may have another address each time."""

    table: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self.table[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in addresses
        ]

    async def close(self) -> None:
        pass


@dataclass
class Server:
    """A stand-in for a shop's server on loopback, which is reached by the listed name `listed.test`."""

    port: int
    requests: list[web.Request]
    pages: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]]

    def url(self, path: str, host: str = "listed.test") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def rules(self) -> FetchRules:
        return replace(RULES, hosts=(f"listed.test:{self.port}", f"other.test:{self.port}"))

    def answer(self, path: str, response: Callable[[], web.StreamResponse]) -> None:
        async def page(_: web.Request) -> web.StreamResponse:
            return response()

        self.pages[path] = page

    def redirect(self, path: str, onward: str) -> None:
        self.answer(path, lambda: web.Response(status=302, headers={"Location": onward}))

    async def get(self, path: str, rules: FetchRules | None = None, names: Names | None = None) -> bytes:
        rules = rules or self.rules
        names = names or Names({"listed.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]})
        async with guarded_session(rules.hosts, resolver=names) as session:
            return await fetch(session, self.url(path), rules)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server(0, [], {})

    async def dispatch(request: web.Request) -> web.StreamResponse:
        made.requests.append(request)
        page = made.pages.get(request.path)
        return await page(request) if page is not None else web.Response(status=404)

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", dispatch)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert isinstance(site._server, asyncio.Server)
    made.port = site._server.sockets[0].getsockname()[1]
    yield made
    await runner.cleanup()


async def test_a_listed_host_may_be_http_and_private(server: Server) -> None:
    server.answer("/a", lambda: web.Response(body=b"picture"))
    assert await server.get("/a") == b"picture"


async def test_a_fetch_without_a_session_makes_its_own(server: Server) -> None:
    server.answer("/a", lambda: web.Response(body=b"picture"))
    rules = replace(RULES, hosts=(f"127.0.0.1:{server.port}",))
    assert await fetch(None, server.url("/a", "127.0.0.1"), rules) == b"picture"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1"])
async def test_a_name_that_resolves_inside_is_refused(server: Server, address: str) -> None:
    names = Names({"inside.test": [[address]]})
    async with guarded_session((), resolver=names) as session:
        with pytest.raises(FetchRefused) as refused:
            await fetch(session, f"https://inside.test:{server.port}/", RULES)
    assert refused.value.rule is Refusal.ADDRESS
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["https://localhost:1/", "https://127.1:1/", "https://2130706433:1/", "https://0x7f.1:1/"]
)
async def test_other_spellings_of_loopback_are_refused(url: str) -> None:
    with pytest.raises((FetchRefused, FetchFailed)) as refused:
        await fetch(None, url, RULES)
    assert isinstance(refused.value, FetchRefused) or "InvalidUrl" in str(refused.value)


async def test_a_name_is_resolved_once_for_a_connection_so_that_a_second_answer_changes_nothing(server: Server) -> None:
    server.answer("/a", lambda: web.Response(body=b"picture"))
    names = Names({"listed.test": [["127.0.0.1"], ["192.0.2.1"]]})
    assert await server.get("/a", names=names) == b"picture"
    assert names.asked == ["listed.test"]


async def test_only_the_public_ones_of_a_names_addresses_are_connected_to() -> None:
    names = Names({"mixed.test": [["10.0.0.1", "93.184.216.34", "127.0.0.1"]]})
    async with guarded_session((), resolver=names) as session:
        assert isinstance(session.connector, aiohttp.TCPConnector)
        found = await session.connector._resolver.resolve("mixed.test", 443)
    assert [one["host"] for one in found] == ["93.184.216.34"]


async def test_redirects_are_followed_three_times_and_no_further(server: Server) -> None:
    for number in range(5):
        server.redirect(f"/{number}", f"/{number + 1}")
    server.answer("/5", lambda: web.Response(body=b"picture"))
    assert await server.get("/2") == b"picture"
    with pytest.raises(FetchRefused) as refused:
        await server.get("/1")
    assert refused.value.rule is Refusal.REDIRECTS


@pytest.mark.parametrize(
    ("location", "rule"),
    [
        ("http://10.0.0.1/", Refusal.SCHEME),
        ("https://10.0.0.1/", Refusal.ADDRESS),
        ("https://[::1]/", Refusal.ADDRESS),
        ("https://inside.test/", Refusal.ADDRESS),
        ("file:///etc/passwd", Refusal.SCHEME),
        ("https://u:p@shop.example/", Refusal.CREDENTIALS),
        ("http://[broken", Refusal.BAD_URL),
        ("http://listed.test:1/", Refusal.SCHEME),
    ],
)
async def test_a_redirect_is_checked_like_the_first_url(server: Server, location: str, rule: Refusal) -> None:
    server.answer("/a", lambda: web.Response(status=302, headers={"Location": location}))
    names = Names({"listed.test": [["127.0.0.1"]], "inside.test": [["10.0.0.1"]]})
    with pytest.raises(FetchRefused) as refused:
        await server.get("/a", names=names)
    assert refused.value.rule is rule


async def test_headers_go_to_the_first_host_only(server: Server) -> None:
    onward = server.url("/b", "other.test")
    server.answer("/a", lambda: web.Response(status=307, headers={"Location": onward}))
    server.answer("/b", lambda: web.Response(body=b"picture"))
    server.answer("/same", lambda: web.Response(status=307, headers={"Location": "/b"}))
    rules = replace(server.rules, headers={"Authorization": "Bearer x"})
    await server.get("/a", rules)
    await server.get("/same", rules)
    assert [(one.path, "Authorization" in one.headers) for one in server.requests] == [
        ("/a", True),
        ("/b", False),
        ("/same", True),
        ("/b", True),
    ]


async def test_a_named_host_that_resolves_inside_is_refused(server: Server) -> None:
    rules = replace(RULES, only_listed=True, public_hosts=("*.cdn.example",))
    async with guarded_session((), resolver=Names({"mms.cdn.example": [["10.0.0.1"]]})) as session:
        with pytest.raises(FetchRefused) as refused:
            await fetch(session, "https://mms.cdn.example/a", rules)
    assert refused.value.rule is Refusal.ADDRESS


async def test_headers_stay_below_the_path_that_they_are_for(server: Server) -> None:
    server.redirect("/ours/a", "/theirs/a")
    server.redirect("/ours/b", "/ours/c")
    for path in ("/theirs/a", "/ours/c"):
        server.answer(path, lambda: web.Response(body=b"picture"))
    rules = replace(server.rules, headers={"Authorization": "Basic x"}, headers_below="/ours/")
    await server.get("/ours/a", rules)
    await server.get("/ours/b", rules)
    assert [(one.path, "Authorization" in one.headers) for one in server.requests] == [
        ("/ours/a", True),
        ("/theirs/a", False),
        ("/ours/b", True),
        ("/ours/c", True),
    ]


async def test_cookies_are_not_kept(server: Server) -> None:
    server.answer("/a", lambda: web.Response(status=302, headers={"Location": "/b", "Set-Cookie": "s=1"}))
    server.answer("/b", web.Response)
    await server.get("/a")
    assert "Cookie" not in server.requests[1].headers


async def test_a_body_over_the_limit_is_refused_by_its_announced_length(server: Server) -> None:
    server.answer("/a", lambda: web.Response(body=b"x" * 1001))
    with pytest.raises(FetchRefused) as refused:
        await server.get("/a")
    assert refused.value.rule is Refusal.TOO_LARGE


async def test_a_body_that_does_not_end_is_cut_off_while_it_comes(server: Server) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 1 << 30:
            await response.write(b"x" * 10_000)
            sent += 10_000
        return response

    server.pages["/a"] = endless
    with pytest.raises(FetchRefused) as refused:
        await server.get("/a")
    assert refused.value.rule is Refusal.TOO_LARGE
    assert sent < 64 << 20


async def test_a_packed_body_counts_unpacked(server: Server) -> None:
    packed = gzip.compress(b"x" * 1_000_000, mtime=0)
    server.answer("/a", lambda: web.Response(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FetchRefused) as refused:
        await server.get("/a", replace(server.rules, max_bytes=len(packed) + 1000))
    assert refused.value.rule is Refusal.TOO_LARGE


@pytest.mark.parametrize(
    ("status", "transient"),
    [(404, False), (403, False), (410, False), (204, False), (408, True), (429, True), (500, True), (503, True)],
)
async def test_an_answer_other_than_200_fails_as_passing_or_lasting(
    server: Server, status: int, transient: bool
) -> None:
    server.answer("/secret-path", lambda: web.Response(status=status, headers={"Retry-After": "7"}))
    with pytest.raises(FetchFailed) as failed:
        await server.get("/secret-path")
    assert failed.value.transient is transient
    assert (failed.value.status, failed.value.retry_after_s) == (status, 7.0)
    assert "listed.test" in str(failed.value)
    assert "secret" not in str(failed.value)


async def test_a_redirect_to_nowhere_fails_for_good(server: Server) -> None:
    server.answer("/a", lambda: web.Response(status=302))
    with pytest.raises(FetchFailed) as failed:
        await server.get("/a")
    assert not failed.value.transient


async def test_a_host_that_hangs_is_left_after_the_time(server: Server) -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    server.pages["/a"] = hang
    with pytest.raises(FetchFailed) as failed:
        await server.get("/a", replace(server.rules, timeout_s=0.2))
    assert failed.value.transient


async def test_a_connection_cut_in_the_middle_may_be_tried_again(server: Server) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "500"})
        await response.prepare(request)
        await response.write(b"x")
        assert request.transport is not None
        request.transport.close()
        return response

    server.pages["/a"] = cut
    with pytest.raises(FetchFailed) as failed:
        await server.get("/a")
    assert failed.value.transient


async def test_a_closed_port_may_be_tried_again_and_names_the_host_alone() -> None:
    rules = replace(RULES, hosts=("127.0.0.1",))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/secret?token=1"
        with pytest.raises(FetchFailed) as failed:
            await fetch(None, url, rules)
    assert failed.value.transient
    assert "secret" not in str(failed.value)
    assert "token" not in str(failed.value)


async def test_a_session_without_the_guard_is_not_used() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="guarded_session"):
            await fetch(session, "https://shop.example/", RULES)
    async with guarded_session(("a.test",)) as session:
        with pytest.raises(ValueError, match="guarded_session"):
            await fetch(session, "https://shop.example/", RULES)
