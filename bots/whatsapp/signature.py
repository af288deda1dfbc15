"""Whether a request comes from Twilio: its signature over the public address, the path as it came and every field.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from multidict import MultiDict
from twilio.request_validator import RequestValidator

HEADER = "X-Twilio-Signature"
FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 500
"""Twilio sends some forty; a stranger's million of them is not read."""

Fields = MultiDict[str]


class Signatures:
    """Checks requests for one account at one public address."""

    def __init__(self, public_url: str, token: str) -> None:
        self._public_url = public_url
        self._validator = RequestValidator(token)

    def fields_of(self, headers: Mapping[str, str], body: bytes, path: str) -> Fields | None:
        """The form's fields in their order, repeated and empty ones too; None for what Twilio did not sign.

        A JSON body is signed another way (only by a hash in the query), so that on a form's route it is refused, and
        the algorithm is never taken from the request: both would let a stranger choose the weaker check.
        """
        given = {name.lower(): value for name, value in headers.items()}
        signature = given.get(HEADER.lower())
        if signature is None or given.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return None
        try:
            fields = read_form(body)
            signed = self._validator.validate(self._public_url + path, fields, signature)
        except ValueError:  # more fields than anybody needs, or an address that is none
            return None
        return fields if signed else None


def read_form(body: bytes) -> Fields:
    """A form's fields. Raises ValueError for far too many."""
    text = body.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="replace")
    return MultiDict(pairs)
