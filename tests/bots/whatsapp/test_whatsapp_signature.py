"""Only what Twilio signed is looked at. The vectors are those of twilio-python's own tests."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from bots.whatsapp.signature import Signatures, read_form

FORM = "application/x-www-form-urlencoded"
CALL = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
SIDS = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
VECTORS = [
    ("https://mycompany.com", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:1234", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com", CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ("http://mycompany.com:1234", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("https://mycompany.com", SIDS, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
]
PATH = "/myapp.php?foo=1&bar=2"


def headers(signature: str, content_type: str = FORM) -> dict[str, str]:
    return {"X-Twilio-Signature": signature, "Content-Type": content_type}


@pytest.mark.parametrize(("public", "body", "signature"), VECTORS)
def test_the_librarys_public_vectors_pass(public: str, body: bytes, signature: str) -> None:
    fields = Signatures(public, "12345").fields_of(headers(signature), body, PATH)
    assert fields == read_form(body)


@pytest.mark.parametrize(("public", "body", "signature"), VECTORS)
def test_anything_changed_in_them_fails(public: str, body: bytes, signature: str) -> None:
    right = Signatures(public, "12345")
    given = headers(signature)
    assert right.fields_of(given, body + b"&Extra=", PATH) is None
    assert right.fields_of(given, body.replace(b"Sid=", b"Sit=", 1), PATH) is None
    assert right.fields_of(given, body, "/myapp.php?foo=1&bar=3") is None
    assert right.fields_of(given, body, "/myapp.php") is None
    assert right.fields_of(headers(signature[:-2] + "x="), body, PATH) is None
    assert Signatures(public, "12346").fields_of(given, body, PATH) is None
    assert Signatures("https://other.example", "12345").fields_of(given, body, PATH) is None


def test_no_signature_or_an_empty_one_is_refused_without_an_error() -> None:
    signatures = Signatures("https://mycompany.com", "12345")
    assert signatures.fields_of({"Content-Type": FORM}, CALL, PATH) is None
    assert signatures.fields_of(headers(""), CALL, PATH) is None


def test_a_json_body_is_refused_on_the_forms_route_however_well_it_is_signed() -> None:
    body = b'{"property": "value", "boolean": true}'
    path = f"{PATH}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    signature = "a9nBmqA0ju/hNViExpshrM61xv4="
    assert RequestValidator("12345").validate(f"https://mycompany.com{path}", body.decode(), signature)
    signatures = Signatures("https://mycompany.com", "12345")
    for content_type in ("application/json", "text/plain", "multipart/form-data", ""):
        assert signatures.fields_of(headers(signature, content_type), body, path) is None


def test_a_stronger_looking_algorithm_that_the_request_names_is_not_used() -> None:
    signed = {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}
    signature = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
    assert Signatures("https://mycompany.com", "12345").fields_of(headers(signature) | signed, CALL, PATH) is None


@pytest.mark.parametrize(
    "body",
    [
        b"Body=&NumMedia=0&Label=",
        b"Body=a&Body=b&Body=a",
        b"Body=sch%C3%B6n+%26+gut&ProfileName=%F0%9F%91%9F",
        b"Body=%FF%FE",
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"=&==&&a",
    ],
)
def test_empty_repeated_and_odd_fields_count(body: bytes) -> None:
    fields = read_form(body)
    signature = RequestValidator("t").compute_signature(f"https://shop.example{PATH}", fields)
    signatures = Signatures("https://shop.example", "t")
    assert signatures.fields_of(headers(signature, f"{FORM}; charset=UTF-8"), body, PATH) == fields
    assert signatures.fields_of(headers(signature), body + b"&New=", PATH) is None


def test_a_million_fields_are_not_read() -> None:
    assert Signatures("https://shop.example", "t").fields_of(headers("x"), b"a=1&" * 250_000, PATH) is None


def test_an_address_that_is_none_is_refused() -> None:
    assert Signatures("https://shop.example:port", "t").fields_of(headers("x"), b"a=1", "/whatsapp/webhook") is None
