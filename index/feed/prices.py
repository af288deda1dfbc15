"""Prices as people and shop systems write them → a decimal and an ISO 4217 code."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_SYMBOLS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₴": "UAH", "₩": "KRW", "₺": "TRY", "₪": "ILS"}
_SYMBOLS |= {"zł": "PLN", "kč": "CZK", "us$": "USD", "r$": "BRL", "a$": "AUD", "c$": "CAD", "₫": "VND", "฿": "THB"}
_DOLLARS = frozenset({"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "TWD"})
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_SHAPE = re.compile(r"(?P<before>[^\d.,+-]*)(?P<number>[+]?[\d][\d.,'’\s]*)(?P<after>[^\d]*)")
_CODE = re.compile(r"[a-z]{3}")
_HIGHEST = Decimal(10) ** 12
_TEXT_MAX = 200
"""Characters: what is longer is no price, and the shape of a mebibyte of points would be looked for for hours."""


class NoPrice(ValueError):
    """The text is no price."""


def parse_price(text: str, default_currency: str) -> tuple[Decimal, str]:
    """`49.90 EUR`, `1.234,50 EUR`, `EUR 5`, `$5` → amount and currency. Raises NoPrice.

    The amount keeps its digits (`49.90` stays so). A lone separator before three digits parts thousands, unless the
    currency has three decimals: `1,234` and `1.234` of euros are 1234.
    """
    if len(text) > _TEXT_MAX:
        raise NoPrice
    plain = "".join(_plain(sign) for sign in text).strip()
    found = _SHAPE.fullmatch(plain)
    if found is None:
        raise NoPrice
    before, after = (found[name].strip().strip(".").lower() for name in ("before", "after"))
    if before and after:
        raise NoPrice
    currency = _currency(before or after, default_currency)
    try:
        amount = Decimal(_number(re.sub(r"[\s'’+]", "", found["number"]), currency))
    except InvalidOperation:
        raise NoPrice from None
    if amount >= _HIGHEST:
        raise NoPrice
    return amount, currency


def _plain(sign: str) -> str:
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if sign == "٫":
        return "."
    return " " if sign.isspace() else sign


def _currency(sign: str, default: str) -> str:
    if not sign:
        return default
    if sign == "$":
        return default if default in _DOLLARS else "USD"
    if sign in _SYMBOLS:
        return _SYMBOLS[sign]
    if _CODE.fullmatch(sign):
        return sign.upper()
    raise NoPrice


def _number(text: str, currency: str) -> str:
    """The number with a point for its decimals and nothing for its thousands."""
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return text
    point, other = (".", ",") if text[last] == "." else (",", ".")
    whole, _, decimals = text.rpartition(point)
    if other in whole:
        if point in whole:
            raise NoPrice
        return _joined(whole.split(other)) + "." + decimals
    if point in whole:
        return _joined(text.split(point))
    if len(decimals) == 3 and whole.strip("0") and currency not in _THREE_DECIMALS:
        return whole + decimals
    return f"{whole}.{decimals}" if decimals else whole


def _joined(groups: list[str]) -> str:
    if not 1 <= len(groups[0]) <= 3 or any(len(group) not in (2, 3) for group in groups[1:]):
        raise NoPrice
    return "".join(groups)
