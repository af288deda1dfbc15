"""Signatures: viberbot's public vectors, and that our check says what viberbot's says."""

from __future__ import annotations

import pytest
from viberbot import Api, BotConfiguration

from bots.viber.updates import is_signed
from tests.standins.viber_people import signed

# https://github.com/Viber/viber-bot-python/blob/master/tests/test_api.py
TOKEN = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"
BODY = b'{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}'
SIGNATURE = "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef"


def test_the_public_vector_of_viberbot_passes() -> None:
    assert is_signed(TOKEN, BODY, SIGNATURE)
    assert signed(TOKEN, BODY) == SIGNATURE


@pytest.mark.parametrize("body", [BODY, b"", b"{}", '{"text": "привіт 👟"}'.encode(), b"\xff\x00" * 99])
def test_viberbot_signs_as_we_do(body: bytes) -> None:
    api = Api(BotConfiguration(name="Shelf", avatar="", auth_token=TOKEN))
    signature = api._calculate_message_signature(body)
    assert is_signed(TOKEN, body, signature)
    assert api.verify_signature(body, signature)


@pytest.mark.parametrize(
    "signature",
    ["", "0", SIGNATURE[:-1], SIGNATURE[:-1] + "e", SIGNATURE.upper(), f" {SIGNATURE}", "ä" * 64, "\udcff" * 64],
)
def test_any_other_signature_is_none(signature: str) -> None:
    assert not is_signed(TOKEN, BODY, signature)


def test_another_body_or_another_token_needs_another_signature() -> None:
    assert not is_signed(TOKEN, BODY + b" ", SIGNATURE)
    assert not is_signed(TOKEN[:-1] + "4", BODY, SIGNATURE)
