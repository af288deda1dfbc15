"""Addresses, hosts and origins: tables."""

import ipaddress

import pytest

from bots.web.security import CONTENT_SECURITY_POLICY, chat_of, client_address, host_allowed, new_session
from core.settings import Settings

PROXY = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.2", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.2", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.2", ["1.2.3.4", "198.51.100.1, 10.0.0.3"], "198.51.100.1"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.2", ["not an address"], "not an address"),
    ],
)
def test_a_client_is_known_by_the_last_address_that_no_proxy_of_ours_wrote(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded, PROXY) == expected


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8080", True),
        ("localhost:8080", True),
        ("[::1]:8080", True),
        ("192.168.1.5:8080", True),
        ("shop.example", True),
        ("evil.example", False),
        ("evil.example:8080", False),
        ("", False),
    ],
)
def test_a_page_under_a_strangers_name_cannot_use_the_chat(host: str, allowed: bool) -> None:
    settings = Settings(public_url="https://shop.example")
    assert host_allowed(host, settings) is allowed


def test_the_policy_allows_nothing_from_another_host() -> None:
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_a_session_has_128_bits_and_its_chat_does_not_tell_the_cookie() -> None:
    session = new_session()
    assert len(session) >= 22
    assert session != new_session()
    assert session not in chat_of(session)
    assert chat_of(session) == chat_of(session)
